"""When a session or a token was last used, to a few minutes: a session that nobody uses ends, people see theirs."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from datetime import timedelta

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import Credential
from leancity.core.moment import now

PRECISION = timedelta(minutes=5)
IDLE_LASTS = timedelta(hours=2)
"""A session that has not been used for so long opens nothing any more."""
_MOST = 20_000
# By credential when this process writes next, so that a busy session costs one statement in five minutes, not one each.
_next: OrderedDict[uuid.UUID, float] = OrderedDict()


async def note_use(credential_id: uuid.UUID | None) -> None:
    """Note that a credential is in use, at most once in ``PRECISION``. In a transaction of its own."""
    moment = time.monotonic()
    if credential_id is None or _next.get(credential_id, 0) > moment:
        return
    _next[credential_id] = moment + PRECISION.total_seconds()
    _next.move_to_end(credential_id)
    if len(_next) > _MOST:
        _next.popitem(last=False)
    stale = Credential.used_at.is_null() | (Credential.used_at < now() - PRECISION)
    async with tenant_tx(write=True):
        await Credential.update({Credential.used_at: now()}).where((Credential.id == credential_id) & stale)
