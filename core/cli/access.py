"""``leancity access``: an operator's way into a city, which the city sees."""

from __future__ import annotations

import getpass
import json
import uuid

import click

from leancity.core.cli.running import database
from leancity.core.cli.serving import serving
from leancity.core.identity import access as service
from leancity.core.identity.tables import OperatorAccess


@click.group()
def access() -> None:
    """Ask a city to be let in, and use what it granted."""


@access.command("ask")
@click.option("--city", required=True, help="Slug of the city.")
@click.option("--reason", required=True, help="Why; the city reads it.")
@click.option("--hours", default=4, show_default=True, help="For how long.")
@click.option("--role", default=service.ROLE, show_default=True, help="The city's role that is asked for.")
@click.option("--operator", default=getpass.getuser, show_default="the account on this machine", help="Who asks.")
@click.option("--emergency", is_flag=True, help="Take it without being let in, for 2 hours at most; the city sees it.")
@database
async def ask(city: str, reason: str, hours: int, role: str, operator: str, emergency: bool) -> None:
    """Ask for an access and print its id."""
    async with serving(city, "access ask"):
        row = await service.ask_access(operator, reason, hours, role=role, is_emergency=emergency)
    click.echo(str(row.id))


@access.command("list")
@click.option("--city", required=True, help="Slug of the city.")
@database
async def list_(city: str) -> None:
    """Print the newest accesses of a city, a line of JSON each."""
    async with serving(city, "access list"):
        rows = await service.list_accesses(limit=100)
    for row in rows:
        click.echo(json.dumps(_facts(row), ensure_ascii=False))


@access.command("key")
@click.option("--city", required=True, help="Slug of the city.")
@click.argument("access_id", type=click.UUID)
@database
async def key(city: str, access_id: uuid.UUID) -> None:
    """Print a bearer key of an access that was granted, this once."""
    async with serving(city, "access key"):
        secret, _ = await service.access_key(access_id)
    click.echo(secret)


def _facts(row: OperatorAccess) -> dict[str, object]:
    moments = {"asked": row.asked_at, "expires": row.expires_at, "ended": row.ended_at}
    shown = {name: moment.isoformat(timespec="seconds") for name, moment in moments.items() if moment is not None}
    return {"id": str(row.id), "operator": row.operator, "state": row.state, "reason": row.reason, **shown}
