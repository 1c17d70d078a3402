"""What the matrix asks about analytics: an indicator, and a process that waits and repeats enough to be improved."""

from __future__ import annotations

import uuid
from datetime import timedelta

from leancity.core.moment import now
from leancity.core.processes.reports.indicator_rows import By
from leancity.core.processes.reports.indicators import IndicatorCard, create_indicator
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.testing.city import City
from tests.core.processes.reports.analytics import make_cases
from tests.security.actors import within_city


async def make_analytics(city: City, measured: str) -> dict[str, str]:
    """Let the city watch a measured process's cases by their marks; return the indicator's id."""
    card = IndicatorCard(title="Watched", measure="lead_p50", process_id=uuid.UUID(measured), cut=By.MARK, days=366)
    async with within_city(city):
        indicator = await create_indicator(card)
        process = await create_process(ProcessCard(key="improvable", title="Improvable"))
    await make_cases(city, process.id, 12, last=now() - timedelta(hours=1), is_reworked=True)
    return {"indicator": str(indicator.id)}
