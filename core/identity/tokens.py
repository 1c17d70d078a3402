"""API tokens of one's own, for scripts: they do what their owner chose and never touch credentials."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import timedelta

from piccolo.columns.combination import And

from leancity.core.cases.checks import keepable
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.credentials import close_credentials, open_credential
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import Credential
from leancity.core.moment import now

MOST_DAYS = 366
LONGEST_TITLE = 100


async def create_token(title: str, permissions: Collection[str] | None, days: int) -> str:
    """Make a token of one's own account for some of one's permissions (None: all of today) and return its secret.

    What is taken from its owner later is taken from the token too; what they are given later it does not get.
    """
    who = current_principal()
    user_id = who.require_session()
    title = title.strip()
    if not title:
        raise refuse("required", "title")
    if len(title) > LONGEST_TITLE:
        raise refuse("too_long", "title", limit=LONGEST_TITLE)
    if not 1 <= days <= MOST_DAYS:
        raise refuse("token_days_invalid", "days", limit=MOST_DAYS)
    wanted = who.permissions if permissions is None else frozenset(permissions)
    lacking = sorted(name for name in wanted if name not in who.permissions)
    if lacking:
        raise refuse("permission_not_held", "permissions", permission=", ".join(lacking))
    return await open_credential(
        "token",
        user_id=user_id,
        expires_at=now() + timedelta(days=days),
        title=keepable(title),
        permissions=wanted,
    )


async def my_tokens() -> list[Credential]:
    """Return one's own tokens that have not expired, the newest first."""
    mine = _tokens_of(current_principal().require_session())
    async with tenant_tx():
        rows = await Credential.objects().where(mine & (Credential.expires_at > now()))
    return sorted(rows, key=lambda row: row.created_at, reverse=True)


async def revoke_token(token_id: uuid.UUID) -> None:
    """Close one of one's own tokens; refuse what is none."""
    mine = _tokens_of(current_principal().require_session())
    if not await close_credentials(mine & (Credential.id == token_id)):
        raise refuse("not_found", "id")


def _tokens_of(user_id: uuid.UUID) -> And:
    return (Credential.user_id == user_id) & (Credential.kind == "token")
