"""``leancity city``: making cities and saying what becomes of them."""

from __future__ import annotations

import json

import click

from leancity.core.cli.running import database, installed
from leancity.core.config import load
from leancity.core.identity.principal import acting_as, system
from leancity.core.identity.service import checked_account, create_user
from leancity.core.tenancy.context import enter
from leancity.core.tenancy.lookup import all_tenants, region_of
from leancity.core.tenancy.service import NewCity, create_city, find_city, set_region, set_suspended
from leancity.tenants.demo import DEMO_PASSWORD, PEOPLE, RESIDENT, make_demo_cities


@click.command("create")
@click.argument("slug")
@click.option("--title", required=True, help="The city's name, as people read it.")
@click.option("--zone", required=True, help="IANA time zone, such as Asia/Tomsk.")
@click.option("--locale", default="ru", show_default=True, help="Language of the city's own texts.")
@click.option("--host", "hosts", multiple=True, help="Host name it answers at; <slug>.localhost when none is given.")
@click.option("--module", "modules", multiple=True, help="Module it has; may be repeated.")
@click.option("--admin", default="admin", show_default=True, help="Login of the first account.")
@click.option("--admin-password", envvar="LEANCITY_ADMIN_PASSWORD", prompt=True, hide_input=True)
@click.option("--json", "as_json", is_flag=True, help="Print the city as JSON.")
@database
async def create(
    slug: str,
    title: str,
    zone: str,
    locale: str,
    hosts: tuple[str, ...],
    modules: tuple[str, ...],
    admin: str,
    admin_password: str,
    as_json: bool,
) -> None:
    """Make a city with its first account, which has every role."""
    plugins = installed()
    admin = checked_account(admin, admin_password)  # before there is a city: one without an account helps nobody
    new = NewCity(
        slug=slug,
        title=title,
        zone=zone,
        locale=locale,
        hosts=hosts or (f"{slug}.localhost",),
        modules=modules,
    )
    tenant = await create_city(plugins, new)
    with enter(tenant), acting_as(system(tenant.locale)):
        roles = [key for key in plugins.roles if key.partition(".")[0] in tenant.modules]
        await create_user(admin, admin, admin_password, ["core.administrator", "core.dispatcher", *roles])
    facts = {"slug": tenant.slug, "hosts": list(new.hosts), "modules": sorted(tenant.modules), "admin": admin}
    click.echo(
        json.dumps(facts)
        if as_json
        else f"{tenant.title}: {', '.join(new.hosts)}; modules: {', '.join(sorted(tenant.modules)) or 'none'}"
    )


@click.command("list")
@click.option("--json", "as_json", is_flag=True)
@database
async def list_cities(as_json: bool) -> None:
    """List the cities."""
    for tenant in await all_tenants():
        state = "suspended" if tenant.is_suspended else "open"
        facts = {"slug": tenant.slug, "title": tenant.title, "state": state, "modules": sorted(tenant.modules)}
        click.echo(
            json.dumps(facts, ensure_ascii=False)
            if as_json
            else f"{tenant.slug}\t{state}\t{', '.join(sorted(tenant.modules))}"
        )


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
@database
async def suspend_city(slug: str) -> None:
    """Close a city's doors with a message."""
    await set_suspended(slug, True)


@click.command("resume")
@click.argument("slug")
@database
async def resume_city(slug: str) -> None:
    """Open a suspended city's doors again."""
    await set_suspended(slug, False)


@click.command("demo")
@database
async def demo_cities() -> None:
    """Make the demo cities with demo data and print their sign-ins; a second time changes nothing."""
    port = load().port
    for tenant in await make_demo_cities(installed()):
        logins = ", ".join([*(person.login for person in PEOPLE), RESIDENT])
        click.echo(f"{tenant.title}: http://{tenant.slug}.localhost:{port}/  sign in as {logins} / {DEMO_PASSWORD}")
