"""How and when the viewer wants to be told."""

from __future__ import annotations

import uuid
from datetime import time
from enum import StrEnum
from typing import Self

import strawberry

from leancity.core.identity.principal import current_principal
from leancity.core.notifications import preferences
from leancity.core.notifications.rules import Rule
from leancity.graphql.api import Payload, field, mutation
from leancity.graphql.kernel.case_kinds import in_words
from leancity.graphql.kernel.notifications import OWN


@strawberry.enum(description="In the list on the site, or by mail.")
class NotificationChannel(StrEnum):
    INAPP = "inapp"
    EMAIL = "email"


@strawberry.enum(description="Only mail can wait for a digest.")
class NotificationMode(StrEnum):
    OFF = "off"
    AT_ONCE = "at_once"
    DIGEST = "digest"


@strawberry.type(description="How one is told by a channel.")
class NotificationChannelPreference:
    channel: NotificationChannel
    mode: NotificationMode


@strawberry.type(description="Something that the viewer could be told of.")
class NotificationPreference:
    key: str
    title: str
    is_mandatory: bool = strawberry.field(description="It can't be switched off, nor put off.")
    channels: list[NotificationChannelPreference]

    @classmethod
    def of(cls, rule: Rule, wishes: preferences.Wishes, user_id: uuid.UUID) -> Self:
        channels = [
            NotificationChannelPreference(
                channel=NotificationChannel(channel), mode=NotificationMode(wishes.mode(user_id, rule, channel))
            )
            for channel in rule.channels
        ]
        return cls(key=rule.key, title=in_words(rule.title), is_mandatory=rule.is_mandatory, channels=channels)


@strawberry.type(description="When one may be written to.")
class NotificationSchedule:
    zone: str | None = strawberry.field(description="Null: the city's.")
    quiet_from: time | None = strawberry.field(description="Mail waits from here …")
    quiet_to: time | None = strawberry.field(description="… to here, perhaps over midnight.")
    digest_hour: int = strawberry.field(description="0 to 23.")
    digest_weekday: int | None = strawberry.field(description="Monday is 0; null: every day.")

    @classmethod
    def of(cls, row: preferences.Schedule) -> Self:
        return cls(
            zone=row.zone or None,
            quiet_from=_time(row.quiet_from),
            quiet_to=_time(row.quiet_to),
            digest_hour=row.digest_hour,
            digest_weekday=row.digest_weekday,
        )


@strawberry.type(description="How and when the viewer is told.")
class NotificationPreferences:
    keys: list[NotificationPreference]
    schedule: NotificationSchedule

    @classmethod
    async def read(cls) -> Self:
        """Read the viewer's."""
        rules, wishes = await preferences.my_rules(), await preferences.my_wishes()
        user_id = current_principal().account()
        return cls(
            keys=[NotificationPreference.of(rule, wishes, user_id) for rule in rules],
            schedule=NotificationSchedule.of(wishes.schedule(user_id)),
        )


@strawberry.input(description="How to be told of a key by a channel.")
class NotificationModeInput:
    key: str
    channel: NotificationChannel
    mode: NotificationMode

    def wish(self) -> preferences.Wish:
        """Return what the service is asked."""
        return preferences.Wish(key=self.key, channel=self.channel.value, mode=self.mode.value)


@strawberry.input(description="When one may be written to: the whole of it, what is left out goes.")
class NotificationScheduleInput:
    zone: str | None = strawberry.field(default=None, description="Europe/Moscow; null: the city's.")
    quiet_from: time | None = None
    quiet_to: time | None = None
    digest_hour: int = 9
    digest_weekday: int | None = strawberry.field(default=None, description="Monday is 0; null: every day.")

    def schedule(self) -> preferences.Schedule:
        """Return what the service is asked."""
        return preferences.Schedule(
            zone=self.zone or "",
            quiet_from=_minute(self.quiet_from),
            quiet_to=_minute(self.quiet_to),
            digest_hour=self.digest_hour,
            digest_weekday=self.digest_weekday,
        )


@strawberry.type
class NotificationPreferencesPayload(Payload):
    preferences: NotificationPreferences | None = None


@strawberry.type
class NotificationPreferenceQuery:
    @field(public=OWN, description="Every key by which the viewer could be told of something.")
    async def notification_preferences(self) -> NotificationPreferences | None:
        return await NotificationPreferences.read()


@strawberry.type
class NotificationPreferenceMutation:
    @mutation(public=OWN, description="What is left out stays. Asks for a session, as all of one's own account does.")
    async def notification_preferences_change(
        self, modes: list[NotificationModeInput] | None = None, schedule: NotificationScheduleInput | None = None
    ) -> NotificationPreferencesPayload:
        wishes = [each.wish() for each in modes or ()]
        await preferences.change_wishes(wishes, None if schedule is None else schedule.schedule())
        return NotificationPreferencesPayload(preferences=await NotificationPreferences.read())


def _time(minute: int | None) -> time | None:
    return None if minute is None else time(minute // 60, minute % 60)


def _minute(moment: time | None) -> int | None:
    return None if moment is None else moment.hour * 60 + moment.minute
