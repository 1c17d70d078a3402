"""The cases of an export, page by page: closed and open ones, with their steps or their events."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.cut import DURING, Asked

PAGE = 200

_CASES = DURING + """
select id, version_id, log_id, external_id, mark, unit_id, channel, opened_at, opened_w, closed_at, closed_w, paused_s,
    paused_w, processing_s, value_added_s, external_s, labour_s, is_reworked, is_faulty, due_at, is_on_time, outcome,
    variant
from during where id > $10 order by id limit $11
"""  # fmt: skip
_STEPS = """
select fact_id, node_id, title, type, place, attempt, state, available_at, available_w, claimed_at, claimed_w,
    started_at, started_w, done_at, done_w, suspended_s, external_s, labour_s, value_class, is_faulty, user_id, unit_id
from process_step_fact where tenant_id = $1 and fact_id = any($2::uuid[]) order by fact_id, place, available_at, id
"""
_EVENTS = """
select e.fact_id, e.at, e.node_id, coalesce(nullif(s.title, ''), e.node_id) as title, e.transition, e.step_id,
    coalesce(e.user_id::text, e.data ->> 'resource') as resource, e.unit_id, e.work_s, e.source
from process_event e
left join process_step_fact s on s.tenant_id = e.tenant_id and s.id = e.step_id
where e.tenant_id = $1 and e.fact_id = any($2::uuid[]) order by e.fact_id, e.at, e.id
"""
_FIRST = uuid.UUID(int=0)


async def cases(wanted: Asked) -> AsyncIterator[Sequence[Any]]:
    """Yield the cases that were open within the period, some at a time; each page is a reading unit of its own."""
    after = _FIRST
    while True:
        async with tenant_tx() as unit:
            rows = await unit.connection.fetch(_CASES, unit.tenant_id, *wanted.values, after, PAGE)
        if not rows:
            return
        yield rows
        after = rows[-1]["id"]


async def steps_of(rows: Sequence[Any]) -> Sequence[Any]:
    """Return the steps of cases, those of one case together and in order."""
    async with tenant_tx() as unit:
        return await unit.connection.fetch(_STEPS, unit.tenant_id, [row["id"] for row in rows])


async def events_of(rows: Sequence[Any]) -> dict[uuid.UUID, list[Any]]:
    """Return the events of cases by case, in order. A resource is an id or a digest, never a name."""
    async with tenant_tx() as unit:
        found = await unit.connection.fetch(_EVENTS, unit.tenant_id, [row["id"] for row in rows])
    events: dict[uuid.UUID, list[Any]] = {row["id"]: [] for row in rows}
    for event in found:
        events[event["fact_id"]].append(event)
    return events
