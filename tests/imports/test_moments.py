"""Wall clock times of another city as moments."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from leancity.core.imports.moments import moment_of, wall_clock

LOS_ANGELES = ZoneInfo("America/Los_Angeles")


def at(text: str, not_before: datetime | None = None) -> str:
    return moment_of(datetime.fromisoformat(text), LOS_ANGELES, not_before).isoformat()


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2020-01-01T00:05", "2020-01-01T08:05:00+00:00"),
        ("2020-07-01T00:05:09", "2020-07-01T07:05:09+00:00"),
        ("2020-07-01T00:05+11:00", "2020-06-30T13:05:00+00:00"),  # says its zone itself
        ("2020-11-01T01:30", "2020-11-01T08:30:00+00:00"),  # shown twice: the first time
        ("2020-03-08T02:30", "2020-03-08T10:00:00+00:00"),  # leapt over: the moment of the leap
        ("2020-03-08T03:00", "2020-03-08T10:00:00+00:00"),
    ],
)
def test_a_local_time_is_a_moment(written: str, moment: str) -> None:
    assert at(written) == moment


def test_a_time_shown_twice_is_the_second_where_the_first_would_be_too_early() -> None:
    begun = datetime(2020, 11, 1, 8, 50, tzinfo=UTC)  # 01:50, the first time
    assert at("2020-11-01T01:10", begun) == "2020-11-01T09:10:00+00:00"
    assert at("2020-11-01T00:10", begun) == "2020-11-01T07:10:00+00:00"  # too early either way


def test_a_year_that_no_clock_can_show_overflows() -> None:
    with pytest.raises(OverflowError):
        moment_of(datetime(1, 1, 1), ZoneInfo("Asia/Sakhalin"))  # noqa: DTZ001 - a time as it was written


def test_formats_are_tried_in_order() -> None:
    read = wall_clock(["iso", "%d.%m.%Y"])
    assert read("2025-03-04 05:06") == datetime.fromisoformat("2025-03-04T05:06")
    assert read("04.03.2025") == datetime.fromisoformat("2025-03-04")
    assert read("03/04/25") is None
