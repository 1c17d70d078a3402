"""Leaving a kind of letter by the link in it: whoever has the letter may, signed in or not, once and again.

The right is the link itself: it names a person and a key, and only we can make it. It changes nothing but this.
"""

from __future__ import annotations

import hmac
import uuid
from dataclasses import dataclass

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.tables import UserAccount
from leancity.core.identity.vault import derived
from leancity.core.notifications.defaults import EMAIL
from leancity.core.notifications.preferences import DIGEST, OFF, Wish, put_wish, wishes_of

PATH = "/unsubscribe/"
OF_DIGEST = "digest"
"""Stands in a link for every key that its reader gets in a digest."""
_DIGITS = 32  # of the signature: 128 bits
_LONGEST = 300


@dataclass(frozen=True, kw_only=True)
class Right:
    """Whose letters of which key may be stopped."""

    user_id: uuid.UUID
    key: str


def token_for(user_id: uuid.UUID, key: str) -> str:
    """Return the end of a link's path by which a person leaves ``key``."""
    return f"{user_id.hex}.{_signature(user_id, key)}.{key}"


def right_of(token: str) -> Right:
    """Return what a link allows; refuse one that we did not make, for this city."""
    parts = token[:_LONGEST].split(".", 2)
    if len(parts) == 3:
        try:
            user_id = uuid.UUID(hex=parts[0])
        except ValueError:
            raise refuse("not_found") from None
        if hmac.compare_digest(_signature(user_id, parts[2]).encode(), parts[1].encode()):
            return Right(user_id=user_id, key=parts[2])
    raise refuse("not_found")


async def unsubscribe(token: str) -> None:
    """Let no more letters of a link's key go to its person; a second time changes nothing."""
    right = right_of(token)
    async with tenant_tx(write=True):
        if not await UserAccount.exists().where((UserAccount.id == right.user_id) & UserAccount.erased_at.is_null()):
            raise refuse("not_found")
        keys = [right.key]
        if right.key == OF_DIGEST:
            modes = (await wishes_of([right.user_id])).modes
            keys = sorted(key for (_, key, channel), mode in modes.items() if (channel, mode) == (EMAIL, DIGEST))
        for key in keys:
            await put_wish(right.user_id, Wish(key=key, channel=EMAIL, mode=OFF))
        if keys:
            await record("core.notifications.unsubscribed", "user_account", right.user_id, keys=keys)


def _signature(user_id: uuid.UUID, key: str) -> str:
    return derived("unsubscribe", f"{user_id.hex} {key}")[:_DIGITS]
