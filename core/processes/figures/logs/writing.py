"""Cases of another system's log as rows: facts of the case and of its steps, and the events themselves."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from leancity.core.clock.work_clock import WorkClock
from leancity.core.db.unit import Connection, tenant_tx
from leancity.core.identity.vault import derived
from leancity.core.ids import new_id
from leancity.core.processes.figures.logs.fields import COMPLETE
from leancity.core.processes.figures.logs.pairing import VALUE_ADDED, PairedCase, Step
from leancity.core.processes.figures.sums import sum_up
from leancity.core.processes.figures.tables import ImportedLog
from leancity.core.tenancy.context import current_tenant

IMPORT = "import"
"""The mark and the source of what was imported."""

# As in every bulk write (docs/decisions/009): foreign keys are planned once a batch.
_PLAN_ONCE = "discard plans; set local plan_cache_mode = auto"
_KNOWN = """
select external_id from process_case_fact where tenant_id = $1 and log_id = $2 and external_id = any($3::text[])
"""
_CASES = """
insert into process_case_fact (tenant_id, process_id, version_id, log_id, mark, paused_s, paused_w, external_s,
    id, external_id, unit_id, channel, opened_at, opened_w, closed_at, closed_w, processing_s, value_added_s, labour_s,
    is_reworked, is_faulty, outcome, variant)
select $1, $2, $3, $4, 'import', 0, 0, 0, new.* from unnest($5::uuid[], $6::text[], $7::uuid[], $8::text[],
    $9::timestamptz[], $10::bigint[], $11::timestamptz[], $12::bigint[], $13::float8[], $14::float8[], $15::float8[],
    $16::bool[], $17::bool[], $18::text[], $19::text[]) as new
on conflict (tenant_id, log_id, external_id) do nothing returning id
"""
_STEPS = """
insert into process_step_fact (tenant_id, process_id, version_id, mark, external_s,
    id, fact_id, node_id, title, type, place, attempt, state, available_at, available_w, claimed_at, claimed_w,
    started_at, started_w, done_at, done_w, suspended_s, labour_s, value_class, is_faulty, user_id, unit_id)
select $1, $2, $3, 'import', 0, new.* from unnest($4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::text[],
    $9::int[], $10::int[], $11::text[], $12::timestamptz[], $13::bigint[], $14::timestamptz[], $15::bigint[],
    $16::timestamptz[], $17::bigint[], $18::timestamptz[], $19::bigint[], $20::float8[], $21::float8[], $22::text[],
    $23::bool[], $24::uuid[], $25::uuid[]) as new
"""
_EVENTS = """
insert into process_event (tenant_id, process_id, version_id, source,
    id, at, fact_id, step_id, node_id, transition, user_id, unit_id, work_s, data)
select $1, $2, $3, 'import', new.* from unnest($4::uuid[], $5::timestamptz[], $6::uuid[], $7::uuid[], $8::text[],
    $9::text[], $10::uuid[], $11::uuid[], $12::bigint[], $13::jsonb[]) as new
