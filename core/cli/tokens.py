"""``leancity token``: API tokens for scripts."""

from __future__ import annotations

import json
from datetime import timedelta

import click

from leancity.core.cli.running import database
from leancity.core.errors import refuse
from leancity.core.identity.principal import acting_as, system
from leancity.core.identity.sessions import create_token
from leancity.core.moment import now
from leancity.core.tenancy.context import enter
from leancity.core.tenancy.lookup import tenant_by_slug


@click.group()
def token() -> None:
    """Make API tokens."""


@token.command("create")
@click.option("--city", required=True, help="Slug of the city.")
@click.option("--user", required=True, help="Login of the account the token stands for.")
@click.option("--title", default="command line", show_default=True, help="What the token is for.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 366), help="Days until it expires.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with the expiry.")
@database
async def create(city: str, user: str, title: str, days: int, as_json: bool) -> None:
    """Make a token of an account and print it this once."""
    tenant = await tenant_by_slug(city)
    if tenant is None:
        raise refuse("city_unknown", "city", city=city)
    expires_at = now() + timedelta(days=days)
    with enter(tenant), acting_as(system(tenant.locale)):
        secret = await create_token(user, title, expires_at)
    facts = {"token": secret, "city": city, "user": user, "expiresAt": expires_at.isoformat(timespec="seconds")}
    click.echo(json.dumps(facts) if as_json else secret)
