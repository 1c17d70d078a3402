"""``leancity module``: which modules a city has."""

from __future__ import annotations

import json

import click

from leancity.core.cli.running import database, installed
from leancity.core.i18n.catalogue import pick
from leancity.core.tenancy.service import find_city, leave, subscribe


@click.command("subscribe")
@click.argument("slug")
@click.argument("modules", nargs=-1, required=True)
@database
async def subscribe_modules(slug: str, modules: tuple[str, ...]) -> None:
    """Give the city SLUG modules, with all that they require."""
    tenant = await subscribe(installed(), slug, modules)
    click.echo(", ".join(sorted(tenant.modules)))


@click.command("leave")
@click.argument("slug")
@click.argument("modules", nargs=-1, required=True)
@database
async def leave_modules(slug: str, modules: tuple[str, ...]) -> None:
    """Take modules from the city SLUG: every door of theirs closes at once, its data stays."""
    tenant = await leave(installed(), slug, modules)
    click.echo(", ".join(sorted(tenant.modules)) or "none")


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
