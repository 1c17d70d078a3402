"""Writing down what happens to a running process: the event log, and the facts that reports are made of.

Everything here joins the transaction of the step it tells of, so log and facts are there exactly when the step is. The
test stand (mark ``test``) leaves nothing: every function returns at once.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from leancity.core.clock.city import city_clock
from leancity.core.clock.instants import seconds_of
from leancity.core.clock.pauses import Pause, stops
from leancity.core.clock.work_clock import WorkClock
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.processes.figures.sums import sum_up
from leancity.core.processes.figures.tables import CaseFact, ProcessEvent
from leancity.core.processes.running.tables import ProcessInstance

TEST = "test"

Transition: TypeAlias = Literal[
    "schedule", "assign", "reassign", "start", "suspend", "resume", "complete", "withdraw", "ate_abort"
]
"""XES's lifecycle, as far as we use it. ``reassign`` without a person: the work goes back to its queue."""

_SCHEDULE = """
insert into process_step_fact (id, tenant_id, fact_id, process_id, version_id, node_id, title, type, place, attempt,
    state, available_at, available_w, claimed_at, claimed_w, started_at, started_w, suspended_s, external_s,
    value_class, is_faulty, user_id, position_id, unit_id, mark)
select $2, $1, $3, $4, $5, $6, $7, $8, count(*) + 1, $9,
    'open', $10, $11, $12, $13, $14, $15, 0, 0, $16, false, $17, $18, $19, $20
from process_step_fact where tenant_id = $1 and fact_id = $3
on conflict (tenant_id, id) do nothing
"""
_FAULTY = """
update process_step_fact set is_faulty = true
where tenant_id = $1 and fact_id = $2 and node_id = $3 and attempt = $4 and state = 'done'
"""
_ASSIGN = """
update process_step_fact set claimed_at = coalesce(claimed_at, $3), claimed_w = coalesce(claimed_w, $4), user_id = $5
where tenant_id = $1 and id = $2
"""
_RELEASE = """
update process_step_fact set claimed_at = null, claimed_w = null, user_id = null where tenant_id = $1 and id = $2
"""
_START = """
update process_step_fact set started_at = coalesce(started_at, $3), started_w = coalesce(started_w, $4),
    claimed_at = coalesce(claimed_at, $3), claimed_w = coalesce(claimed_w, $4), user_id = coalesce($5, user_id)
where tenant_id = $1 and id = $2
"""
_OFFERED = "update process_step_fact set unit_id = $3 where tenant_id = $1 and id = $2 and state = 'open'"
_RESUME = """
update process_step_fact f set suspended_s = f.suspended_s + greatest(0, $4 - coalesce((
    select e.work_s from process_event e
    where e.tenant_id = $1 and e.fact_id = $3 and e.step_id = f.id and e.transition = 'suspend'
    order by e.at desc, e.id desc limit 1), $4))
where f.tenant_id = $1 and f.id = $2
"""
# Waiting for another body is nobody's work, whoever closes the step in the end. It tells whether the lead time of the
# case was over already: then its sums have to be made anew.
_COMPLETE = """
update process_step_fact set state = 'done', done_at = $3, done_w = $4,
    started_at = coalesce(started_at, $3), started_w = coalesce(started_w, $4),
    claimed_at = coalesce(claimed_at, started_at, $3), claimed_w = coalesce(claimed_w, started_w, $4),
    user_id = coalesce($5, user_id),
    external_s = case when $6 then greatest(0, $4 - available_w) else external_s end,
    labour_s = case when $6 or $5::uuid is null then labour_s
        else greatest(0, $4 - coalesce(started_w, $4) - suspended_s) end
where tenant_id = $1 and id = $2 and state = 'open'
returning (select c.closed_at is not null from process_case_fact c where c.tenant_id = $1 and c.id = fact_id)
"""
_WITHDRAW = """
update process_step_fact set state = 'withdrawn', done_at = $3, done_w = $4
where tenant_id = $1 and id = $2 and state = 'open'
"""
_CLOSE = """
update process_case_fact c set closed_at = $3, closed_w = $4, outcome = $5,
    is_on_time = case when $4::bigint is not null then $3 <= c.due_at end,
    paused_s = $6, paused_w = $7, processing_s = s.processing, value_added_s = s.value_added,
    labour_s = s.labour, is_reworked = s.reworked, is_faulty = s.faulty, variant = s.variant
from (
    select coalesce(sum(took) filter (where state = 'done' and external_s = 0), 0) as processing,
        coalesce(sum(took) filter (where state = 'done' and external_s = 0 and value_class = 'va'), 0) as value_added,
        coalesce(sum(labour_s), 0) as labour,
        coalesce(bool_or(attempt > 1), false) as reworked, coalesce(bool_or(is_faulty), false) as faulty,
        encode(sha256(convert_to(coalesce(
            string_agg(node_id, E'\\n' order by available_at, place) filter (where state = 'done'), ''), 'UTF8')), 'hex'
        ) as variant
    from (
        select *, greatest(0, done_w - started_w - suspended_s) as took from process_step_fact
        where tenant_id = $1 and fact_id = $2
    ) closed
) s
where c.tenant_id = $1 and c.id = $2
"""
# The first time only: a case that comes back to where it began goes on with the time it had.
_BEGAN = """
update process_case_fact set opened_at = $3, opened_w = $4
where tenant_id = $1 and id = $2 and not exists (
    select from process_event e
    where e.tenant_id = $1 and e.fact_id = $2 and e.node_id = any($5::text[]) and e.at < $3
)
"""
_REOPENED = """
update process_case_fact set closed_at = null, closed_w = null, outcome = null, is_on_time = null,
    queue_s = null, claimed_s = null, suspended_s = null, touch_s = null, is_classed = null
where tenant_id = $1 and id = $2 and closed_at is not null
"""
_NAMED = """
update process_case_fact set outcome = coalesce($3, outcome)
where tenant_id = $1 and id = $2 and closed_at is not null
"""
_CAME_BY = """
select exists (
    select from process_event e where e.tenant_id = $1 and e.fact_id = $2 and e.node_id = any($3::text[])
)
"""
_OPENED_AT = "select opened_at from process_case_fact where tenant_id = $1 and id = $2"


