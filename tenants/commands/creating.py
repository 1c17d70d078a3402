"""What ``leancity city create`` does: the same steps as an onboarding, at once and with nobody's draft."""

from __future__ import annotations

import asyncio
import getpass
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import click

from leancity.core.cli.running import installed
from leancity.core.config import load
from leancity.core.errors import Refused, refuse
from leancity.core.identity.service import checked_account
from leancity.core.ids import new_id
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.limits import TenantKind
from leancity.core.tenancy.lookup import maker_of
from leancity.core.tenancy.service import find_city
from leancity.tenants.onboarding.card import Card, problems
from leancity.tenants.onboarding.invitation import new_invitation
from leancity.tenants.onboarding.steps import STEPS, Wanted, take_on
from leancity.tenants.organisation.model import Organisation, Severity
from leancity.tenants.organisation.reading import read_organisation
from leancity.tenants.organisation.telling import finding_lines


async def create_city(
    *,
    slug: str,
    hosts: tuple[str, ...],
    modules: tuple[str, ...],
    kind: str,
    admin: str,
    admin_password: str | None,
    organisation: Path | None,
    accept_errors: bool,
    is_continued: bool,
    as_json: bool,
    **said: Any,
) -> None:
    """Check everything, then make the city step by step, and print it."""
    card = Card(
        slug=slug,
        hosts=[*hosts] or [f"{slug}.localhost"],
        modules=[*modules],
        kind=TenantKind(kind),
        admin_login=admin,
        **said,
    )
    password = _password(admin_password, is_invited=bool(card.admin_email))
    if password:
        checked_account(admin, password)  # before there is a city: one without an account helps nobody
    plugins = installed()
    if not is_continued and (found := await problems(card, plugins, is_invited=not password)):
        raise Refused(*found)
    staff = await _read(organisation, accept_errors=accept_errors)
    maker = await maker_of((await find_city(slug, "slug")).id) if is_continued else new_id()
    if maker is None:
        raise refuse("slug_taken", "slug", slug=slug)  # it was not made by steps, so there are none to go on with
    begun = time.monotonic()
    with click.progressbar(length=len(STEPS), label="making", file=sys.stderr, show_pos=True,
                           item_show_func=lambda item: item) as bar:  # fmt: skip

        async def tell(step: str) -> None:
            bar.update(1, step)

        wanted = Wanted(card=card.filled(), organisation=staff, password=password, maker=maker)
        city = await take_on(plugins, wanted, (), tell)
    facts = {
        "slug": city.slug,
        "kind": city.kind,
        "hosts": card.hosts,
        "modules": sorted(city.modules),
        "admin": admin,
        "isInvited": not password,
        "seconds": round(time.monotonic() - begun, 3),
    }
    modules_told = ", ".join(sorted(city.modules)) or "none"
    if not password and not load().smtp_url:
        login = getpass.getuser()
        facts["invitation"] = (await in_city(city, partial(new_invitation, admin, login))).url
        click.echo(f"leancity: no mail is sent from here; hand this link over: {facts['invitation']}", err=True)
    click.echo(
        json.dumps(facts, ensure_ascii=False)
        if as_json
        else f"{city.title}: {', '.join(card.hosts)}; modules: {modules_told}; {facts['seconds']} s"
    )


def _password(given: str | None, *, is_invited: bool) -> str:
    if given is None and not is_invited:
        answer: str = click.prompt("Password of the first account", hide_input=True, confirmation_prompt=True)
        return answer
    return given or ""


async def _read(file: Path | None, *, accept_errors: bool) -> Organisation | None:
    """Read the organisation's file, tell what is wrong with it, and refuse one with errors that nobody accepts."""
    if file is None:
        return None
    found = await asyncio.to_thread(read_organisation, file, file.name)
    for line in finding_lines(found.findings, "en"):
        click.echo(f"leancity: {line}", err=True)
    errors = found.of(Severity.ERROR)
    if errors and not accept_errors:
        raise refuse("organisation_errors", "organisation", count=len(errors))
    return found
