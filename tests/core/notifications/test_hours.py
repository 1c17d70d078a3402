"""Quiet hours and digests on a wall clock that is put forward and back."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from leancity.core.notifications.hours import next_digest, quiet_until

BERLIN = ZoneInfo("Europe/Berlin")  # 2026: forward on 29 March at 2:00, back on 25 October at 3:00
SAKHALIN = ZoneInfo("Asia/Sakhalin")  # UTC+11, no change


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "hours", "zone", "until"),
    [
        ("2026-03-02 11:59", ("23:00", "08:00"), SAKHALIN, None),  # 22:59 there
        ("2026-03-02 12:00", ("23:00", "08:00"), SAKHALIN, "2026-03-02 21:00"),  # 23:00, till 8:00 of the next day
        ("2026-03-02 20:59", ("23:00", "08:00"), SAKHALIN, "2026-03-02 21:00"),  # 7:59, till 8:00 of the same day
        ("2026-03-02 21:00", ("23:00", "08:00"), SAKHALIN, None),
        ("2026-03-02 02:30", ("13:00", "14:00"), SAKHALIN, "2026-03-02 03:00"),  # a nap by day
        ("2026-03-02 03:00", ("13:00", "14:00"), SAKHALIN, None),
        ("2026-03-28 22:00", ("22:00", "07:00"), BERLIN, "2026-03-29 05:00"),  # a night of eight hours
        ("2026-10-24 21:00", ("22:00", "07:00"), BERLIN, "2026-10-25 06:00"),  # and one of ten
        ("2026-03-28 22:00", ("22:00", "02:30"), BERLIN, "2026-03-29 01:30"),  # 2:30 is left out: 3:30 that day
        ("2026-10-25 00:10", ("22:00", "02:30"), BERLIN, "2026-10-25 00:30"),  # the first 2:10
        ("2026-10-25 01:10", ("22:00", "02:30"), BERLIN, "2026-10-25 01:30"),  # the second 2:10
    ],
)
def test_quiet_hours_end_on_the_clock_of_the_wall(
    moment: str, hours: tuple[str, str], zone: ZoneInfo, until: str | None
) -> None:
    quiet_from, quiet_to = (int(each[:2]) * 60 + int(each[3:]) for each in hours)
    assert quiet_until(utc(moment), quiet_from, quiet_to, zone) == (until and utc(until))


@pytest.mark.parametrize(
    ("moment", "hour", "weekday", "zone", "slot"),
    [
        ("2026-03-01 20:00", 9, None, SAKHALIN, "2026-03-01 22:00"),
        ("2026-03-01 22:00", 9, None, SAKHALIN, "2026-03-02 22:00"),
        ("2026-03-01 21:59:30", 9, None, SAKHALIN, "2026-03-02 22:00"),  # today's may be under way
        ("2026-03-01 20:00", 9, 2, SAKHALIN, "2026-03-03 22:00"),  # a Wednesday there
        ("2026-03-03 23:00", 9, 2, SAKHALIN, "2026-03-10 22:00"),
        ("2026-03-28 09:00", 9, None, BERLIN, "2026-03-29 07:00"),  # the day of 23 hours
        ("2026-03-28 09:00", 2, None, BERLIN, "2026-03-29 01:00"),  # 2:00 is left out: 3:00 that day
        ("2026-03-29 01:00", 2, None, BERLIN, "2026-03-30 00:00"),
        ("2026-10-24 10:00", 9, None, BERLIN, "2026-10-25 08:00"),  # the day of 25 hours
        ("2026-10-24 10:00", 2, None, BERLIN, "2026-10-25 00:00"),  # 2:00 comes twice: the first
        ("2026-10-25 00:00", 2, None, BERLIN, "2026-10-26 01:00"),  # and once only
    ],
)
def test_a_digest_is_due_once_a_day_whatever_its_length(
    moment: str, hour: int, weekday: int | None, zone: ZoneInfo, slot: str
) -> None:
    assert next_digest(utc(moment), hour, weekday, zone) == utc(slot)
