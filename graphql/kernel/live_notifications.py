"""A person's notifications, as they come."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from dataclasses import field as data_field
from datetime import datetime, timedelta

import strawberry

from leancity.core.identity.principal import current_principal
from leancity.core.live.hub import listening
from leancity.core.moment import now
from leancity.core.notifications.notify import TOPIC
from leancity.core.notifications.reading import OwnNotification, count_notifications, own_notifications
from leancity.graphql.api import Reread, field, subscription
from leancity.graphql.kernel.notifications import OWN, Notification

NEWEST = 100
SETTLING = timedelta(minutes=1)
"""Of two notifications the one that was made first may be committed last; none by more than this."""


@dataclass(kw_only=True)
class _Told:
    """What one subscription has told of; only what is newer than ``since`` is news."""

    since: datetime
    ids: set[uuid.UUID] = data_field(default_factory=set)

    def note(self, rows: list[OwnNotification]) -> list[OwnNotification]:
        """Return those of the newest rows that are news, oldest first."""
        news = [row for row in reversed(rows) if row.at > self.since and row.id not in self.ids]
        self.since = max([self.since, *(row.at - SETTLING for row in rows)])
        self.ids = {row.id for row in rows if row.at > self.since}
        return news


@strawberry.type(description="What the viewer has been told of since the last of these.")
class NotificationChange(Reread):
    is_resync: bool = strawberry.field(
        description="What has happened until now may not have been told: ask for the list. The first is one."
    )
    told: strawberry.Private[_Told]
    rows: strawberry.Private[tuple[OwnNotification, ...]] = ()

    async def reread(self) -> bool:
        news = self.told.note(await own_notifications(limit=NEWEST))
        if len(news) == NEWEST:
            self.is_resync = True
        self.rows = () if self.is_resync else tuple(news)
        return True

    @field(public=OWN, description="New ones, oldest first; none where only some were read, on another screen.")
    def notifications(self) -> list[Notification]:
        return [Notification.of(row) for row in self.rows]

    @field(public=OWN, description="How many of the viewer's notifications are not read.")
    async def unread_notifications(self) -> int | None:
        return await count_notifications(unread_only=True)


@strawberry.type
class NotificationSubscription:
    @subscription(public=OWN, description="The viewer's notifications: when there are new ones, or some were read.")
    async def notification_added(self) -> AsyncGenerator[NotificationChange, None]:
        async with listening(TOPIC, current_principal().account()) as listener:
            told = _Told(since=now() - SETTLING)
            yield NotificationChange(is_resync=True, told=told)
            while True:
                heard = await listener.heard(most=1)
                yield NotificationChange(is_resync=heard.is_resync, told=told)
