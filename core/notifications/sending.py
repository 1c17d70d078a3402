"""The jobs that send letters: at least once, under one Message-ID, and what became of it stands on each delivery."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from leancity.core.config import load, require
from leancity.core.db.unit import tenant_tx
from leancity.core.jobs.current import effect_key
from leancity.core.mail.server import MailFailed, hand_in, place_of_city
from leancity.core.moment import now
from leancity.core.notifications import codes
from leancity.core.notifications.letters import Envelope, Item, digest, letter
from leancity.core.notifications.still import Still, still_to_tell
from leancity.core.notifications.tables import NotificationDelivery

ATTEMPTS = 8

_UNSENT = (
    "select user_id from notification_delivery where tenant_id = $1 and id = $2 and state in ('waiting', 'failed')"
)
# A digest that was put aside and is asked for again tells what it could not tell then.
_DIGEST = """
select id from notification_delivery where tenant_id = $1 and user_id = $2 and channel = 'email' and in_digest
  and (state = 'waiting' and due_at <= $3 or state = 'failed' and due_at = $3)
"""
# Committed before the server is spoken to: an attempt that is cut off leaves its doubt behind.
_BEGIN = """
update notification_delivery d set in_doubt = true from notification_delivery before
where d.tenant_id = $1 and d.id = any($2::uuid[]) and before.tenant_id = $1 and before.id = d.id
returning d.id, before.in_doubt
"""
_TRIED = """
update notification_delivery set attempts = attempts + 1, reason = $3, in_doubt = $7 or id = any($8::uuid[]),
    state = case when $4 or attempts + 1 >= $5 then 'failed' else state end,
    done_at = case when $4 or attempts + 1 >= $5 then $6 else done_at end
where tenant_id = $1 and id = any($2::uuid[])
"""


async def send_notification(payload: dict[str, Any]) -> None:
    """Send the letter of the delivery ``payload["delivery_id"]``, unless nobody is to be told any more."""
    delivery_id = uuid.UUID(payload["delivery_id"])
    async with tenant_tx(write=True) as unit:
        user_id = await unit.connection.fetchval(_UNSENT, unit.tenant_id, delivery_id)
        if user_id is None:
            return
        still = await still_to_tell(user_id, [delivery_id])
        await _skip(still)
    await _send(user_id, still, is_digest=False)


async def send_digest(payload: dict[str, Any]) -> None:
    """Send a person what waits for the digest of ``payload["slot"]`` or one before; no letter where nothing is left."""
    user_id, slot = uuid.UUID(payload["user_id"]), datetime.fromisoformat(payload["slot"])
    async with tenant_tx(write=True) as unit:
        ids = [row["id"] for row in await unit.connection.fetch(_DIGEST, unit.tenant_id, user_id, slot)]
        if not ids:
            return
        still = await still_to_tell(user_id, ids)
        await _skip(still)
    await _send(user_id, still, is_digest=True)


async def _send(user_id: uuid.UUID, still: Still, *, is_digest: bool) -> None:
    if not still.items:
        return
    config = load()
    require(config, "smtp_url")
    place = await place_of_city(config)
    message_id = f"<{effect_key()}@{place.host}>"
    envelope = Envelope(user_id=user_id, address=still.address, locale=still.locale, place=place, message_id=message_id)
    mail = digest(envelope, still.items, config) if is_digest else letter(envelope, still.items[0], config)
    doubtful = await _begin(still.items)
    try:
        await hand_in(mail, config.smtp_url)
    except MailFailed as error:
        await _failed(still.items, error, doubtful)
        if error.is_final:
            return
        raise
    # The server has it. An attempt before this one may have given it the same letter.
    ids = {item.delivery_id for item in still.items}
    await _done(ids - doubtful, codes.SENT, "")
    await _done(doubtful, codes.UNCERTAIN, codes.CUT_OFF)


async def _begin(items: Sequence[Item]) -> set[uuid.UUID]:
    """Note that a letter is about to be handed in, and return of which deliveries an earlier attempt is in doubt."""
    async with tenant_tx(write=True) as unit:
        rows = await unit.connection.fetch(_BEGIN, unit.tenant_id, [item.delivery_id for item in items])
    return {row["id"] for row in rows if row["in_doubt"]}


async def _skip(still: Still) -> None:
    for reason in sorted({*still.reasons.values()}):
        await _done([id_ for id_, why in still.reasons.items() if why == reason], codes.SKIPPED, reason)


async def _done(ids: Collection[uuid.UUID], state: str, reason: str) -> None:
    row = NotificationDelivery
    done = {row.state: state, row.reason: reason, row.done_at: now(), row.in_doubt: False}
    if ids:
        async with tenant_tx(write=True):
            await row.update(done).where(row.id.is_in([*ids]))


async def _failed(items: Sequence[Item], error: MailFailed, doubtful: set[uuid.UUID]) -> None:
    ids = [item.delivery_id for item in items]
    reason = codes.NO_ANSWER if error.code is None else f"{codes.SMTP}{error.code}"
    fate = (reason, error.is_final, ATTEMPTS, now(), error.in_doubt, [*doubtful])
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_TRIED, unit.tenant_id, ids, *fate)
