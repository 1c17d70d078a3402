"""Calendars the clock tests share: an office of nine to six with an hour of lunch."""

from __future__ import annotations

import pytest

from leancity.core.clock.calendar import DayHours, WorkCalendar, day_hours
from leancity.core.clock.work_clock import WorkClock, work_clock


@pytest.fixture(scope="session")
def office() -> tuple[DayHours, ...]:
    return (day_hours("09:00-13:00 14:00-18:00"),) * 5 + ((),) * 2


@pytest.fixture(scope="session")
def moscow(office: tuple[DayHours, ...]) -> WorkClock:
    return work_clock(WorkCalendar("Europe/Moscow", office), 2022, 2027)
