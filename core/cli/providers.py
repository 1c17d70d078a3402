"""``leancity provider``: where people of a city may sign in instead."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from leancity.core.cli.running import database
from leancity.core.errors import refuse
from leancity.core.identity.oidc import providers
from leancity.core.identity.principal import acting_as, system
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.tenancy.lookup import tenant_by_slug

_city = click.option("--city", required=True, help="Slug of the city.")


@click.group()
def provider() -> None:
    """Say where people of a city may sign in instead: OpenID Connect, ESIA."""


@provider.command("add")
@click.argument("key")
@_city
@click.option("--title", required=True, help="What people read on the button.")
@click.option("--client-id", required=True, help="How the provider calls this installation.")
@click.option("--issuer", default="", help="The issuer's address; ESIA's own for the dialect esia.")
@click.option("--dialect", default="oidc", show_default=True, type=click.Choice(providers.DIALECTS))
@click.option("--scopes", default="", help="What is asked for, by blanks.")
@click.option("--creates", default="", type=click.Choice(providers.CREATES), help="Account made at a first sign-in.")
@click.option("--option", "options", multiple=True, help="name=value, value as JSON or text; name=@FILE reads it.")
@database
async def add(
    key: str,
    city: str,
    title: str,
    client_id: str,
    issuer: str,
    dialect: str,
    scopes: str,
    creates: str,
    options: tuple[str, ...],
) -> None:
    """Make a provider KEY. The client secret comes from LEANCITY_CLIENT_SECRET, else it is asked for."""
    tenant = await _found(city)
    new = providers.NewProvider(
        key=key,
        title=title,
        client_id=client_id,
        issuer=issuer,
        dialect=dialect,
        client_secret="" if dialect == "esia" else _secret(),
        scopes=scopes,
        creates=creates,
        options=dict(map(_option, options)),
    )
    with _serving(tenant):
        await providers.add_provider(new)
    click.echo(f"callback: https://<host>/auth/{key}/callback")


@provider.command("list")
@_city
@click.option("--json", "as_json", is_flag=True, help="Print JSON, without secrets.")
@database
async def list_(city: str, as_json: bool) -> None:
    """List the providers of a city."""
    with _serving(await _found(city)):
        rows = await providers.all_providers()
    facts = [
        {
            "key": row.key,
            "title": row.title,
            "dialect": row.dialect,
            "issuer": row.issuer,
            "clientId": row.client_id,
            "hasSecret": bool(row.client_secret),
            "scopes": row.scopes,
            "creates": row.creates,
            "isActive": row.is_active,
            "options": json.loads(row.options),
        }
        for row in rows
    ]
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    for fact in facts:
        state = "active" if fact["isActive"] else "disabled"
        click.echo(f"{fact['key']}\t{fact['dialect']}\t{fact['issuer']}\t{state}\t{fact['title']}")


@provider.command("secret")
@click.argument("key")
@_city
@database
async def secret(key: str, city: str) -> None:
    """Give a provider another client secret, from LEANCITY_CLIENT_SECRET or asked for."""
    with _serving(await _found(city)):
        await providers.change_secret(key, _secret())


@provider.command("disable")
@click.argument("key")
@_city
@database
async def disable(key: str, city: str) -> None:
    """Let nobody sign in at a provider any more; open sessions stay open."""
    with _serving(await _found(city)):
        await providers.set_active(key, False)


@provider.command("enable")
@click.argument("key")
@_city
@database
async def enable(key: str, city: str) -> None:
    """Let people sign in at a provider again."""
    with _serving(await _found(city)):
        await providers.set_active(key, True)


async def _found(city: str) -> Tenant:
    tenant = await tenant_by_slug(city)
    if tenant is None:
        raise refuse("city_unknown", "city", city=city)
    return tenant


@contextmanager
def _serving(tenant: Tenant) -> Iterator[None]:
    with enter(tenant), acting_as(system(tenant.locale)):
        yield


def _secret() -> str:
    """Return the client secret. It is no option of the command: every account of the machine reads command lines."""
    given = os.environ.get("LEANCITY_CLIENT_SECRET")
    if given is not None:
        return given
    return str(click.prompt("Client secret (empty for none)", hide_input=True, default="", show_default=False))


def _option(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"{text!r} is not name=value", param_hint="--option")
    if value.startswith("@"):
        return name, Path(value[1:]).read_text("utf-8")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
