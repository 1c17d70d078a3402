"""``leancity city``: making cities and saying what becomes of them."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import click
import msgspec

from leancity.core.cli.running import database, installed
from leancity.core.config import load
from leancity.core.tenancy.cards import STATES, Chosen, all_cards
from leancity.core.tenancy.limits import TenantKind
from leancity.core.tenancy.lookup import region_of
from leancity.core.tenancy.service import find_city, set_region, set_suspended
from leancity.tenants.commands.creating import create_city
from leancity.tenants.demo import DEMO_PASSWORD, PEOPLE, RESIDENT, make_demo_cities
from leancity.tenants.operator.demo import PLACE, make_demo_operator


@click.command("create")
@click.argument("slug")
@click.option("--profile", default="", help="Profile it begins with (`leancity city profile` prints their names).")
@click.option("--title", default="", help="The city's name, as people read it; else the profile's.")
@click.option("--zone", default="", help="IANA time zone, such as Asia/Tomsk; else the profile's.")
@click.option("--locale", default="", help="Language of the city's own texts; else the profile's, else ru.")
@click.option("--kind", type=click.Choice(["city", "region"]), default="city", show_default=True)
@click.option("--host", "hosts", multiple=True, help="Host name it answers at; <slug>.localhost when none is given.")
@click.option("--module", "modules", multiple=True, help="Module it has; may be repeated; else the profile's.")
@click.option("--region", default="", help="Region (its slug) that gives it defaults.")
@click.option("--organisation", type=click.Path(path_type=Path), help="XLSX of its units and staff.")
@click.option("--accept-errors", is_flag=True, help="Write what is right of an organisation file that has errors.")
@click.option("--admin", default="admin", show_default=True, help="Login of the first account.")
@click.option("--admin-name", default="", help="Name of its owner.")
@click.option("--admin-email", default="", help="Their address: with it and no password they are invited by mail.")
@click.option("--admin-password", envvar="LEANCITY_ADMIN_PASSWORD", help="Their password; else it is asked for.")
@click.option("--demo", "with_demo", is_flag=True, help="With invented people and cases.")
@click.option("--continue", "is_continued", is_flag=True, help="Complete a city whose making was cut off.")
@click.option("--json", "as_json", is_flag=True, help="Print the city as JSON.")
@database
async def create(**options: Any) -> None:
    """Make a city that stands: its host, modules, bodies, staff and first account, which has every role.

    \b
    Exit codes:
      0  the city stands
      1  refused or cut off: the message says why; what was made is completed by --continue
      2  the command line is wrong
    """
    await create_city(**options)


@click.command("list")
@click.option("--kind", type=click.Choice([each.value for each in TenantKind]), help="Only tenants of this kind.")
@click.option("--state", type=click.Choice(STATES), help="Only those whose doors are so.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON each, with all that the directory knows.")
@database
async def list_cities(kind: str | None, state: str | None, as_json: bool) -> None:
    """List the cities, the regions and the operator's own place: slug, kind, state, plan, hosts, modules."""
    for card in await all_cards(Chosen(kind=TenantKind(kind) if kind else None, state=state)):
        if as_json:
            facts = msgspec.to_builtins(card)
            del facts["id"]  # never leaves the installation
            click.echo(json.dumps(facts, ensure_ascii=False))
        else:
            names = ", ".join(sorted(card.modules))
            told = (card.slug, card.kind, card.state, card.plan or "-", ", ".join(card.hosts), names)
            click.echo("\t".join(told))


@click.command("region")
@click.argument("slug")
@click.argument("region", required=False)
@click.option("--none", "is_left", is_flag=True, help="Take the city out of its region.")
@database
async def city_region(slug: str, region: str | None, is_left: bool) -> None:
    """Let a city get its defaults from REGION, another city; without one print the region it has.

    What the region has set comes by a job of the region. What the city has set itself stays.
    """
    if region and is_left:
        raise click.UsageError("either a region or --none")
    if region or is_left:
        await set_region(slug, region)
    found = await region_of((await find_city(slug)).id)
    click.echo(found.slug if found else "none")


@click.command("suspend")
@click.argument("slug")
@click.option("--reason", default="", help="Why, for the city's audit log; name nobody in it.")
@database
async def suspend_city(slug: str, reason: str) -> None:
    """Close a city's doors with a message. Open sockets end within two seconds, its jobs wait."""
    await set_suspended(slug, True, reason=reason, operator=getpass.getuser())


@click.command("resume")
@click.argument("slug")
@click.option("--reason", default="", help="Why, for the city's audit log; name nobody in it.")
@database
async def resume_city(slug: str, reason: str) -> None:
    """Open a suspended city's doors again."""
    await set_suspended(slug, False, reason=reason, operator=getpass.getuser())


@click.command("demo")
@database
async def demo_cities() -> None:
    """Make the demo cities with demo data, and the operator's place; print their sign-ins. Twice changes nothing."""
    port, plugins = load().port, installed()
    cities = await make_demo_cities(plugins)
    for tenant in cities:
        logins = ", ".join([*(person.login for person in PEOPLE), RESIDENT])
        click.echo(f"{tenant.title}: http://{tenant.slug}.localhost:{port}/  sign in as {logins} / {DEMO_PASSWORD}")
    place = await make_demo_operator(plugins, cities)
    click.echo(f"{place.title}: http://{PLACE.host}:{port}/  sign in as {PLACE.admin} / {DEMO_PASSWORD}")
