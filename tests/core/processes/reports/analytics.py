"""Rows for analytics: functions with passports, cases and steps as steps of processes would have left them."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from leancity.core.clock.city import city_clock
from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.tables import CaseFact, StepFact
from leancity.core.testing.city import City

HOUR = 3600


async def make_cases(
    city: City,
    process_id: uuid.UUID,
    count: int,
    *,
    last: datetime,
    hours: tuple[float, float] = (8, 2),
    mark: str = "production",
    every: timedelta = timedelta(days=2),
    **more: Any,
) -> None:
    """Write closed cases of one step: ``hours`` of lead time, and of work at its end; the last ends at ``last``.

    ``more``: columns of the case.
    """
    lead, work = (round(each * HOUR) for each in hours)
    async with city.serving():
        clock = await city_clock()
        cases, steps = [], []
        for place in range(count):
            closed = last - every * place
            done_w = clock.reading(closed)
            case = CaseFact(
                **{
                    "process_id": process_id,
                    "mark": mark,
                    "opened_at": closed - timedelta(days=1),
                    "opened_w": done_w - lead,
                    "closed_at": closed,
                    "closed_w": done_w,
                    "processing_s": float(work),
                    "labour_s": float(work),
                    "variant": "usual",
                    **more,
                }
            )
            cases.append(case)
            steps.append(
                StepFact(
                    fact_id=case.id,
                    process_id=process_id,
                    node_id="check",
                    title="Check",
                    state="done",
                    available_at=case.opened_at,
                    available_w=done_w - lead,
                    claimed_at=closed,
                    claimed_w=done_w - work,
                    started_at=closed,
                    started_w=done_w - work,
                    done_at=closed,
                    done_w=done_w,
                    labour_s=float(work),
                    mark=mark,
                )
            )
        async with tenant_tx(write=True):
            await CaseFact.insert(*cases)
            await StepFact.insert(*steps)
