"""The work list: what a person may do, and what lies with the units of who assigns. Filtered, paged, counted."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, NamedTuple

import asyncpg

from leancity.core.cases.apart import APART, COMMON, apart
from leancity.core.cases.checks import SHORT, keepable, one_text
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.processes.running.fitting import ASSIGNED, PLACE, SEEN, Hats, assigning, closed_modules, my_hats
from leancity.core.processes.running.tables import WorkItem

TOPIC = "core.work_item"
"""Under which who watches a work list is told that an item is there, or has changed."""
STATES = ("open", "claimed", "started", "suspended", "done", "withdrawn")
ACTIVE = STATES[:4]
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Where what has no due date stands in the order."""

_FROM = """
from work_item w
join process_instance i on i.tenant_id = w.tenant_id and i.id = w.instance_id
join process p on p.tenant_id = i.tenant_id and p.id = i.process_id
left join case_record c on c.tenant_id = i.tenant_id and c.id = i.case_id
"""
_COLUMNS = """
select w.id, w.instance_id, w.node_id, w.title, w.lane, w.role_key, {PLACE} as unit_id, w.position_id, w.assignee_id,
    w.form_key, w.state, w.attempt, w.available_at, w.claimed_at, w.started_at, w.resumed_at, w.done_at, w.due_at,
    w.worked_s, w.estimate_s, w.mark, w.version, w.draft, i.version_id, i.case_id, i.author_id,
    p.id as process_id, p.key as process_key, p.title as process_title,
    coalesce(c.number, '') as case_number, coalesce(c.title, '') as case_title
""".replace("{PLACE}", PLACE)
_FILTER = """
w.tenant_id = $1 and split_part(p.key, '.', 1) <> all($11::text[])
and w.state = any($12::text[]) and (w.mark = 'test') = $13
and ($14::text is null or p.key = $14) and ($15::text is null or w.lane = $15)
and ($16::timestamptz is null or w.due_at < $16) and ($17::uuid is null or {PLACE} = $17)
and ($18::uuid is null or w.assignee_id = $18) and (not $19 or w.assignee_id = any($20::uuid[]))
and ($21 = '' or position(lower($21) in lower(w.title)) > 0 or position(lower($21) in lower(c.title)) > 0
    or c.number = upper($21))
""".replace("{PLACE}", PLACE)
_DUE = "coalesce(w.due_at, '9999-12-31 00:00+00'::timestamptz)"
# Whoever assigns sees of cases of a kind apart what they may read; $4 is who that is, $5 to $9 what ``apart`` gives.
_OPEN = """ and ($5::text[] is null or c.kind is null or c.kind <> all($5::text[]) or {APART})
    and $10::text is null""".replace(
    "{APART}",
    APART.replace("case_record.", "c.")
    .replace("{who}", "$4")
    .replace("{kinds}", "$6")
    .replace("{units}", "$7")
    .replace("{territories}", "$8")
    .replace("{receivers}", "$9"),
)
_MINE = _FROM + " where " + _FILTER + " and " + SEEN
_LED = _FROM + " where " + _FILTER + " and " + ASSIGNED + _OPEN
_BY_DUE = " and ($22::timestamptz is null or ({DUE}, w.id) > ($22, $23::uuid)) order by {DUE}, w.id limit $24".replace(
    "{DUE}", _DUE
)
_BY_AGE = (
    " and ($22::timestamptz is null or (w.available_at, w.id) > ($22, $23::uuid))"
    " order by w.available_at, w.id limit $24"
)
_MINE_BY_DUE = _COLUMNS + _MINE + _BY_DUE
_MINE_BY_AGE = _COLUMNS + _MINE + _BY_AGE
_LED_BY_DUE = _COLUMNS + _LED + _BY_DUE
_LED_BY_AGE = _COLUMNS + _LED + _BY_AGE
_COUNT_MINE = "select count(*)" + _MINE
_COUNT_LED = "select count(*)" + _LED
_COUNTS = """
select count(*) filter (where w.assignee_id is null) as waiting,
    count(*) filter (where w.assignee_id is not null) as mine,
    count(*) filter (where w.due_at < $12) as overdue,
    count(*) filter (where w.state = 'suspended') as suspended
{FROM} where w.tenant_id = $1 and split_part(p.key, '.', 1) <> all($11::text[]) and w.mark <> 'test'
and w.state in ('open', 'claimed', 'started', 'suspended') and {SEEN}
""".replace("{FROM}", _FROM).replace("{SEEN}", SEEN)
_SOME = " where w.tenant_id = $1 and split_part(p.key, '.', 1) <> all($11::text[]) and w.id = any($12::uuid[]) and "
_READ_MINE = _COLUMNS + _FROM + _SOME + SEEN
_READ_LED = _COLUMNS + _FROM + _SOME + ASSIGNED + _OPEN


@dataclass(frozen=True, kw_only=True)
class Work:
    """A work item as it is listed. Times in UTC, seconds of working time; ``unit_id``: its own or its process's."""

    id: uuid.UUID
    instance_id: uuid.UUID
    node_id: str
    title: str
    lane: str
    role_key: str
    unit_id: uuid.UUID | None
    position_id: uuid.UUID | None
    assignee_id: uuid.UUID | None
    form_key: str
    state: str
    attempt: int
    available_at: datetime
    claimed_at: datetime | None
    started_at: datetime | None
    resumed_at: datetime | None
    done_at: datetime | None
    due_at: datetime | None
    worked_s: float
    estimate_s: float | None
    mark: str
    version: int
    draft: dict[str, Any]
    version_id: uuid.UUID
    case_id: uuid.UUID | None
    author_id: uuid.UUID | None
    process_id: uuid.UUID
    process_key: str
    process_title: str
    case_number: str
    case_title: str


