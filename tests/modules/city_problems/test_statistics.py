"""What the reports of a period add up to, against the same reckoned by hand."""

from __future__ import annotations

import statistics
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from leancity.core.cases.bulk_import import ImportedCase, import_cases
from leancity.core.clock.city import city_clock
from leancity.core.clock.measure import elapsed
from leancity.core.clock.units import DeadlineUnit
from leancity.core.db.unit import tenant_tx
from leancity.core.figures.measures import percentile
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from leancity.modules.city_problems.kinds import KEY
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsMark, CityProblemsReport
from tests.modules.city_problems.conftest import Town

FIGURES = """reported openNow overdueNow closed fixed notFixed notOurs forwarded duplicates timed isTooFew keptShare
  workHoursMedian workHoursP90 daysMedian daysP90 contested contestedShare marks meanMark supporters"""
QUERY = f"""
query ($since: Date!, $until: Date!) {{ cityProblems {{ statistics(since: $since, until: $until) {{
  since until total {{ {FIGURES} }} categories {{ category {{ key }} {FIGURES} }} }} }} }}
"""
# 24:00 of 31 March in Yuzhno-Sakhalinsk.
END = datetime(2026, 3, 31, 13, tzinfo=UTC)
DAY = timedelta(days=1)


async def told(town: Town, since: str = "2026-03-01", until: str = "2026-03-31") -> dict[str, Any]:
    data = await town.city.data(QUERY, {"since": since, "until": until})
    found: dict[str, Any] = data["cityProblems"]["statistics"]
    return found


async def write(town: Town, category: str, cases: list[tuple[datetime, datetime | None, str | None]]) -> list[Any]:
    """Write reports, ``(opened, closed, outcome)`` each, and return their cases' ids."""
    async with town.city.serving(), tenant_tx(write=True):
        imported = [
            ImportedCase(external_id=f"{category}-{n}", title="x", text="x", opened_at=opened, closed_at=closed,
                         outcome=outcome)
            for n, (opened, closed, outcome) in enumerate(cases)
        ]  # fmt: skip
        ids = [*(await import_cases(KEY, "test", imported)).values()]
        row = await CityProblemsCategory.objects().get(CityProblemsCategory.key == category)
        assert row is not None
        for case_id in ids:
            await CityProblemsReport(case_id=case_id, category_id=row.id, supporters=2).save()
    return ids


async def test_the_figures_are_those_reckoned_by_hand(town: Town) -> None:
    begun = datetime(2026, 3, 2, 1, tzinfo=UTC)
    spans = [(begun + n * DAY, begun + n * DAY + timedelta(days=n, hours=3 * n + 1)) for n in range(11)]
    potholes: list[tuple[datetime, datetime | None, str | None]] = [
        (opened, closed, "not_fixed" if n % 3 == 2 else "fixed") for n, (opened, closed) in enumerate(spans)
    ]
    long = (begun, begun + 25 * DAY)
    others: list[tuple[datetime, datetime | None, str | None]] = [
        (*long, "fixed"),
        (begun, begun + timedelta(minutes=1), "duplicate"),
        (begun, None, None),
        (END - DAY, END - timedelta(seconds=1), "not_ours"),
        (END - DAY, END, "fixed"),  # the city's first moment of April
        (begun - 30 * DAY, begun - 20 * DAY, "fixed"),
    ]
    cases = await write(town, "pothole", potholes)
    await write(town, "lighting", others)
    async with town.city.serving(), tenant_tx(write=True):
        for n, case_id in enumerate(cases[:6]):
            at = begun + 20 * DAY
            mark = CityProblemsMark(case_id=case_id, mark=None if n == 5 else n + 1, is_contested=n == 5, at=at)
            await mark.save()
    async with town.city.serving():
        clock = await city_clock()
    hours = [elapsed(DeadlineUnit.WORKING_HOURS, *span, clock) for span in spans]
    days = [(closed - opened) / DAY for opened, closed in spans]

    found = await told(town)
    by_key = {row.pop("category")["key"]: row for row in found["categories"]}
    assert by_key["pothole"] == {
        "reported": 11, "openNow": 0, "overdueNow": 0, "closed": 11, "fixed": 8, "notFixed": 3, "notOurs": 0,
        "forwarded": 0, "duplicates": 0, "timed": 11, "isTooFew": False, "keptShare": 1,
        "workHoursMedian": pytest.approx(statistics.median(hours), abs=0.01),
        "workHoursP90": pytest.approx(percentile(hours, 0.9), abs=0.01),
        "daysMedian": pytest.approx(statistics.median(days), abs=0.01),
        "daysP90": pytest.approx(percentile(days, 0.9), abs=0.01),
        "contested": 1, "contestedShare": pytest.approx(1 / 12, abs=1e-4), "marks": 5, "meanMark": 3,
        "supporters": 22,
    }  # fmt: skip
    assert by_key["lighting"] == {
        "reported": 5, "openNow": 1, "overdueNow": 1, "closed": 3, "fixed": 1, "notFixed": 0, "notOurs": 1,
        "forwarded": 0, "duplicates": 1, "timed": 2, "isTooFew": True, "keptShare": 0.5,
        "workHoursMedian": None, "workHoursP90": None, "daysMedian": None, "daysP90": None,
        "contested": 0, "contestedShare": 0, "marks": 0, "meanMark": None, "supporters": 10,
    }  # fmt: skip
    total = found["total"]
    assert (total["reported"], total["closed"], total["timed"], total["isTooFew"]) == (16, 14, 13, False)
    assert total["daysMedian"] == pytest.approx(
        statistics.median([*days, 25, (DAY - timedelta(seconds=1)) / DAY]), abs=0.01
    )
    april = (await told(town, "2026-04-01", "2026-04-30"))["total"]
    assert (april["reported"], april["closed"], april["openNow"]) == (0, 1, 1)


async def test_a_city_without_reports_has_nothing_to_tell(town: Town) -> None:
    found = await told(town)
    assert found["categories"] == [] and found["total"]["closed"] == 0
    assert found["total"]["isTooFew"] and found["total"]["keptShare"] is None


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-03-02", "2026-03-01"),
        ("2025-03-01", "2026-03-02"),
        ("0001-01-01", "0001-01-02"),
        ("9999-12-31", "9999-12-31"),
    ],
)
async def test_a_period_has_a_year_at_most(town: Town, since: str, until: str) -> None:
    answer = await town.city.graphql(QUERY, {"since": since, "until": until})
    assert [error["extensions"]["field"] for error in answer["errors"]] == ["until"], answer


async def test_the_longest_period_is_told_and_a_closed_list_tells_nobody(town: Town) -> None:
    assert (await told(town, "2025-03-01", "2026-03-01"))["until"] == "2026-03-01"
    async with town.city.serving():
        await change_settings(installed_modules(), "city_problems", {"is_list_public": False})
    today = date(2026, 3, 1).isoformat()
    for who, code in ((None, "NOT_SIGNED_IN"), (await town.city.user(), "FORBIDDEN")):
        answer = await town.city.graphql(QUERY, {"since": today, "until": today}, as_=who)
        assert answer["errors"][0]["extensions"]["code"] == code
    assert (await town.city.data(QUERY, {"since": today, "until": today}, as_=town.clerk))["cityProblems"]
