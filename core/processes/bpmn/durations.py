"""Working time as drawings write it: ISO 8601 durations of ``lean:metrics`` (a day of eight hours, a week of five
days), and what a timer waits by a calendar."""

from __future__ import annotations

import re

from leancity.core.clock.calendar import KEY, OFFICE

HOUR = 3600
DAY = 8 * HOUR
WEEK = 5 * DAY

_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,6}(?:\.\d+)?)W)?(?:(?P<days>\d{1,6}(?:\.\d+)?)D)?"
    r"(?:T(?:(?P<hours>\d{1,9}(?:\.\d+)?)H)?(?:(?P<minutes>\d{1,9}(?:\.\d+)?)M)?(?:(?P<seconds>\d{1,9}(?:\.\d+)?)S)?)?"
)
_SECONDS = {"weeks": WEEK, "days": DAY, "hours": HOUR, "minutes": 60, "seconds": 1}


def working_seconds(text: str) -> float:
    """Return a duration in seconds of working time: ``P1DT2H`` is ten hours.

    ValueError: it is none. Years and months are none either: nobody knows how many working hours they have.
    """
    found = _DURATION.fullmatch(text.strip())
    parts = {name: float(value) for name, value in found.groupdict().items() if value} if found else {}
    if not parts or text.strip().endswith("T"):
        raise ValueError(text)
    return sum(value * _SECONDS[name] for name, value in parts.items())


def duration_text(seconds: float) -> str:
    """Return seconds of working time as a duration of days, hours, minutes and seconds."""
    days, rest = divmod(seconds, DAY)
    hours, rest = divmod(rest, HOUR)
    minutes, left = divmod(rest, 60)
    clock = "".join(
        f"{value:g}{unit}" for value, unit in ((hours, "H"), (minutes, "M"), (round(left, 3), "S")) if value
    )
    whole = f"{days:g}D" if days else ""
    if not whole and not clock:
        return "PT0S"
    return f"P{whole}{'T' + clock if clock else ''}"


def in_calendar(function: str, amount: str, calendar: str | None) -> str:
    """Return the expression of so many working days or hours: by the office's calendar, or by one that is named."""
    key = (calendar or "").strip()
    is_named = key not in ("", OFFICE) and KEY.fullmatch(key) is not None
    return f'{function}({amount}, "{key}")' if is_named else f"{function}({amount})"
