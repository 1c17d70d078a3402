"""A person's own list: what they may see of it now, read and unread."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from leancity.core.cases.reach import REACHED, READ, limits
from leancity.core.cases.registry import open_kinds
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.notifications.defaults import FOLLOWER
from leancity.core.notifications.notify import TOPIC
from leancity.core.notifications.rules import open_defaults
from leancity.core.notifications.subjects import readable
from leancity.core.notifications.words import Happening
from leancity.core.processes.running.fitting import WORK

MOST_IDS = 500
NOWHERE: tuple[Any, ...] = (False, None, [], [], [], [], [], None, [], [], [], [])
"""$2 to $13 of ``REACHED`` for who may see no case of the staff's."""

# Whether a notification was told to who follows the case; $16 the keys of the defaults that do, of which the city may
# have decided otherwise, as of rules of its own.
_FOLLOWED = """coalesce((select r.audience from notification_rule r where r.tenant_id = $1 and r.key = n.key),
    case when n.key = any($16::text[]) then 'follower' end) is not distinct from 'follower'"""
# A task is told of to who has it, who may take it, and who stands in, or to who had it when it went to another unit;
# $17 whether the person may do tasks at all.
_TASKED = """$17 and (n.event = 'task_passed_on' and exists (
    select from case_event t
    where t.tenant_id = $1 and t.id = n.event_id and t.data->>'user_id' = n.user_id::text)
  or n.event = any('{task_ready,task_due_soon,task_overdue}'::text[]) and exists (
    select from case_event t
    join work_item w on w.tenant_id = t.tenant_id and w.id = (t.data->>'item_id')::uuid
    where t.tenant_id = $1 and t.id = n.event_id and n.user_id <> all(w.barred)
      and (w.assignee_id = n.user_id or w.assignee_id is null or exists (select from absence a
        where a.tenant_id = $1 and a.user_id = w.assignee_id and a.substitute_id = n.user_id
          and a.from_at <= now() and a.until_at > now()))))"""
# $14 the person, $15 the kinds of case that exist here. What was told to who filed a case is shown while it is theirs,
# to who follows one while they do. $18 the kinds of what is no case that they may read.
_MINE = (
    """
from notification n left join case_record on case_record.tenant_id = n.tenant_id and case_record.id = n.case_id
where n.tenant_id = $1 and n.user_id = $14 and (n.subject = any($18::text[])
  or case_record.tenant_id = $1 and case_record.kind = any($15::text[])
  and (n.is_own and case_record.author_id = n.user_id or not n.is_own and ({reached}
    or {followed} and exists (select from case_follower f
      where f.tenant_id = $1 and f.case_id = n.case_id and f.user_id = n.user_id)
    or {tasked})))
""".replace("{reached}", REACHED)
    .replace("{followed}", _FOLLOWED)
    .replace("{tasked}", _TASKED)
)
_PAGE = (
    "select n.id, n.case_id, n.subject, n.subject_id, n.event, n.key, n.is_own, n.at, n.read_at,"
    " coalesce(case_record.number, '') as number, coalesce(case_record.title, '') as title,"
    " coalesce(case_record.kind, '') as case_kind, e.status, coalesce(e.data, '{}') as data, not n.is_own and "
    + _FOLLOWED
    + " as is_followed"
    + _MINE.replace(
        "where n.tenant_id",
        "left join case_event e on e.tenant_id = n.tenant_id and e.id = n.event_id\nwhere n.tenant_id",
        1,
    )
    + """ and (not $19 or n.read_at is null) and ($20::timestamptz is null or (n.at, n.id) < ($20, $21::uuid))
    and ($22::uuid[] is null or n.id = any($22)) order by n.at desc, n.id desc limit $23"""
)
_COUNT = "select count(*)" + _MINE + " and (not $19 or n.read_at is null)"
_READ = """
update notification set read_at = $3 where tenant_id = $1 and user_id = $2 and read_at is null
  and (id = any($4::uuid[]) or (at, id) <= ($5::timestamptz, $6::uuid)) returning id
"""


class Place(NamedTuple):
    """The place of a notification in its owner's list; a page begins behind it."""

    at: datetime
    id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class OwnNotification:
    """A line of one's own list. ``title`` is the case's, "" of what is none; ``what`` is what there is to tell."""

    id: uuid.UUID
    case_id: uuid.UUID | None
    at: datetime
    read_at: datetime | None
    title: str
    what: Happening


async def own_notifications(
    *, limit: int, after: Place | None = None, unread_only: bool = False, ids: Collection[uuid.UUID] | None = None
) -> list[OwnNotification]:
    """Return one's own notifications, newest first, behind ``after``, as far as one may see now what they tell of.

    ``ids``: only those among them.
    """
    place, among = after or (None, None), None if ids is None else [*ids]
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_PAGE, unit.tenant_id, *_whose(), unread_only, *place, among, limit)
    return [
        OwnNotification(
            id=row["id"],
            case_id=row["case_id"],
            at=row["at"],
            read_at=row["read_at"],
            title=row["title"],
            what=Happening.of(row, json.loads(row["data"]), is_followed=row["is_followed"]),
        )
        for row in rows
    ]


async def count_notifications(*, unread_only: bool = False) -> int:
    """Return how many notifications ``own_notifications`` would page through."""
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, *_whose(), unread_only))


async def mark_read(*, ids: Collection[uuid.UUID] = (), until: Place | None = None) -> int:
    """Mark those of one's own notifications as read, or all up to one, and return how many that were."""
    user_id = current_principal().account()
    if len(ids) > MOST_IDS:
        raise refuse("case_bulk_too_many", "ids", limit=MOST_IDS)
    async with tenant_tx(write=True) as unit:
        place = until or (None, None)
        rows = await unit.connection.fetch(_READ, unit.tenant_id, user_id, now(), [*ids], *place)
        if rows:
            await announce(TOPIC, user_id)  # the person's other screens count anew
    return len(rows)


def _whose() -> tuple[Any, ...]:
    """Return $2 to $18: how far whoever asks may see cases, who that is, what exists here, what followers are told,
    whether they do tasks, and what else they may read."""
    who = current_principal()
    user_id = who.account()
    followers = [each.key for each in open_defaults().values() if each.audience == FOLLOWER]
    reach = limits(READ) if who.can(READ) else NOWHERE
    return (*reach, user_id, [*open_kinds()], followers, who.can(WORK), readable())