@dataclass(kw_only=True)
class Moment:
    """When a step of a process happens: ``at`` (UTC) and the city's work clock at it, ``work_s``.

    One moment serves one step; its events lie a microsecond apart, so that the log keeps their order.
    """

    at: datetime
    clock: WorkClock
    work_s: int = field(init=False)
    _events: int = 0

    def __post_init__(self) -> None:
        self.work_s = self.clock.reading(self.at)

    def next(self) -> datetime:
        """Return when the next event of the step stands in the log."""
        self._events += 1
        return self.at + timedelta(microseconds=self._events - 1)


async def moment_of(at: datetime) -> Moment:
    """Return a moment on the office's clock of the city being served."""
    return Moment(at=at, clock=await city_clock())


@dataclass(frozen=True, kw_only=True)
class Step:
    """A visit of a case to a node that takes time. ``id`` is the work item's, where it is one."""

    id: uuid.UUID
    node_id: str
    title: str
    type: str
    attempt: int = 1
    value_class: str = ""
    user_id: uuid.UUID | None = None
    position_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    is_started: bool = False
    """A service, a timer, a message: nobody has to take it up first."""


async def opened(instance: ProcessInstance, moment: Moment, *, due_at: datetime | None, channel: str = "") -> None:
    """Write that a case was opened; its fact has the instance's id."""
    if instance.mark == TEST:
        return
    fact = CaseFact(
        id=instance.id,
        process_id=instance.process_id,
        version_id=instance.version_id,
        mark=instance.mark,
        unit_id=instance.unit_id,
        channel=channel,
        opened_at=moment.at,
        opened_w=moment.work_s,
        due_at=due_at,
    )
    await CaseFact.insert(fact)


async def promised(instance: ProcessInstance, due_at: datetime | None) -> None:
    """Write when the case falls due now: pauses and extensions move it; while it is paused the last one stays."""
    if instance.mark != TEST and due_at is not None:
        await CaseFact.update({CaseFact.due_at: due_at}).where(CaseFact.id == instance.id)


async def step_scheduled(instance: ProcessInstance, step: Step, moment: Moment) -> None:
    """Write that a step waits to be done. A second visit to its node tells that the first one's work was faulty."""
    if instance.mark == TEST:
        return
    taken = (moment.at, moment.work_s) if step.user_id is not None or step.is_started else (None, None)
    started = (moment.at, moment.work_s) if step.is_started else (None, None)
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(
            _SCHEDULE,
            unit.tenant_id,
            step.id,
            instance.id,
            instance.process_id,
            instance.version_id,
            step.node_id,
            step.title,
            step.type,
            step.attempt,
            moment.at,
            moment.work_s,
            *taken,
            *started,
            step.value_class,
            step.user_id,
            step.position_id,
            step.unit_id,
            instance.mark,
        )
        if step.attempt > 1:
            await unit.connection.execute(_FAULTY, unit.tenant_id, instance.id, step.node_id, step.attempt - 1)
    first: list[Transition] = ["schedule"] if step.user_id is None else ["schedule", "assign"]
    await _log(instance, moment, [_Line(step.node_id, each, step.id, step.user_id) for each in first], step.unit_id)


