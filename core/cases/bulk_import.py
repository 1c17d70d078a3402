"""Writing many cases of another system at once, with their history.

What is written is what filing and closing write, so that lead times, terms and lists can't tell an imported case: the
entry of the initial state at ``opened_at``, that of the final one at ``closed_at``, the terms of the initial state and
of the whole case, copied from the kind of today and measured on the city's clock. Imported history notifies nobody: no
listener hears of it, no rule is asked, no job is made and no escalation is planned, for open cases neither.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from leancity.core.audit.log import record
from leancity.core.cases.journal import STATE_ENTERED
from leancity.core.cases.kinds import WHOLE, CaseKind
from leancity.core.cases.registry import kind_to_file
from leancity.core.clock.city import city_clock
from leancity.core.clock.deadline import due_at
from leancity.core.clock.measure import elapsed
from leancity.core.clock.targets import TargetKind
from leancity.core.clock.work_clock import WorkClock
from leancity.core.db.unit import Connection, tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.ids import new_id
from leancity.core.tenancy.context import current_tenant

# The application's role plans every statement anew, and the check of a foreign key is a statement a row: planning it
# once a batch makes the batch three times as fast. Once for good would be wrong: the plan that is best for a table of a
# hundred rows is kept while it grows, and was seen to make an import of 10 000 rows four times slower.
_PLAN_ONCE = "discard plans; set local plan_cache_mode = auto"
_KNOWN = "select external_id from case_record where tenant_id = $1 and source = $2 and external_id = any($3)"
_NUMBERS = """
insert into case_series (tenant_id, kind, id, year, last)
select $1, $2, new.* from unnest($3::uuid[], $4::int[], $5::bigint[]) as new (id, year, amount)
on conflict (tenant_id, kind, year) do update set last = case_series.last + excluded.last
returning year, last
"""
_CASES = """
insert into case_record (tenant_id, kind, source, version, id, external_id, number, title, text, status, outcome,
                         opened_at, closed_at, due_at, cell)
select $1, $2, $3, 1, new.* from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[],
    $14::bigint[]) as new
on conflict (tenant_id, source, external_id) do nothing returning id
"""
_EVENTS = """
insert into case_event (tenant_id, kind, actor_id, id, case_id, at, status, data)
select $1, $2, $3, new.* from unnest($4::uuid[], $5::uuid[], $6::timestamptz[], $7::text[], $8::jsonb[]) as new
"""
_TERMS = """
insert into case_term (tenant_id, id, case_id, stage, kind, amount, unit, assumed, source, rule, started_at, due_at,
                       ended_at, elapsed)
select $1, new.* from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::float8[], $7::text[], $8::bool[],
    $9::text[], $10::jsonb[], $11::timestamptz[], $12::timestamptz[], $13::timestamptz[], $14::float8[]) as new
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedCase:
    """A case as the other system had it; moments carry a zone, ``closed_at`` is None for an open one.

    ``outcome`` is one of the kind's, None where the other system didn't say and for an open case. ``cell`` is that of
    its place (``core.geo.cells``), None where nobody knows it. ``data``: facts for the first event, without personal
    values.
    """

    external_id: str
    title: str
    text: str
    opened_at: datetime
    closed_at: datetime | None = None
    outcome: str | None = None
    cell: int | None = None
    data: Mapping[str, Any] | None = None


