"""Stored readings of the work clock, computed anew when the city's calendar has changed.

Moments are the truth, readings follow from them. Those of the facts are made anew, with every sum that stands on them,
batch by batch in a chain of jobs; the event log is never changed: its readings say what the calendar was then.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from leancity.core.clock.city import READINGS, city_clock
from leancity.core.clock.pauses import Pause, paused
from leancity.core.clock.work_clock import WorkClock
from leancity.core.db.unit import Connection, tenant_tx
from leancity.core.jobs.outbox import enqueue
from leancity.core.processes.figures.sums import sum_up

CASES_AT_ONCE = 300

_TOUCHED = """
select f.id, f.opened_at, f.closed_at, i.case_id
from process_case_fact f
left join process_instance i on i.tenant_id = f.tenant_id and i.id = f.id
where f.tenant_id = $1 and f.id > $2 and (f.closed_at is null or f.closed_at >= $3)
order by f.id limit $4
"""
_STEPS = """
select id, fact_id, available_at, claimed_at, started_at, done_at, external_s, labour_s
from process_step_fact where tenant_id = $1 and fact_id = any($2::uuid[])
"""
_STOPS = """
select step_id, at, transition from process_event
where tenant_id = $1 and fact_id = any($2::uuid[]) and transition in ('suspend', 'resume', 'complete', 'withdraw')
    and step_id is not null
order by at, id
"""
_PAUSES = """
select case_id, from_at, until_at from case_pause where tenant_id = $1 and case_id = any($2::uuid[]) order by from_at
"""
_SET_STEPS = """
update process_step_fact s set available_w = new.available, claimed_w = new.claimed, started_w = new.started,
    done_w = new.done, suspended_s = new.suspended, external_s = new.external, labour_s = new.labour
from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::float8[], $8::float8[],
    $9::float8[]) as new (id, available, claimed, started, done, suspended, external, labour)
where s.tenant_id = $1 and s.id = new.id
"""
_SET_CASES = """
update process_case_fact f set opened_w = new.opened, closed_w = case when f.closed_w is not null then new.closed end,
    paused_w = case when f.closed_at is null then f.paused_w else coalesce(new.paused, f.paused_w) end,
    processing_s = case when f.closed_at is null and f.log_id is null then f.processing_s else sums.processing end,
    value_added_s = case when f.closed_at is null and f.log_id is null then f.value_added_s else sums.value_added end,
    labour_s = case when f.closed_at is null and f.log_id is null then f.labour_s else sums.labour end
from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[]) as new (id, opened, closed, paused)
cross join lateral (
    select coalesce(sum(took) filter (where external_s = 0), 0) as processing,
        coalesce(sum(took) filter (where external_s = 0 and value_class = 'va'), 0) as value_added,
        coalesce(sum(labour_s), 0) as labour
    from (
        select *, greatest(0, done_w - started_w - suspended_s) as took from process_step_fact
        where tenant_id = $1 and fact_id = new.id and state = 'done'
    ) done
) sums
where f.tenant_id = $1 and f.id = new.id
"""
_FIRST = uuid.UUID(int=0)


async def recompute_readings(payload: dict[str, Any]) -> None:
    """Job: make anew the readings of the cases behind ``after`` that ran after ``since``, and ask for the next ones.

    ``done`` counts the cases that the chain has come past.
    """
    since = datetime.fromisoformat(payload["since"])
    after = uuid.UUID(payload["after"]) if payload.get("after") else _FIRST
    async with tenant_tx(write=True) as unit:
        rows = await unit.connection.fetch(_TOUCHED, unit.tenant_id, after, since, CASES_AT_ONCE)
        if not rows:
            return
        await _recompute(unit.connection, unit.tenant_id, rows, await city_clock())
        if len(rows) == CASES_AT_ONCE:
            done = payload.get("done", 0) + len(rows)
            following = {"since": payload["since"], "after": str(rows[-1]["id"]), "done": done}
            await enqueue(READINGS, following, order_key=READINGS, queue="bulk")


async def _recompute(connection: Connection, city: int, rows: Sequence[Any], clock: WorkClock) -> None:
    ids = [row["id"] for row in rows]
    steps = await connection.fetch(_STEPS, city, ids)
    stops: defaultdict[uuid.UUID, list[Any]] = defaultdict(list)
    for event in await connection.fetch(_STOPS, city, ids):
        stops[event["step_id"]].append(event)
    pauses: defaultdict[uuid.UUID, list[Pause]] = defaultdict(list)
    for row in await connection.fetch(_PAUSES, city, [row["case_id"] for row in rows if row["case_id"]]):
        pauses[row["case_id"]].append(Pause("", row["from_at"], row["until_at"]))
    if steps:
        anew = [_step(step, stops[step["id"]], clock) for step in steps]
        await connection.execute(_SET_STEPS, city, *zip(*anew, strict=True))
    await connection.execute(_SET_CASES, city, *zip(*(_case(row, pauses, clock) for row in rows), strict=True))
    await sum_up(ids)


def _step(step: Any, events: Sequence[Any], clock: WorkClock) -> tuple[Any, ...]:
    available, claimed, started, done = (
        None if step[name] is None else clock.reading(step[name])
        for name in ("available_at", "claimed_at", "started_at", "done_at")
    )
    suspended = _suspended(events, clock)
    external = 0.0
    if done is not None and available is not None and step["external_s"] > 0:
        external = float(max(0, done - available))
    labour = step["labour_s"]
    if labour is not None and done is not None and started is not None:
        labour = max(0.0, done - started - suspended)
    return (step["id"], available, claimed, started, done, suspended, external, labour)


def _suspended(events: Sequence[Any], clock: WorkClock) -> float:
    total, since = 0.0, None
    for event in events:
        if event["transition"] == "suspend":
            since = since or event["at"]
        elif since is not None:
            total += max(0, clock.between(since, event["at"]))
            since = None
    return total


def _case(row: Any, pauses: Mapping[uuid.UUID, Sequence[Pause]], clock: WorkClock) -> tuple[Any, ...]:
    opened, closed = row["opened_at"], row["closed_at"]
    of_case = pauses.get(row["case_id"], ()) if row["case_id"] else None
    stood = paused(of_case, opened, closed, clock) if of_case is not None and closed is not None else None
    return (row["id"], clock.reading(opened), None if closed is None else clock.reading(closed), stood)
