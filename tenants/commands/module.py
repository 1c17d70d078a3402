"""``leancity module``: which modules a city has."""

from __future__ import annotations

import json

import click

from leancity.core.cli.running import database, installed
from leancity.core.i18n.catalogue import pick
from leancity.core.tenancy.context import Tenant
from leancity.core.tenancy.service import find_city, leave, subscribe


@click.command("subscribe")
@click.argument("slug")
@click.argument("modules", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print what it has then as JSON.")
@database
async def subscribe_modules(slug: str, modules: tuple[str, ...], as_json: bool) -> None:
    """Give the city SLUG modules, with all that they require."""
    _tell(await subscribe(installed(), slug, modules), as_json)


@click.command("leave")
@click.argument("slug")
@click.argument("modules", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print what it has then as JSON.")
@database
async def leave_modules(slug: str, modules: tuple[str, ...], as_json: bool) -> None:
    """Take modules from the city SLUG: every door of theirs closes at once, its data stays."""
    _tell(await leave(installed(), slug, modules), as_json)


def _tell(tenant: Tenant, as_json: bool) -> None:
    modules = sorted(tenant.modules)
    click.echo(json.dumps({"city": tenant.slug, "modules": modules}) if as_json else ", ".join(modules) or "none")


@click.command("list")
@click.argument("slug", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON each.")
@database
async def list_modules(slug: str | None, as_json: bool) -> None:
    """Print the modules that a city may have, and with SLUG which of them it has."""
    plugins = installed()
    tenant = await find_city(slug) if slug else None
    for name in sorted(plugins.serving(tenant.kind) if tenant else plugins.names):
        manifest = plugins.manifests[name]
        has = None if tenant is None else name in tenant.modules
        if as_json:
            facts = {"module": name, "version": manifest.version, "title": manifest.title, "isSubscribed": has}
            click.echo(json.dumps(facts, ensure_ascii=False))
        else:
            state = "" if has is None else "\tsubscribed" if has else "\tnot subscribed"
            click.echo(f"{name}\t{manifest.version}\t{pick(manifest.title, 'en')}{state}")
