"""A city's providers. Operators make and change them, by ``leancity provider``, and nobody else.

The server fetches what stands at an issuer's address. Whoever may write that address may make the server speak to any
machine it can reach, so it is not for a city's own administrators.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from asyncpg import UniqueViolationError

from leancity.core.audit.log import record
from leancity.core.cases.checks import keepable
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.identity.oidc.addresses import is_loopback, wrong_address
from leancity.core.identity.oidc.options import checked_options, esia_options
from leancity.core.identity.tables import IdentityProvider
from leancity.core.identity.vault import seal, unseal

DIALECTS = ("oidc", "esia")
CREATES = ("", "resident", "staff")
ESIA_ISSUER = "http://esia.gosuslugi.ru/"
ESIA_SCOPES = "openid fullname email"
SCOPES = "openid email profile"
_KEY = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True, kw_only=True)
class NewProvider:
    """What an operator says of a provider; see ``IdentityProvider``. Empty ``issuer`` and ``scopes``: the dialect's."""

    key: str
    title: str
    client_id: str
    dialect: str = "oidc"
    issuer: str = ""
    client_secret: str = ""
    scopes: str = ""
    creates: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


async def add_provider(new: NewProvider) -> IdentityProvider:
    """Make a provider of the city; refuse what does not fit, naming each field."""
    is_esia = new.dialect == "esia"
    issuer = new.issuer or (ESIA_ISSUER if is_esia else "")
    problems = _problems(new, issuer)
    if problems:
        raise Refused(*problems)
    row = IdentityProvider(
        key=new.key,
        title=new.title.strip(),
        dialect=new.dialect,
        issuer=issuer,
        client_id=new.client_id,
        client_secret=seal(new.client_secret) if new.client_secret else "",
        scopes=new.scopes or (ESIA_SCOPES if is_esia else SCOPES),
        creates=new.creates,
        options=_options(new, issuer),
    )
    try:
        async with tenant_tx(write=True):
            await row.save()
            await record("core.identity_provider.added", "identity_provider", row.id, issuer=issuer)
    except UniqueViolationError as error:
        raise refuse("key_taken", "key", key=new.key) from error
    return row


def _problems(new: NewProvider, issuer: str) -> list[Problem]:
    problems = []
    if not _KEY.fullmatch(new.key):
        problems.append(Problem(code="oidc_key_invalid", field="key"))
    problems += [
        Problem(code="required", field=name)
        for name, value in (("title", new.title), ("client_id", new.client_id))
        if not value.strip()
    ]
    for name, value, choices in (("dialect", new.dialect, DIALECTS), ("creates", new.creates, CREATES)):
        if value not in choices:
            known = ", ".join(filter(None, choices))
            problems.append(Problem(code="case_choice_unknown", field=name, params={"choices": known}))
    # ESIA's issuer is a name that stands in its tokens: nothing is fetched from it.
    reason = "" if new.dialect == "esia" else wrong_address(issuer, may_be_loopback=True)
    if reason or "?" in issuer:
        problems.append(Problem(code="oidc_address_invalid", field="issuer", params={"reason": reason or "?"}))
    return problems


def _options(new: NewProvider, issuer: str) -> str:
    stored = checked_options(new.dialect, new.options)
    if new.dialect == "esia":
        options = esia_options(stored)
        for name in ("authorize_url", "token_url", "persons_url", "logout_url"):
            reason = wrong_address(getattr(options, name), may_be_loopback=is_loopback(options.authorize_url))
            if reason:
                raise refuse("oidc_address_invalid", f"options.{name}", reason=reason)
    return stored


async def change_secret(key: str, client_secret: str) -> None:
    """Give a provider another client secret."""
    sealed = seal(client_secret) if client_secret else ""
    await _change(key, {IdentityProvider.client_secret: sealed}, "secret_changed")


async def set_active(key: str, is_active: bool) -> None:
    """Let people sign in at a provider, or not any more. Sessions that are open stay open."""
    await _change(key, {IdentityProvider.is_active: is_active}, "enabled" if is_active else "disabled")


async def _change(key: str, values: Mapping[Any, Any], verb: str) -> None:
    async with tenant_tx(write=True):
        found = await IdentityProvider.update(values).where(IdentityProvider.key == key).returning(IdentityProvider.id)
        if not found:
            raise refuse("not_found", "key")
        await record(f"core.identity_provider.{verb}", "identity_provider", found[0]["id"])


async def all_providers() -> list[IdentityProvider]:
    """Return the city's providers by key, also those where nobody may sign in any more."""
    async with tenant_tx():
        return await IdentityProvider.objects().order_by(IdentityProvider.key)


async def active_provider(key: str) -> IdentityProvider:
    """Return a provider where people may sign in; one that is disabled does not exist."""
    async with tenant_tx():
        wanted = (IdentityProvider.key == keepable(key)) & IdentityProvider.is_active.eq(True)
        row = await IdentityProvider.objects().where(wanted).first()
    if row is None:
        raise refuse("not_found")
    return row


def client_secret_of(provider: IdentityProvider) -> str:
    """Return the client secret, "" for a public client."""
    return unseal(provider.client_secret) if provider.client_secret else ""
