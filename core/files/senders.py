"""Who uploads, and what that allows."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from leancity.core.files.kinds import KNOWN, STRANGERS, Allowance
from leancity.core.http.client import current_client, network_of
from leancity.core.identity.principal import current_principal


@dataclass(frozen=True, kw_only=True)
class Sender:
    """``counted_as``: whose quota it is, "" for the platform itself."""

    user_id: uuid.UUID | None
    is_known: bool
    counted_as: str

    @property
    def allowance(self) -> Allowance:
        return KNOWN if self.is_known else STRANGERS


def sender_of(user_id: uuid.UUID | None, *, is_known: bool) -> Sender:
    """Return an account, or whoever is at the network of this request."""
    if user_id is not None:
        return Sender(user_id=user_id, is_known=is_known, counted_as=f"account:{user_id}")
    address = current_client().address
    return Sender(user_id=None, is_known=is_known, counted_as=address and f"network:{network_of(address)}")


def current_sender() -> Sender:
    """Return who is asking."""
    who = current_principal()
    return sender_of(who.user_id, is_known=not who.is_stranger)
