"""Deeds on the reports of owners: the chief's made, runs begun, cancelled and gone on with."""

from __future__ import annotations

import random
from datetime import date, timedelta

from leancity.core.processes.reports.periods import Span
from leancity.core.processes.reports.runs import run_over
from leancity.core.processes.reports.tables import ReportRun
from leancity.core.testing.city import City
from tests.security.actors import Actor, within_city
from tests.security.making import Arguments, Deed, always
from tests.security.world import World

_DAYS = {"since": "2026-10-01", "until": "2026-10-31"}


async def _run(world: World, _: Actor) -> Arguments:
    return {"id": str((await _new_run(world.city)).id)}


async def _new_run(city: City) -> ReportRun:
    day = _some_day()
    async with within_city(city):
        return await run_over(Span(first=day, last=day))


def _some_day() -> date:
    """Return a day of which no run is likely to be going."""
    return date(2002, 1, 1) + timedelta(days=random.randrange(8_000))  # noqa: S311 - nothing hangs on it


def _begun(_: World) -> Arguments:
    day = _some_day().isoformat()
    return {"since": day, "until": day}


OWNER_REPORTS: dict[str, Deed] = {
    "ownerReportMake": always(lambda world: {"ownerId": world.ids["chief"], **_DAYS}),
    "ownerReportPlanSave": always(lambda _: {"period": "MONTH", "isActive": True}),
    "ownerReportRunBegin": always(_begun),
    "ownerReportRunCancel": Deed(make=_run),
    "ownerReportRunResume": Deed(make=_run),
}