"""
_PEOPLE = "select login, id from user_account where tenant_id = $1 and kind = 'staff' and login = any($2::text[])"
_UNITS = "select key, id from org_unit where tenant_id = $1 and key = any($2::text[])"


async def write_cases(
    log: ImportedLog, version_id: uuid.UUID | None, cases: Sequence[PairedCase], clock: WorkClock
) -> int:
    """Write those of the cases that the log has not brought yet, in the open unit; return how many events those have.

    A resource is remembered by id where it is the login of one of the city's staff, else by a digest: the names of
    another system's users are not kept.
    """
    async with tenant_tx(write=True) as unit:
        connection, city = unit.connection, unit.tenant_id
        await connection.execute(_PLAN_ONCE)
        names = [case.external_id for case in cases]
        known = {row["external_id"] for row in await connection.fetch(_KNOWN, city, log.id, names)}
        new = [case for case in cases if case.external_id not in known]
        if not new:
            return 0
        batch = _Batch(clock, await _people(connection, new), await _units(connection, new))
        for case in new:
            batch.add(case)
        of_process = (city, log.process_id, version_id)
        written = await connection.fetch(_CASES, *of_process, log.id, *zip(*batch.cases, strict=True))
        if len(written) != len(new):
            raise RuntimeError("another process writes this log too")
        await connection.execute(_STEPS, *of_process, *zip(*batch.steps, strict=True))
        await connection.execute(_EVENTS, *of_process, *zip(*batch.events, strict=True))
        await sum_up([row["id"] for row in written])
    return len(batch.events)


async def _people(connection: Connection, cases: Sequence[PairedCase]) -> dict[str, uuid.UUID]:
    logins = sorted({step.resource for case in cases for step in case.steps if step.resource})
    rows = await connection.fetch(_PEOPLE, current_tenant().id, logins)
    return {row["login"]: row["id"] for row in rows}


async def _units(connection: Connection, cases: Sequence[PairedCase]) -> dict[str, uuid.UUID]:
    keys = sorted({step.unit for case in cases for step in case.steps if step.unit})
    rows = await connection.fetch(_UNITS, current_tenant().id, keys)
    return {row["key"]: row["id"] for row in rows}


class _Batch:
    """Rows of the three tables, as tuples in the order of the statements' columns."""

    def __init__(self, clock: WorkClock, people: Mapping[str, uuid.UUID], units: Mapping[str, uuid.UUID]) -> None:
        self._clock, self._people, self._units = clock, people, units
        self.cases: list[tuple[Any, ...]] = []
        self.steps: list[tuple[Any, ...]] = []
        self.events: list[tuple[Any, ...]] = []

    def add(self, case: PairedCase) -> None:
        """Add a case with its steps and events."""
        fact_id, reading = new_id(), self._clock.reading
        ids: dict[int, uuid.UUID] = {}
        processing = value_added = 0.0
        for step in case.steps:
            ids[step.order] = new_id()
            took = (step.processing(self._clock) if step.state == "done" else None) or 0
            processing += took
            value_added += took if step.node.value_class == VALUE_ADDED else 0
            self.steps.append((ids[step.order], fact_id, *self._step(step)))
        first = case.steps[0]
        self.cases.append(
            (
                fact_id,
                case.external_id,
                self._units.get(first.unit or ""),
                case.channel,
                case.opened_at,
                reading(case.opened_at),
                case.closed_at,
                None if case.closed_at is None else reading(case.closed_at),
                processing,
                value_added,
                processing,
                case.is_reworked,
                case.is_faulty,
                case.outcome,
                case.variant,
            )
        )
        scheduled = {step.order for row, step in case.rows if row["transition"] == "schedule"}
        for row, step in case.rows:
            # Else a log that goes out again would have lost for how long a step lay there.
            if row["available_at"] is not None and step.order not in scheduled:
                scheduled.add(step.order)
                self._event(fact_id, ids, step, row["available_at"], "schedule")
            if row["started_at"] is not None:
                self._event(fact_id, ids, step, row["started_at"], "start")
            self._event(fact_id, ids, step, row["at"], row["transition"] or COMPLETE)

    def _step(self, step: Step) -> tuple[Any, ...]:
        reading = self._clock.reading
        moments: list[Any] = []
        for at in (step.available_at, step.claimed_at, step.started_at, step.done_at):
            moments += [at, None if at is None else reading(at)]
        return (
            step.node.id,
            step.node.title,
            step.node.type,
            step.place,
            step.attempt,
            step.state,
            *moments,
            float(step.suspended(self._clock)),
            step.processing(self._clock),
            step.node.value_class,
            step.is_faulty,
            self._people.get(step.resource or ""),
            self._units.get(step.unit or ""),
        )

    def _event(self, fact_id: uuid.UUID, ids: Mapping[int, uuid.UUID], step: Step, at: Any, transition: str) -> None:
        user_id = self._people.get(step.resource or "")
        data = {"resource": digest_of(step.resource)} if step.resource and user_id is None else {}
        self.events.append(
            (
                new_id(),
                at,
                fact_id,
                ids[step.order],
                step.node.id,
                transition,
                user_id,
                self._units.get(step.unit or ""),
                self._clock.reading(at),
                json.dumps(data),
            )
        )


def digest_of(resource: str) -> str:
    """Return the name by which a resource of another system is known here: the same for the same one in this city."""
    return "r-" + derived("process log resource", resource)[:12]
