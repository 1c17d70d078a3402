"""``leancity operator``: the operator's own place on the platform."""

from __future__ import annotations

import json

import click

from leancity.core.cli.running import database, installed
from leancity.tenants.operator.place import NewPlace, make_place


@click.command("create")
@click.option("--host", required=True, help="Host name it answers at, without a port.")
@click.option("--admin", required=True, help="Login of the first account.")
@click.option("--admin-password", envvar="LEANCITY_ADMIN_PASSWORD", prompt=True, hide_input=True)
@click.option("--title", default="Оператор платформы", show_default=True, help="Its name, as people read it.")
@click.option("--locale", default="ru", show_default=True)
@click.option("--zone", default="Europe/Moscow", show_default=True, help="IANA time zone.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@database
async def create(host: str, admin: str, admin_password: str, title: str, locale: str, zone: str, as_json: bool) -> None:
    """Make the operator's place, with an account that has every role. There is one of an installation.

    \b
    Exit codes:
      0  it stands
      1  refused: there is one already, or the message says what is wrong
      2  the command line is wrong
    """
    new = NewPlace(host=host, admin=admin, password=admin_password, title=title, locale=locale, zone=zone)
    tenant = await make_place(installed(), new)
    facts = {"slug": tenant.slug, "title": tenant.title, "host": new.host, "admin": admin}
    click.echo(json.dumps(facts, ensure_ascii=False) if as_json else f"{tenant.title}: {new.host}")
