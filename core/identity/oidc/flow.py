"""A sign-in that is under way: begun in one browser, finished in the same, once, within ten minutes."""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass
from datetime import timedelta

from leancity.core.config import load
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.http.cookies import put_cookie, read_cookie
from leancity.core.identity.oidc.client import Reason
from leancity.core.identity.secrets import digest, new_secret
from leancity.core.identity.tables import OidcFlow
from leancity.core.identity.vault import seal, unseal
from leancity.core.moment import now

LASTS = timedelta(minutes=10)
COOKIE = "leancity_flow_"


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """What ties an answer to its question. ESIA knows neither ``nonce`` nor ``verifier``: there they are empty."""

    state: str
    nonce: str = ""
    verifier: str = ""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A sign-in as it was begun; ``user_id`` is the account that links, None at a sign-in."""

    user_id: uuid.UUID | None
    nonce_digest: str
    verifier: str
    next_path: str


async def begin(provider_id: uuid.UUID, secrets: Secrets, *, next_path: str, user_id: uuid.UUID | None) -> None:
    """Keep a sign-in that goes out to the provider and bind it to this browser by a cookie of its own.

    Each has its own cookie, so that two tabs do not end each other's.
    """
    browser = new_secret()
    async with tenant_tx(write=True):
        await OidcFlow.delete().where(OidcFlow.expires_at < now())
        await OidcFlow(
            key=digest(secrets.state),
            browser=digest(browser),
            provider_id=provider_id,
            user_id=user_id,
            nonce=digest(secrets.nonce) if secrets.nonce else "",
            verifier=seal(secrets.verifier) if secrets.verifier else "",
            next_path=next_path,
            expires_at=now() + LASTS,
        ).save()
    put_cookie(_cookie(secrets.state), browser, int(LASTS.total_seconds()))


async def take(provider_id: uuid.UUID, state: str, cookies: str) -> Flow:
    """Return the sign-in of a state and forget it: read and removed by one statement, so that it comes back once.

    Refuses one that this city, this provider or this browser has not begun, and one that is too old. It is used up by
    then: whoever has its state but not the cookie has it from somewhere else.
    """
    async with tenant_tx(write=True):
        rows = await OidcFlow.delete().where(OidcFlow.key == digest(state)).returning(*OidcFlow.all_columns())
    if not rows:
        raise refuse("oidc_flow_unknown") from Reason("no such state, or it was used")
    row = rows[0]
    put_cookie(_cookie(state), "", 0)
    browser = read_cookie(cookies, _cookie(state))
    if not hmac.compare_digest(digest(browser), row["browser"]):
        raise refuse("oidc_flow_unknown") from Reason("another browser has begun it")
    if row["provider_id"] != provider_id:
        raise refuse("oidc_flow_unknown") from Reason("it was begun at another provider")
    if row["expires_at"] <= now():
        raise refuse("oidc_flow_unknown") from Reason("it is too old")
    return Flow(
        user_id=row["user_id"],
        nonce_digest=row["nonce"],
        verifier=unseal(row["verifier"]) if row["verifier"] else "",
        next_path=row["next_path"],
    )


def _cookie(state: str) -> str:
    # As the session's: __Host- keeps a neighbour in the domain from binding somebody's browser to a sign-in of its own.
    prefix = "" if load().is_development else "__Host-"
    return f"{prefix}{COOKIE}{digest(state)[:16]}"
