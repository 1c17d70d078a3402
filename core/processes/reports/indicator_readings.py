"""What an indicator says now: its value, of how many cases, how good that is, and what it was in the period before.

Below the city's least number of cases (``figures_least_cases``) no band is given; and where the cut could point at a
person, by unit or by owner, no value either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from leancity.core.clock.city import city_clock
from leancity.core.clock.instants import local_day
from leancity.core.clock.work_clock import WorkClock
from leancity.core.identity.principal import current_principal
from leancity.core.identity.settings import CoreSettings
from leancity.core.moment import now
from leancity.core.processes.figures.cut import READ
from leancity.core.processes.reports.indicator_rows import By, Rows, Wanted, rows_of
from leancity.core.processes.reports.measures import MEASURES, Measure, Span
from leancity.core.processes.reports.tables import ProcessIndicator
from leancity.core.settings.service import settings_of
from leancity.core.tenancy.context import current_tenant

OF_PEOPLE = frozenset({By.UNIT, By.OWNER})
"""Cuts whose small parts point at a person."""


class Band(StrEnum):
    """How good a value is. ``none``: nobody has said from when on it is good or bad, or there is no value."""

    GOOD = "good"
    FAIR = "fair"
    BAD = "bad"
    TOO_FEW = "too_few"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class IndicatorValue:
    """``key`` of the part of the cut, "" for the whole and for what has none; ``n`` cases; None: nothing to reckon."""

    key: str
    n: int
    value: float | None
    band: Band
    before: float | None
    before_n: int


@dataclass(frozen=True, kw_only=True)
class IndicatorReading:
    """An indicator over the days ``since`` to ``until``, both included; ``parts`` by the keys of its cut."""

    measure: Measure
    since: date
    until: date
    whole: IndicatorValue
    parts: Sequence[IndicatorValue]


async def read_indicator(row: ProcessIndicator) -> IndicatorReading:
    """Return what an indicator says of its days up to today, and of as many before them."""
    current_principal().require(READ)
    least = (await settings_of("core", CoreSettings)).figures_least_cases
    clock, at = await city_clock(), now()
    today = local_day(at, current_tenant().zone_info)
    first = today - timedelta(days=row.days - 1)
    measure, by = MEASURES[row.measure], By(row.cut) if row.cut else None
    since, until = clock.midnight(first), min(at, clock.midnight(today + timedelta(days=1)))
    earlier = clock.midnight(first - timedelta(days=row.days))
    here = await rows_of(measure.of, Wanted(process_id=row.process_id, since=since, until=until, by=by))
    there = await rows_of(measure.of, Wanted(process_id=row.process_id, since=earlier, until=since, by=by))
    spans = (_span(clock, since, until), _span(clock, earlier, since))
    weighed = _Weighed(row=row, measure=measure, least=least, by=by, spans=spans)
    return IndicatorReading(
        measure=measure,
        since=first,
        until=today,
        whole=weighed.value("", here.whole, there.whole, is_part=False),
        parts=[
            weighed.value(key, here.parts.get(key, _empty(here)), there.parts.get(key, _empty(there)), is_part=True)
            for key in sorted({*here.parts, *there.parts})
        ],
    )


def _span(clock: WorkClock, since: datetime, until: datetime) -> Span:
    return Span(days=(until - since) / timedelta(days=1), working_days=clock.between(since, until) / clock.day_seconds)


def _empty(rows: Rows) -> Mapping[str, Any]:
    """Return a row of no cases, with the columns that the statement has."""
    return {name: 0 if isinstance(value, int | float) else None for name, value in rows.whole.items()}


@dataclass(frozen=True, kw_only=True)
class _Weighed:
    row: ProcessIndicator
    measure: Measure
    least: int
    by: By | None
    spans: tuple[Span, Span]

    def value(self, key: str, here: Mapping[str, Any], there: Mapping[str, Any], *, is_part: bool) -> IndicatorValue:
        value = self.measure.value(here, self.spans[0])
        before = self.measure.value(there, self.spans[1])
        points = is_part and self.by in OF_PEOPLE
        return IndicatorValue(
            key=key,
            n=here["n"],
            value=None if points and self._is_few(here) else value,
            band=Band.TOO_FEW if self._is_few(here) else self._band(value),
            before=None if points and self._is_few(there) else before,
            before_n=there["n"],
        )

    def _is_few(self, row: Mapping[str, Any]) -> bool:
        return not self.measure.counts and row["n"] < self.least

    def _band(self, value: float | None) -> Band:
        good, bad = self.row.good_at, self.row.bad_at
        if value is None or (good is None and bad is None):
            return Band.NONE
        sign = 1 if self.measure.lower_is_better else -1
        if good is not None and value * sign <= good * sign:
            return Band.GOOD
        return Band.BAD if bad is not None and value * sign >= bad * sign else Band.FAIR