_NAMES = tuple(field.name for field in fields(Work) if field.name != "draft")


@dataclass(frozen=True, kw_only=True)
class WorkFilter:
    """Which items; a field left out asks for nothing.

    ``states``: those still to be done when empty; ``due_before`` exclusive, ``overdue_at`` the same of what is late at
    that moment; ``taken``: assigned to whoever asks, or to whom they stand in for; ``is_test``: of the test stand
    instead; ``text``: in the title of the item or of its case, or the case's number.
    """

    states: tuple[str, ...] = ()
    process: str | None = None
    lane: str | None = None
    due_before: datetime | None = None
    overdue_at: datetime | None = None
    unit_id: uuid.UUID | None = None
    assignee_id: uuid.UUID | None = None
    taken: bool = False
    is_test: bool = False
    text: str = ""
    by_due: bool = False


class Place(NamedTuple):
    """The place of an item in a list: when it became available, or falls due."""

    at: datetime
    id: uuid.UUID


@dataclass(frozen=True, kw_only=True)
class WorkCounts:
    """How much there is to do: ``waiting`` for somebody to take it, ``taken``, and of both late and suspended."""

    waiting: int
    taken: int
    overdue: int
    suspended: int


def place_of(work: Work, *, by_due: bool) -> Place:
    """Return where an item stands in its list."""
    return Place((work.due_at or NEVER) if by_due else work.available_at, work.id)


async def list_work(wanted: WorkFilter, *, limit: int, after: Place | None = None) -> list[Work]:
    """Return what whoever asks may do or has done, the longest waiting first, or what is due first."""
    hats = await my_hats()
    chosen = _values(wanted, hats.values[0])
    async with tenant_tx() as unit:
        values = (unit.tenant_id, *hats.values, *chosen, *(after or (None, None)), limit)
        if wanted.by_due:
            rows = await unit.connection.fetch(_MINE_BY_DUE, *values)
        else:
            rows = await unit.connection.fetch(_MINE_BY_AGE, *values)
    return [_work(row) for row in rows]


async def count_work(wanted: WorkFilter) -> int:
    """Return how many items ``list_work`` would page through."""
    hats = await my_hats()
    chosen = _values(wanted, hats.values[0])
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT_MINE, unit.tenant_id, *hats.values, *chosen))


async def list_unit_work(wanted: WorkFilter, *, limit: int, after: Place | None = None) -> list[Work]:
    """Return what lies within the reach of who assigns."""
    chosen = _values(wanted, [])
    async with tenant_tx() as unit:
        values = (unit.tenant_id, *_led(), *chosen, *(after or (None, None)), limit)
        if wanted.by_due:
            rows = await unit.connection.fetch(_LED_BY_DUE, *values)
        else:
            rows = await unit.connection.fetch(_LED_BY_AGE, *values)
    return [_work(row) for row in rows]


async def count_unit_work(wanted: WorkFilter) -> int:
    """Return how many items ``list_unit_work`` would page through."""
    chosen = _values(wanted, [])
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT_LED, unit.tenant_id, *_led(), *chosen))


async def count_folders(at: datetime) -> WorkCounts:
    """Return how much there is to do for whoever asks; ``at``: the moment to which «overdue» refers."""
    hats = await my_hats()
    async with tenant_tx() as unit:
        (row,) = await unit.connection.fetch(_COUNTS, unit.tenant_id, *hats.values, closed_modules(), at)
    return WorkCounts(waiting=row["waiting"], taken=row["mine"], overdue=row["overdue"], suspended=row["suspended"])


async def read_work(ids: Collection[uuid.UUID], hats: Hats | None = None) -> dict[uuid.UUID, Work]:
    """Return those of the items that whoever asks may do or has done, by id; ``hats``: theirs, if they are known."""
    hats = hats or await my_hats()
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_READ_MINE, unit.tenant_id, *hats.values, closed_modules(), [*ids])
    return {row["id"]: _work(row) for row in rows}


async def read_unit_work(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Work]:
    """Return those of the items that lie within the reach of who assigns, by id."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_READ_LED, unit.tenant_id, *_led(), closed_modules(), [*ids])
    return {row["id"]: _work(row) for row in rows}


async def open_work_of(instance_id: uuid.UUID) -> list[Work]:
    """Return what whoever asks may do next of an instance, the longest waiting first."""
    query = WorkItem.select(WorkItem.id).where(WorkItem.instance_id == instance_id)
    async with tenant_tx():
        rows = await query.where(WorkItem.state.is_in([*ACTIVE]))
        found = await read_work([row["id"] for row in rows])
    return sorted(found.values(), key=lambda work: (work.available_at, work.id))


def _led() -> tuple[Any, ...]:
    return (*assigning(), current_principal().user_id, *apart(COMMON, offered=True), None)


def _values(wanted: WorkFilter, taken_by: list[uuid.UUID]) -> tuple[Any, ...]:
    """Return $11 to $21."""
    if {*wanted.states} - {*STATES}:
        raise refuse("case_choice_unknown", "states", choices=", ".join(STATES))
    limits = [each for each in (wanted.due_before, wanted.overdue_at) if each is not None]
    return (
        closed_modules(),
        [*(wanted.states or ACTIVE)],
        wanted.is_test,
        None if wanted.process is None else keepable(wanted.process),
        None if wanted.lane is None else keepable(wanted.lane),
        min(limits) if limits else None,
        wanted.unit_id,
        wanted.assignee_id,
        wanted.taken,
        taken_by,
        one_text("text", wanted.text, limit=SHORT),
    )


def _work(row: asyncpg.Record) -> Work:
    return Work(**{name: row[name] for name in _NAMES}, draft=json.loads(row["draft"]))