async def import_cases(kind: str, source: str, cases: Iterable[ImportedCase]) -> dict[str, uuid.UUID]:
    """Write those of the cases that ``source`` has not brought yet; return external id to id of what was written.

    Closed ones end in the kind's first final state. The caller has checked texts and times; ``ValueError``: a case was
    closed before it was opened. Raises ``ModuleClosed``.
    """
    case_kind, city = kind_to_file(kind), current_tenant()
    wanted = {case.external_id: case for case in reversed([*cases])}
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_PLAN_ONCE)
        known = {row["external_id"] for row in await unit.connection.fetch(_KNOWN, city.id, source, [*wanted])}
        new = [case for name, case in reversed(wanted.items()) if name not in known]
        if not new:
            return {}
        clock = await city_clock()
        batch = _Batch(case_kind, source, clock)
        for case, number in zip(new, await _numbers(unit.connection, case_kind, new), strict=True):
            batch.add(case, number)
        inserted = await unit.connection.fetch(_CASES, city.id, kind, source, *zip(*batch.cases, strict=True))
        written = {row["id"] for row in inserted}
        # Another import may have brought some of them since we looked; their rows are not ours.
        events = [row for row in batch.events if row[1] in written]
        terms = [row for row in batch.terms if row[1] in written]
        if events:
            actor = current_principal().user_id
            await unit.connection.execute(_EVENTS, city.id, STATE_ENTERED, actor, *zip(*events, strict=True))
        if terms:
            await unit.connection.execute(_TERMS, city.id, *zip(*terms, strict=True))
        await record("core.case.imported", "case", kind=kind, source=source, cases=len(written))
    return {row[1]: row[0] for row in batch.cases if row[0] in written}


async def _numbers(connection: Connection, kind: CaseKind, cases: Sequence[ImportedCase]) -> list[str]:
    """Draw a block of numbers for each year that cases were opened in, by the city's calendar."""
    city = current_tenant()
    years = [case.opened_at.astimezone(city.zone_info).year for case in cases]
    amounts = sorted(Counter(years).items())  # in order, so that two imports can't wait for one another
    rows = await connection.fetch(
        _NUMBERS, city.id, kind.key, [new_id() for _ in amounts], [y for y, _ in amounts], [n for _, n in amounts]
    )
    asked = dict(amounts)
    following = {row["year"]: row["last"] - asked[row["year"]] for row in rows}
    numbers = []
    for year in years:
        following[year] += 1
        numbers.append(f"{kind.prefix}-{year}-{following[year]:06d}")
    return numbers


class _Batch:
    """Rows of the tables, as tuples in the order of the statements' columns."""

    def __init__(self, kind: CaseKind, source: str, clock: WorkClock) -> None:
        self._kind, self._source, self._clock = kind, source, clock
        self._final = next(state.key for state in kind.states if state.is_final)
        self._terms = [(term, _json(term.target.rule)) for term in kind.terms if term.stage in (kind.initial, WHOLE)]
        self.cases: list[tuple[Any, ...]] = []
        self.events: list[tuple[Any, ...]] = []
        self.terms: list[tuple[Any, ...]] = []

    def add(self, case: ImportedCase, number: str) -> None:
        """Add a case with its entries and terms."""
        if case.closed_at is not None and case.closed_at < case.opened_at:
            raise ValueError(f"closed_at: {case.external_id} was closed before it was opened")
        case_id, is_open = new_id(), case.closed_at is None
        due = self._add_terms(case, case_id)
        status, outcome = (self._kind.initial, None) if is_open else (self._final, case.outcome)
        data = {**(case.data or {}), "source": self._source}
        entry = {"kind": self._kind.key, "final": False, "data": data}
        self.events.append((new_id(), case_id, case.opened_at, self._kind.initial, _json(entry)))
        if not is_open:
            entry = {"from": self._kind.initial, "transition": None, "outcome": outcome, "final": True}
            entry["data"] = {"source": self._source}
            self.events.append((new_id(), case_id, case.closed_at, self._final, _json(entry)))
        row = (case_id, case.external_id, number, case.title, case.text, status, outcome)
        self.cases.append((*row, case.opened_at, case.closed_at, due if is_open else None, case.cell))

    def _add_terms(self, case: ImportedCase, case_id: uuid.UUID) -> datetime | None:
        """Add the terms of a case and return the earliest moment at which one falls due."""
        dues = []
        for term, copied in self._terms:
            rule = term.target.rule
            promises = term.target.kind is not TargetKind.BASELINE
            due = due_at(rule, case.opened_at, self._clock) if promises else None
            took = case.closed_at and elapsed(rule.unit, case.opened_at, case.closed_at, self._clock)
            figures = (rule.amount, rule.unit.value, rule.assumed, rule.source, copied)
            moments = (case.opened_at, due, case.closed_at, took)
            self.terms.append((new_id(), case_id, term.stage, term.target.kind.value, *figures, *moments))
            dues += [due] if due else []
        return min(dues, default=None)


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
