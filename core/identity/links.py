"""Links sent by mail: each opens one thing, once, for a time.

The secret is never stored: its digest finds the key, and the mail's job makes it anew from the key's id.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from piccolo.columns.combination import And

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.secrets import digest
from leancity.core.identity.tables import OneTimeKey
from leancity.core.identity.vault import derived
from leancity.core.ids import new_id
from leancity.core.mail.post import post
from leancity.core.moment import now

Purpose: TypeAlias = Literal["invitation", "password_reset", "confirmation"]

LASTS: dict[Purpose, timedelta] = {
    "invitation": timedelta(days=7),
    "password_reset": timedelta(hours=1),
    "confirmation": timedelta(days=2),
}


@dataclass(frozen=True, kw_only=True)
class Link:
    """``path`` on the city's host; the secret stands behind #, which no browser sends and no server logs."""

    path: str
    expires_at: datetime


async def send_link(purpose: Purpose, user_id: uuid.UUID) -> None:
    """Mail a person a link; the ones before it for the same purpose open nothing any more. Joins the unit of work."""
    async with tenant_tx(write=True):
        await post(purpose, user_id, await make_link(purpose, user_id))


async def make_link(purpose: Purpose, user_id: uuid.UUID) -> uuid.UUID:
    """Make a link that takes the place of those before it, and return the id of its key (``link_of``)."""
    key_id, moment = new_id(), now()
    async with tenant_tx(write=True):
        same = (OneTimeKey.user_id == user_id) & (OneTimeKey.purpose == purpose)
        await OneTimeKey.delete().where(same & OneTimeKey.used_at.is_null())
        await OneTimeKey(
            id=key_id,
            key=digest(_secret(key_id)),
            purpose=purpose,
            user_id=user_id,
            created_at=moment,
            expires_at=moment + LASTS[purpose],
        ).save()
    return key_id


async def link_of(key_id: uuid.UUID) -> Link | None:
    """Return the link of a key, None when it would open nothing any more."""
    async with tenant_tx():
        row = await OneTimeKey.objects().where((OneTimeKey.id == key_id) & OneTimeKey.used_at.is_null()).first()
    if row is None or row.expires_at <= now():
        return None
    return Link(path=f"/account/{row.purpose}#{_secret(row.id)}", expires_at=row.expires_at)


async def owner_of(purpose: Purpose, secret: str) -> uuid.UUID:
    """Return whose link it is, which stays usable; refuse one that opens nothing."""
    async with tenant_tx():
        row = await OneTimeKey.select(OneTimeKey.user_id).where(_usable(purpose, secret)).first()
    if row is None:
        raise refuse("link_invalid", "key")
    owner: uuid.UUID = row["user_id"]
    return owner


async def use_link(purpose: Purpose, secret: str) -> uuid.UUID:
    """Use a link up and return whose it was; refuse one that opens nothing. Joins the open unit of work."""
    async with tenant_tx(write=True):
        usable = _usable(purpose, secret)
        used = await OneTimeKey.update({OneTimeKey.used_at: now()}).where(usable).returning(OneTimeKey.user_id)
        if not used:
            raise refuse("link_invalid", "key")
        owner: uuid.UUID = used[0]["user_id"]
        return owner


def _usable(purpose: Purpose, secret: str) -> And:
    this = (OneTimeKey.key == digest(secret)) & (OneTimeKey.purpose == purpose)
    return this & OneTimeKey.used_at.is_null() & (OneTimeKey.expires_at > now())


def _secret(key_id: uuid.UUID) -> str:
    return derived("link", str(key_id))
