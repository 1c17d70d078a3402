"""Signed uploads: an address of this host that takes one file from one sender, for a quarter of an hour.

The address is the right to use it, as with a mailed link: who may read it may send the file, nothing else. Nothing is
stored before the file is.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import StartupError, refuse
from leancity.core.files.incoming import TooLarge
from leancity.core.files.senders import Sender, current_sender, sender_of
from leancity.core.identity.tables import UserAccount
from leancity.core.identity.vault import seal, unseal
from leancity.core.ids import new_id
from leancity.core.moment import now

LASTS = timedelta(minutes=15)
LONGEST_NAME = 1000  # characters, as they are given; what is kept is shorter
PURPOSE = "upload"


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """What was agreed with a sender; ``limit`` in bytes."""

    id: uuid.UUID
    sender: Sender
    name: str
    limit: int
    expires_at: datetime

    @property
    def url(self) -> str:
        """The address on the city's host."""
        sealed = {
            "purpose": PURPOSE,
            "id": str(self.id),
            "user": self.sender.user_id and str(self.sender.user_id),
            "known": self.sender.is_known,
            "name": self.name,
            "limit": self.limit,
            "until": self.expires_at.isoformat(),
        }
        return f"/files/upload?ticket={seal(json.dumps(sealed))}"


def begin_upload(name: str, size: int) -> Ticket:
    """Agree to take a file of about ``size`` bytes from the caller; refuse one that is none or too large."""
    sender = current_sender()
    if not name.strip():
        raise refuse("required", "name")
    if size <= 0:
        raise refuse("file_empty", "size")
    limit = sender.allowance.largest
    if size > limit:
        raise refuse("file_too_large", "size", **TooLarge(limit).problems[0].params)
    return Ticket(id=new_id(), sender=sender, name=name[:LONGEST_NAME], limit=limit, expires_at=now() + LASTS)


async def open_ticket(sealed: str) -> Ticket:
    """Return what an address was made for; refuse one that is over, broken, another city's, or of a closed account."""
    try:
        found = json.loads(unseal(sealed))
        if found["purpose"] != PURPOSE:
            raise ValueError(PURPOSE)
        user_id = uuid.UUID(found["user"]) if found["user"] else None
        ticket = Ticket(
            id=uuid.UUID(found["id"]),
            sender=sender_of(user_id, is_known=found["known"]),
            name=found["name"],
            limit=found["limit"],
            expires_at=datetime.fromisoformat(found["until"]),
        )
    except (StartupError, ValueError, KeyError, TypeError) as error:
        raise refuse("upload_over", "file") from error
    if ticket.expires_at <= now() or not await _may_still(user_id):
        raise refuse("upload_over", "file")
    return ticket


async def _may_still(user_id: uuid.UUID | None) -> bool:
    if user_id is None:
        return True
    async with tenant_tx():
        return bool(await UserAccount.exists().where((UserAccount.id == user_id) & UserAccount.is_active.eq(True)))
