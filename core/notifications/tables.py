"""Who is told of what, what they were told, and what became of each attempt. References only: no names, no texts."""

from __future__ import annotations

from piccolo.columns import UUID, Array, Boolean, Integer, Text, Timestamptz

from leancity.core.cases.tables import CaseRecord
from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.identity.tables import UserAccount


class NotificationRule(TenantTable):
    """What the city has decided over a default of the same ``key``, or a rule of its own, ``city.<name>``.

    Over a default ``audience`` and ``channels`` are null where it stays as the default has it; what a rule of its own
    needs beside stands in the other columns.
    """

    key = Text()
    is_on = Boolean(default=True)
    audience = Text(null=True, default=None)
    channels = Array(base_column=Text(), null=True, default=None)
    title = Text(default="")
    event = Text(default="")
    case_kind = Text(default="")
    status = Text(default="")
    visibility = Text(default="")

    unique_keys = (("key",),)


class Notification(TenantTable):
    """A line of a person's list: an event of a case, or of something else, told by the rule ``key``.

    ``event`` is its name (``core.notifications.events``), ``event_id`` its line of the timeline. ``is_own``: told to
    who filed the case, who sees of it what they see of their own cases. Of what is no case, ``subject`` is the kind
    (``core.notifications.subjects``), ``subject_id`` which one, and ``event_id`` stands nowhere else.
    """

    user_id = TenantRef(UserAccount, on_delete="cascade")
    case_id = TenantRef(CaseRecord, null=True, on_delete="cascade")
    subject = Text(default="")
    subject_id = UUID(null=True, default=None)
    event_id = UUID(default=None)
    event = Text()
    key = Text()
    is_own = Boolean(default=False)
    at = Timestamptz()
    read_at = Timestamptz(null=True, default=None)

    unique_keys = (("user_id", "event_id"),)
    index_keys = (("user_id", "at", "id"), ("at",))


class NotificationDelivery(TenantTable):
    """What became of telling a person of an event by one channel; ``subject`` as in ``Notification``.

    ``state`` and ``reason``: ``core.notifications.codes``. ``due_at`` is the end of the quiet hours it waits for, or,
    where it goes ``in_digest``, of that. ``in_doubt``: an attempt was begun of which nobody knows how it ended.
    """

    user_id = TenantRef(UserAccount, on_delete="cascade")
    case_id = TenantRef(CaseRecord, null=True, on_delete="cascade")
    subject = Text(default="")
    subject_id = UUID(null=True, default=None)
    event_id = UUID(default=None)
    event = Text()
    key = Text()
    is_own = Boolean(default=False)
    channel = Text()
    state = Text()
    reason = Text(default="")
    at = Timestamptz()
    in_digest = Boolean(default=False)
    due_at = Timestamptz(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)
    attempts = Integer(default=0)
    in_doubt = Boolean(default=False)

    unique_keys = (("user_id", "event_id", "channel"),)
    index_keys = (("at", "id"), ("case_id", "at", "id"), ("user_id", "state", "due_at"))


class NotificationPreference(TenantTable):
    """How a person wants to be told of ``key`` by a channel: ``mode`` is off, at_once or digest."""

    user_id = TenantRef(UserAccount, on_delete="cascade")
    key = Text()
    channel = Text()
    mode = Text()

    unique_keys = (("user_id", "key", "channel"),)


class NotificationSchedule(TenantTable):
    """When a person may be written to, in ``zone`` ("": the city's).

    From ``quiet_from`` to ``quiet_to`` (minutes of the day, both null for never) mail waits. ``digest_hour``: the hour
    of the digest, every day, or on ``digest_weekday`` (Monday is 0).
    """

    user_id = TenantRef(UserAccount, on_delete="cascade")
    zone = Text(default="")
    quiet_from = Integer(null=True, default=None)
    quiet_to = Integer(null=True, default=None)
    digest_hour = Integer(default=9)
    digest_weekday = Integer(null=True, default=None)

    unique_keys = (("user_id",),)
