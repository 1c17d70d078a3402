"""``leancity token``: API tokens for scripts."""

from __future__ import annotations

import json
import os
from datetime import timedelta

import click

from leancity.core.cli.running import database
from leancity.core.errors import Refused, refuse
from leancity.core.identity.principal import acting_as, stranger
from leancity.core.identity.rights import principal_of
from leancity.core.identity.sessions import sign_in, sign_out
from leancity.core.identity.tokens import MOST_DAYS, create_token
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
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, MOST_DAYS), help="Days until it expires.")
@click.option("--permission", "permissions", multiple=True, help="What it may do; may be repeated. [default: all]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with the expiry.")
@database
async def create(city: str, user: str, title: str, days: int, permissions: tuple[str, ...], as_json: bool) -> None:
    """Make a token of an account and print it this once.

    Asks for the account's password, and its code where it has a second factor, or takes them from LEANCITY_PASSWORD
    and LEANCITY_CODE: whoever runs the servers is nobody's deputy.
    """
    tenant = await tenant_by_slug(city)
    if tenant is None:
        raise refuse("city_unknown", "city", city=city)
    password = os.environ.get("LEANCITY_PASSWORD") or click.prompt("Password", hide_input=True, err=True)
    with enter(tenant), acting_as(stranger(tenant.locale)):
        principal = await principal_of(await _signed_in(user, password))
        if principal is None:
            raise refuse("sign_in_failed", "password")
        with acting_as(principal):
            try:
                secret = await create_token(title, permissions or None, days)
            finally:
                await sign_out()
    expires_at = (now() + timedelta(days=days)).isoformat(timespec="seconds")
    facts = {"token": secret, "city": city, "user": user, "expiresAt": expires_at}
    click.echo(json.dumps(facts) if as_json else secret)


async def _signed_in(user: str, password: str) -> str:
    """Return the secret of a session that proves the account is the asker's."""
    code = os.environ.get("LEANCITY_CODE", "")
    try:
        return await sign_in(user, password, code)
    except Refused as refusal:
        if refusal.problems[0].code != "totp_required":
            raise
    return await sign_in(user, password, click.prompt("Code of the second factor", err=True))
