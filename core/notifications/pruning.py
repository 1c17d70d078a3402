"""What was told long ago goes: lines that were read after half a year, everything else after a year."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now
from leancity.core.notifications.tables import Notification, NotificationDelivery

PRUNE = "core.prune_notifications"
READ_STAYS = timedelta(days=180)
STAYS = timedelta(days=365)


async def prune_notifications(_: dict[str, Any]) -> None:
    """Remove what is older than it is kept, in the city being served."""
    moment = now()
    async with tenant_tx(write=True):
        old = (Notification.at < moment - STAYS) | (Notification.read_at < moment - READ_STAYS)
        await Notification.delete().where(old)
        await NotificationDelivery.delete().where(NotificationDelivery.at < moment - STAYS)
