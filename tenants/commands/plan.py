"""``leancity plan``: what cities may take of the installation."""

from __future__ import annotations

import json
from typing import Any

import click
import msgspec

from leancity.core.cli.running import database
from leancity.core.tenancy.limits import Limits
from leancity.tenants.operator import plans as service
from leancity.tenants.operator.place import at_the_place
from leancity.tenants.operator.plans import Plan

MEGABYTE = 1024 * 1024
as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command("list")
@as_json_option
@database
async def list_plans(as_json: bool) -> None:
    """Print the plans: their limits, how many cities are on each, how many of these do not have its limits yet."""
    async with at_the_place("plan list"):
        found = await service.plans()
    for plan in found:
        _tell(plan, as_json)


@click.command("save")
@click.argument("key")
@click.option("--title", required=True, help="In Russian.")
@click.option("--title-en", default="", help="In English; else the Russian one.")
@click.option("--people", type=click.IntRange(min=0), help="Active accounts of the staff; no limit without.")
@click.option("--storage-mb", type=click.IntRange(min=0), help="Megabytes of files; no limit without.")
@click.option("--modules", type=click.IntRange(min=0), help="Modules; no limit without.")
@as_json_option
@database
async def save_plan(
    key: str,
    title: str,
    title_en: str,
    people: int | None,
    storage_mb: int | None,
    modules: int | None,
    as_json: bool,
) -> None:
    """Make the plan KEY or change it. Other limits than it had come to its cities by a job."""
    storage = None if storage_mb is None else storage_mb * MEGABYTE
    limits = Limits(people=people, storage=storage, modules=modules)
    async with at_the_place("plan save"):
        plan = await service.save_plan(key, {"ru": title, "en": title_en or title}, limits)
    _tell(plan, as_json)


@click.command("drop")
@click.argument("key")
@as_json_option
@database
async def drop_plan(key: str, as_json: bool) -> None:
    """Remove the plan KEY. Exit code 1: cities are on it."""
    async with at_the_place("plan drop"):
        await service.drop_plan(key)
    click.echo(json.dumps({"dropped": key}) if as_json else f"{key} dropped")


@click.command("set")
@click.argument("slug")
@click.argument("key", required=False)
@click.option("--none", "is_left", is_flag=True, help="Take the city off its plan: nothing limits it then.")
@as_json_option
@database
async def set_plan(slug: str, key: str | None, is_left: bool, as_json: bool) -> None:
    """Put the city SLUG on the plan KEY and give it the plan's limits."""
    if bool(key) == is_left:
        raise click.UsageError("either a plan or --none")
    async with at_the_place("plan set"):
        card = await service.set_plan(slug, key or "")
    facts = {"city": card.slug, "plan": card.plan or None, "limits": msgspec.to_builtins(card.limits)}
    click.echo(json.dumps(facts) if as_json else f"{card.slug}: {card.plan or 'no plan'}")


def _tell(plan: Plan, as_json: bool) -> None:
    limits: dict[str, Any] = msgspec.to_builtins(plan.limits)
    facts = {"key": plan.key, "title": plan.title, "limits": limits, "cities": plan.cities, "behind": plan.behind}
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    told = ", ".join(f"{name} {limit}" for name, limit in limits.items() if limit is not None) or "no limits"
    behind = f", {plan.behind} without its limits yet" if plan.behind else ""
    click.echo(f"{plan.key}\t{plan.title['en']}\t{told}\t{plan.cities} cities{behind}")
