"""What a person was told of: their own list, read and unread."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

import strawberry

from leancity.core.identity.principal import current_principal
from leancity.core.notifications import reading, subjects
from leancity.core.notifications.words import Happening, kind_of, sentence, status_of
from leancity.graphql.api import Connection, Keyset, Payload, connection, field, mutation
from leancity.graphql.api.cursor import decode_cursor, encode_cursor

LIST = "core.notifications"
KEYSET = (datetime, uuid.UUID)
OWN = "it is the viewer's own: the service looks for nothing else"


@strawberry.enum(name="NotificationSubjectKind", description="Each is asked for by the query of its name.")
class SubjectKind(StrEnum):
    OWNER_REPORT = subjects.OWNER_REPORT
    OWNER_REPORT_RUN = subjects.REPORT_RUN
    REGISTRY_IMPORT_RUN = subjects.REGISTRY_IMPORT
    PROCESS_ADOPTION = subjects.ADOPTION


@strawberry.type(description="What a notification is about where it is no case.")
class NotificationSubject:
    kind: SubjectKind
    id: uuid.UUID
    title: str = strawberry.field(description="What it is, in the viewer's language.")

    @classmethod
    def of(cls, what: Happening) -> Self | None:
        if what.subject_id is None:
            return None
        title = subjects.title_of(what.subject, current_principal().locale)
        return cls(kind=SubjectKind(what.subject), id=what.subject_id, title=title)


@strawberry.type(description="Something that happened to a case, or is ready, told to the viewer.")
class Notification:
    id: uuid.UUID
    at: datetime
    read_at: datetime | None
    cursor: str = strawberry.field(description="Its place in notifications; to take up from after a broken connection.")
    text: str = strawberry.field(description="What happened, in the viewer's language.")
    event: str = strawberry.field(description="For programs: filed, moved, closed, assigned, commented, report_ready …")
    key: str = strawberry.field(description="Of what it is, as in notificationPreferences.")
    is_own: bool = strawberry.field(description="Told because the viewer filed the case: look for it among myCases.")
    is_followed: bool = strawberry.field(description="Told because the viewer follows the case.")
    work_item_id: uuid.UUID | None = strawberry.field(description="Of events of tasks: see workItem.")
    case_id: uuid.UUID | None = strawberry.field(description="Null where it is about no case: see subject.")
    case_number: str = strawberry.field(description="Of no case empty, as what follows.")
    case_title: str
    case_kind_title: str
    status_title: str = strawberry.field(description="The state that the case was in then, and how it ended.")
    subject: NotificationSubject | None = strawberry.field(description="Null where it is about a case.")

    @classmethod
    def of(cls, row: reading.OwnNotification) -> Self:
        locale = current_principal().locale
        return cls(
            id=row.id,
            at=row.at,
            read_at=row.read_at,
            cursor=encode_cursor(LIST, (row.at, row.id)),
            text=sentence(row.what, locale),
            event=row.what.event,
            key=row.what.key,
            is_own=row.what.is_own,
            is_followed=row.what.is_followed,
            work_item_id=uuid.UUID(row.what.item_id) if row.what.item_id else None,
            case_id=row.case_id,
            case_number=row.what.number,
            case_title=row.title,
            case_kind_title="" if row.what.subject else kind_of(row.what, locale),
            status_title=status_of(row.what, locale),
            subject=NotificationSubject.of(row.what),
        )


@strawberry.type
class NotificationQuery:
    @field(public=OWN, description="What the viewer was told of, newest first, as far as they may see it now.")
    async def notifications(
        self, first: int | None = None, after: str | None = None, unread_only: bool = False
    ) -> Connection[Notification] | None:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[reading.OwnNotification]:
            place = None if keyset is None else reading.Place(*keyset)
            return await reading.own_notifications(limit=limit, after=place, unread_only=unread_only)

        async def count() -> int:
            return await reading.count_notifications(unread_only=unread_only)

        return await connection(
            LIST,
            keyset=KEYSET,
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.at, row.id),
            node=Notification.of,
        )

    @field(public=OWN, description="How many of the viewer's notifications are not read.")
    async def unread_notifications(self) -> int | None:
        return await reading.count_notifications(unread_only=True)


@strawberry.type
class NotificationsReadPayload(Payload):
    read: int | None = strawberry.field(default=None, description="How many were unread before.")

    @field(public=OWN)
    async def unread_notifications(self) -> int | None:
        return await reading.count_notifications(unread_only=True)


@strawberry.type
class NotificationMutation:
    @mutation(public=OWN, description="Mark some as read, or all up to the one with a cursor, it included.")
    async def notifications_read(
        self, ids: list[uuid.UUID] | None = None, until: str | None = None
    ) -> NotificationsReadPayload:
        place = None if until is None else reading.Place(*decode_cursor(until, LIST, KEYSET))
        return NotificationsReadPayload(read=await reading.mark_read(ids=ids or (), until=place))