async def step_changed(
    instance: ProcessInstance,
    step_id: uuid.UUID,
    node_id: str,
    transition: Transition,
    moment: Moment,
    *,
    user_id: uuid.UUID | None = None,
    unit_id: uuid.UUID | None = None,
    is_external: bool = False,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Write what became of a step. ``user_id`` is who does it, None for the platform itself.

    ``is_external``: it was waiting for the applicant or another body. ``data``: ids and keys, nothing personal.
    """
    if instance.mark == TEST:
        return
    async with tenant_tx(write=True) as unit:
        run, here = unit.connection.execute, (unit.tenant_id, step_id)
        if transition in ("assign", "reassign") and user_id is not None:
            await run(_ASSIGN, *here, moment.at, moment.work_s, user_id)
        elif transition == "reassign":
            await run(_RELEASE, *here)
        elif transition == "start":
            await run(_START, *here, moment.at, moment.work_s, user_id)
        elif transition == "resume":
            await run(_RESUME, *here, instance.id, moment.work_s)
        elif transition == "complete":
            values = (*here, moment.at, moment.work_s, user_id, is_external)
            if await unit.connection.fetchval(_COMPLETE, *values):
                await sum_up([instance.id])
        elif transition in ("withdraw", "ate_abort"):
            await run(_WITHDRAW, *here, moment.at, moment.work_s)
    await _log(instance, moment, [_Line(node_id, transition, step_id, user_id)], unit_id, data)


async def step_offered(instance: ProcessInstance, step_id: uuid.UUID, unit_id: uuid.UUID) -> None:
    """Write that an open step is another unit's to do: by it the step is counted, whoever ends it."""
    if instance.mark != TEST:
        async with tenant_tx(write=True) as unit:
            await unit.connection.execute(_OFFERED, unit.tenant_id, step_id, unit_id)


async def passed(instance: ProcessInstance, node_ids: Sequence[str], moment: Moment) -> None:
    """Write that a case went through nodes that take no time: gateways, plain events. Conformance reads them."""
    if instance.mark != TEST and node_ids:
        await _log(instance, moment, [_Line(node_id, "complete") for node_id in node_ids])


async def closed(
    instance: ProcessInstance, moment: Moment, outcome: str | None, pauses: Iterable[Pause], *, is_named: bool = True
) -> None:
    """Write that the lead time of a case is over, and the sums of its steps. ``pauses``: those of the case.

    ``is_named`` False: it has ended otherwise than its process names, so it is over and has no lead time.
    """
    if instance.mark == TEST:
        return
    async with tenant_tx(write=True) as unit:
        opened_at = await unit.connection.fetchval(_OPENED_AT, unit.tenant_id, instance.id)
        seconds = working = 0
        for since, until in stops(pauses, opened_at, moment.at):
            end = until or moment.at
            seconds += seconds_of(end) - seconds_of(since)
            working += moment.clock.reading(end) - moment.clock.reading(since)
        reading = moment.work_s if is_named else None
        await unit.connection.execute(
            _CLOSE, unit.tenant_id, instance.id, moment.at, reading, outcome, seconds, working
        )
        await sum_up([instance.id])


async def began(instance: ProcessInstance, moment: Moment, starts_at: Collection[str]) -> None:
    """Write that the lead time of a case begins now: it has come to one of the nodes with which it does."""
    if instance.mark != TEST:
        async with tenant_tx(write=True) as unit:
            values = (instance.id, moment.at, moment.work_s, [*starts_at])
            await unit.connection.execute(_BEGAN, unit.tenant_id, *values)


async def reopened(instance: ProcessInstance) -> None:
    """Write that a case whose lead time was over is under way again."""
    if instance.mark != TEST:
        async with tenant_tx(write=True) as unit:
            await unit.connection.execute(_REOPENED, unit.tenant_id, instance.id)


async def came_by(instance: ProcessInstance, node_ids: Collection[str]) -> bool:
    """Tell whether a case has been at one of these nodes."""
    if instance.mark == TEST:
        return True
    async with tenant_tx() as unit:
        found: bool = await unit.connection.fetchval(_CAME_BY, unit.tenant_id, instance.id, [*node_ids])
    return found


async def named(instance: ProcessInstance, outcome: str | None) -> bool:
    """Write how a case ended whose lead time is over, and tell whether it is."""
    if instance.mark == TEST:
        return False
    async with tenant_tx(write=True) as unit:
        done = await unit.connection.execute(_NAMED, unit.tenant_id, instance.id, outcome)
    return done == "UPDATE 1"


@dataclass(frozen=True)
class _Line:
    node_id: str
    transition: Transition
    step_id: uuid.UUID | None = None
    user_id: uuid.UUID | None = None


async def _log(
    instance: ProcessInstance,
    moment: Moment,
    lines: Sequence[_Line],
    unit_id: uuid.UUID | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    rows = [
        ProcessEvent(
            at=moment.next(),
            fact_id=instance.id,
            process_id=instance.process_id,
            version_id=instance.version_id,
            step_id=line.step_id,
            node_id=line.node_id,
            transition=line.transition,
            user_id=line.user_id or (current_principal().user_id if line.transition != "schedule" else None),
            unit_id=unit_id,
            work_s=moment.work_s,
            data=json.dumps(dict(data or {}), default=str),
        )
        for line in lines
    ]
    await ProcessEvent.insert(*rows)
