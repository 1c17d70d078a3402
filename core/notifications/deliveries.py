"""The log of deliveries: who was told by which channel, who was not, and why."""

from __future__ import annotations

import uuid

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.notifications.managing import MANAGE
from leancity.core.notifications.reading import Place
from leancity.core.notifications.tables import NotificationDelivery

_FROM = """
from notification_delivery where tenant_id = $1 and ($2::uuid is null or case_id = $2)
  and ($3::text is null or state = $3)
"""
_PAGE = (
    "select id"
    + _FROM
    + "and ($4::timestamptz is null or (at, id) < ($4, $5::uuid)) order by at desc, id desc limit $6"
)
_COUNT = "select count(*)" + _FROM


async def list_deliveries(
    *, case_id: uuid.UUID | None, state: str | None, limit: int, after: Place | None = None
) -> list[NotificationDelivery]:
    """Return deliveries, newest first, behind ``after``: of a case, in a state (None: of all)."""
    current_principal().require(MANAGE)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_PAGE, unit.tenant_id, case_id, state, *(after or (None, None)), limit)
        ids = [row["id"] for row in rows]
        found = await NotificationDelivery.objects().where(NotificationDelivery.id.is_in(ids)) if ids else []
    return sorted(found, key=lambda row: (row.at, row.id), reverse=True)


async def count_deliveries(*, case_id: uuid.UUID | None, state: str | None) -> int:
    """Return how many deliveries ``list_deliveries`` would page through."""
    current_principal().require(MANAGE)
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, case_id, state))
