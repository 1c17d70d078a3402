"""What is told of a month: the same as its timeline tells, in the city's zone, and nothing that points at somebody."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import pytest

from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.moves import move
from leancity.core.clock.units import DeadlineUnit
from leancity.core.figures.discretion import told
from leancity.core.figures.measures import Reckoned, percentile
from leancity.core.figures.publishing import preview
from leancity.core.testing.city import City
from tests.core.figures.conftest import KIND, MONTH, Land, desk_with

EVENTS = "select case_id, kind, status, at, data from case_event where tenant_id = $1 order by case_id, at, id"
SEPTEMBER = (datetime.fromisoformat("2026-09-01 00:00+11:00"), datetime.fromisoformat("2026-10-01 00:00+11:00"))
DAY = 86400


async def figures(city: City, month: str = MONTH) -> dict[str, tuple[float | None, int | None]]:
    async with city.serving():
        return {each.measure: (each.value, each.cases) for each in await preview(month) if each.subject == KIND}


def midnights(since: datetime, until: datetime) -> int:
    """Return how many days ended on Sakhalin between two moments."""
    return (until + timedelta(hours=11)).date().toordinal() - (since + timedelta(hours=11)).date().toordinal()


async def from_the_timeline(city: City) -> dict[str, Any]:
    """Reckon September from nothing but the lines of the timelines: no case's row, no term, no clock."""
    start, end = SEPTEMBER
    lines: dict[uuid.UUID, list[Any]] = {}
    for row in await city.rows(EVENTS):
        if row["at"] < end:
            lines.setdefault(row["case_id"], []).append(row)
    taken, shares, in_time, outcomes, opened, still_open, overdue = [], [], [], Counter[str](), 0, 0, 0
    for events in lines.values():
        entries = [row for row in events if row["kind"] == "state_entered"]
        breaks = [[row["at"] for row in events if row["kind"] == kind] for kind in ("paused", "resumed")]
        stood = sum((until - since).total_seconds() for since, until in zip(*breaks, strict=True))
        covered = sum(midnights(since, until) for since, until in zip(*breaks, strict=True))
        opened += entries[0]["at"] >= start
        whole = (entries[-1]["at"] - entries[0]["at"]).total_seconds()
        if not json.loads(entries[-1]["data"])["final"]:
            still_open += 1
            overdue += midnights(entries[0]["at"], end) > 3
        elif entries[-1]["at"] >= start:
            taken.append((whole - stood) / DAY)
            shares.append((stood, whole))
            # Three days, its own being the first, end with the third midnight; a pause moves it by those it covers.
            in_time.append(midnights(entries[0]["at"], entries[-1]["at"]) - covered < 3)
            outcomes[json.loads(entries[-1]["data"])["outcome"]] += 1
    closed = len(taken)
    return {
        "opened": (opened, opened),
        "closed": (closed, closed),
        "open": (still_open, still_open),
        "overdue": (overdue, still_open),
        "in_time": (round(sum(in_time) / closed, 3), closed),
        "lead_time_median": (round(median(taken), 2), closed),
        "paused": (round(sum(one for one, _ in shares) / sum(all_ for _, all_ in shares), 3), closed),
        **{f"outcome.{key}": (number, closed) for key, number in outcomes.items()},
    }


async def test_figures_are_what_the_timelines_tell(land: Land) -> None:
    city = land.first
    await land.work(city, "2026-08-20 09:00+11:00", "2026-09-01 00:30+11:00")  # opened before, closed within
    await land.work(city, "2026-08-30 09:00+11:00", "2026-08-31 23:30+11:00")  # closed before
    await land.work(city, "2026-09-02 09:00+11:00", "2026-09-03 15:00+11:00", times=4)
    stood = ("2026-09-11 09:00+11:00", "2026-09-14 21:00+11:00")
    await land.work(city, "2026-09-10 09:00+11:00", "2026-09-16 09:00+11:00", paused=stood)
    await land.work(city, "2026-09-10 09:00+11:00", "2026-09-20 21:00+11:00", outcome="not_fixed", times=5)
    await land.work(city, "2026-09-05 09:00+11:00", "2026-10-02 09:00+11:00", times=5)  # open at the month's end
    await land.work(city, "2026-09-30 09:00+11:00")
    await land.work(city, "2026-10-01 09:00+11:00", "2026-10-02 09:00+11:00")  # of the next month
    found, expected = await figures(city), await from_the_timeline(city)
    assert expected["closed"] == (11, 11) and expected["overdue"] == (5, 6), "the test's own reckoning"
    p90 = found.pop("lead_time_p90")
    assert found.pop("outcome.not_ours") == (0, 11)
    assert found == expected
    # The eleven in days: 4 of 1.25, one of 2.5 (six less the pause), 5 of 10.5 and one of 11.65.
    assert p90 == (10.5, 11)


