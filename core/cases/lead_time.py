"""What cases really took: subtractions between the events of entering a state, and nothing else."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from leancity.core.cases.journal import STATE_ENTERED
from leancity.core.cases.reads import read_cases
from leancity.core.cases.tables import CaseEvent
from leancity.core.cases.terms import pauses_of
from leancity.core.clock.city import city_clock
from leancity.core.clock.measure import Duration, StateEntry, StateTime, per_state, visits
from leancity.core.clock.pauses import Pause
from leancity.core.clock.work_clock import WorkClock
from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now


@dataclass(frozen=True, kw_only=True)
class CaseTimes:
    """``lead_time`` runs from filing to closing, or to the moment of asking while ``is_closed`` is False; ``states``
    are the stays in it by state, and add up to it. The time a case lay closed before it was reopened is in neither."""

    is_closed: bool
    lead_time: Duration
    states: dict[str, StateTime]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A case entered ``state`` at ``at``; ``is_final`` as the kind had it then."""

    state: str
    at: datetime
    is_final: bool


async def case_times(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, CaseTimes]:
    """Return the times of cases by id, on the city's work clock and on the wall's."""
    cases = await read_cases(case_ids)
    if not cases:
        return {}
    async with tenant_tx():
        entries: dict[uuid.UUID, list[Entry]] = defaultdict(list)
        for event in await (
            CaseEvent.objects()
            .where(CaseEvent.case_id.is_in([*cases]) & (CaseEvent.kind == STATE_ENTERED))
            .order_by(CaseEvent.at, CaseEvent.id)
        ):
            is_final = bool(json.loads(event.data)["final"])
            entries[event.case_id].append(Entry(state=event.status, at=event.at, is_final=is_final))
        pauses = await pauses_of(cases)
        clock = await city_clock()
    return {case_id: measured(case, now(), clock, pauses.get(case_id, [])) for case_id, case in entries.items()}


def measured(entries: Sequence[Entry], until: datetime, clock: WorkClock, pauses: Sequence[Pause] = ()) -> CaseTimes:
    """Return the times of one case, open up to ``until``, from its entries. ValueError: they are out of order."""
    until = max(until, entries[-1].at)  # the machine that wrote the entry may have been ahead
    stays = visits([StateEntry(entry.state, entry.at) for entry in entries], until, clock, pauses)
    open_stays = [stay for stay, entry in zip(stays, entries, strict=True) if not entry.is_final]
    return CaseTimes(
        is_closed=entries[-1].is_final,
        lead_time=sum((stay.duration for stay in open_stays), Duration()),
        states=per_state(open_stays),
    )