async def test_what_happens_afterwards_moves_no_month_that_is_over(land: Land) -> None:
    await land.five(land.first)
    before = await figures(land.first)
    land.clock("2026-10-05 10:00+11:00")
    cases = [row["id"] for row in await land.first.rows("select id from case_record where tenant_id = $1")]
    async with land.first.serving():
        for case in cases:
            await move(case, "reopen")
    assert await figures(land.first) == before
    assert (await figures(land.first, "2026-10"))["open"] == (5, 5)


async def test_a_month_ends_at_the_citys_midnight(land: Land) -> None:
    """23:30 UTC of 30 September is half past ten in the morning of 1 October on Sakhalin."""
    await land.work(land.first, "2026-09-29 10:00+11:00", "2026-09-30 23:30+00:00", times=5)
    await land.work(land.first, "2026-09-29 10:00+11:00", "2026-09-30 12:59+00:00", times=6)
    september, october = await figures(land.first), await figures(land.first, "2026-10")
    assert (september["closed"], september["open"]) == ((6, 6), (5, 5))
    assert (october["closed"], october["opened"]) == ((5, 5), (None, None))


async def test_times_are_told_in_the_unit_of_the_target(land: Land, install: Callable[[CaseKind], None]) -> None:
    install(desk_with(DeadlineUnit.WORKING_DAYS))
    # Friday noon to Monday noon, in a week without holidays: one working day of eight hours.
    await land.work(land.first, "2026-09-11 12:00+11:00", "2026-09-14 12:00+11:00", times=5)
    async with land.first.serving():
        (median_,) = [each for each in await preview(MONTH) if each.measure == "lead_time_median"]
    assert (median_.value, median_.unit) == (1.0, "working_days")


async def test_over_too_few_cases_nothing_is_told_not_even_how_many(land: Land) -> None:
    await land.work(land.first, "2026-09-07 10:00+11:00", "2026-09-08 10:00+11:00", times=4)
    assert {*(await figures(land.first)).values()} == {(None, None)}


ENOUGH = {"outcome.a": Reckoned(18, 20), "outcome.b": Reckoned(2, 20), "outcome.c": Reckoned(0, 20)}
COUNTS = frozenset({"outcome.a", "outcome.b", "outcome.c", "open"})


def test_what_is_hidden_can_not_be_had_by_subtraction() -> None:
    shown = told({"closed": Reckoned(20, 20), **ENOUGH}, COUNTS, least=5)
    assert shown["closed"] == Reckoned(20, 20)
    assert shown["outcome.a"] is None, "20 less 18 would tell the two"
    assert shown["outcome.b"] is None and shown["outcome.c"] == Reckoned(0, 20)
    many = {"outcome.a": Reckoned(14, 20), "outcome.b": Reckoned(3, 20), "outcome.c": Reckoned(3, 20)}
    assert told(many, COUNTS, least=5)["outcome.a"] == Reckoned(14, 20), "which of the six is which stays hidden"


@pytest.mark.parametrize(
    ("figure", "is_told"),
    [
        (Reckoned(5, 5), True),
        (Reckoned(4, 4), False),
        (Reckoned(4, 30), False),
        (Reckoned(0, 30), True),
        (Reckoned(0, 4), False),
        (Reckoned(None, 30), False),
    ],
)
def test_five_is_enough_and_none_out_of_enough_points_at_nobody(figure: Reckoned, is_told: bool) -> None:
    assert (told({"open": figure}, COUNTS, least=5)["open"] is not None) is is_told


def test_percentiles_are_those_of_sql() -> None:
    assert percentile([4, 1, 3, 2], 0.5) == 2.5
    assert percentile([10, 20, 30, 40, 50], 0.9) == pytest.approx(46)
    assert percentile([7], 0.9) == 7
