"""The values of expressions: null, boolean, number (int or Decimal), text, list, context, date, date-time, duration.

Facts are JSON: their floats become the decimals that they are written as, so that 0.1 + 0.2 is 0.3. Dates and durations
in facts are texts; beside a date or a duration such a text is read as one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from leancity.core.processes.expressions.errors import DEPTH, ELEMENTS, NUMBER, TEXT, ExpressionError

EXACT = Context(prec=34, Emin=-60, Emax=40, traps=[DivisionByZero, InvalidOperation, Overflow])
"""Arithmetic of FEEL (decimal128's digits) within our bounds: a huge power overflows at once."""

_DURATION = re.compile(
    r"(?P<sign>-?)P(?=[0-9T])(?:(?P<years>[0-9]+)Y)?(?:(?P<months>[0-9]+)M)?(?:(?P<weeks>[0-9]+)W)?(?:(?P<days>[0-9]+)D)?"
    r"(?:T(?=[0-9])(?:(?P<hours>[0-9]+)H)?(?:(?P<minutes>[0-9]+)M)?(?:(?P<seconds>[0-9]+(?:\.[0-9]+)?)S)?)?"
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(_DATE.pattern + r"T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.,][0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})?")


@dataclass(frozen=True, slots=True)
class Duration:
    """Calendar ``months``, and ``time`` counted by the clock; both have the same sign or one is zero."""

    months: int
    time: timedelta

    def __str__(self) -> str:
        """Return it as ISO 8601 writes it: P1Y2M3DT4H5M6S, PT0S when it is empty."""
        sign = "-" if self.months < 0 or self.time < timedelta(0) else ""
        months, time = abs(self.months), abs(self.time)
        hours, rest = divmod(time.seconds, 3600)
        seconds = f"{rest % 60}.{time.microseconds:06d}".rstrip("0") if time.microseconds else rest % 60
        days = _parts((months // 12, "Y"), (months % 12, "M"), (time.days, "D"))
        clock = _parts((hours, "H"), (rest // 60, "M"), (seconds, "S"))
        if not days and not clock:
            return "PT0S"
        return f"{sign}P{days}" + (f"T{clock}" if clock else "")


def _parts(*parts: tuple[int | str, str]) -> str:
    return "".join(f"{amount}{letter}" for amount, letter in parts if amount)


def read(raw: Any) -> Any:
    """Return a scalar of the facts as a value; lists and contexts stay as they are, what is no JSON is null."""
    kind = type(raw)
    if kind in _AS_IS:
        return raw
    if kind is int or kind is Decimal:
        return number(raw)
    if kind is float:
        return number(Decimal(repr(raw))) if math.isfinite(raw) else None
    return _odd(raw)


_AS_IS = frozenset({str, bool, type(None), list, dict, date, datetime, Duration})


def _odd(raw: Any) -> Any:
    if isinstance(raw, str):
        return str(raw)
    if isinstance(raw, int):
        return number(int(raw))
    if isinstance(raw, Mapping):
        return dict(raw)
    if isinstance(raw, tuple):
        return list(raw)
    return Duration(0, raw) if isinstance(raw, timedelta) else None


def number(value: int | Decimal) -> int | Decimal | None:
    """Return a number in its one form: int when it is whole. Raises ``ExpressionError``: past 10^18."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            return None
        if value.adjusted() < _DIGITS and value == (whole := int(value)):
            value = whole
    if not -NUMBER <= value <= NUMBER:
        raise ExpressionError("expression_value_too_big", limit=NUMBER)
    return value


_DIGITS = 40


def is_number(value: Any) -> bool:
    """Tell whether a value is a number; true and false are none."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def is_temporal(value: Any) -> bool:
    """Tell whether a value is a date, a date-time or a duration."""
    return isinstance(value, date | Duration)


def temporal(text: str) -> date | datetime | Duration | None:
    """Return what an ISO 8601 text says, None where it says none of a date, a date-time and a duration."""
    if _DATE.fullmatch(text) or _MOMENT.fullmatch(text):
        try:
            return date.fromisoformat(text) if len(text) == _DAY else datetime.fromisoformat(text.replace(",", "."))
        except ValueError:
            return None
    return duration(text)


_DAY = len("2026-01-01")


def duration(text: str) -> Duration | None:
    """Return an ISO 8601 duration, None where the text is none. Raises ``ExpressionError``: past 10 000 years."""
    found = _DURATION.fullmatch(text) if len(text) <= _LONGEST else None
    if found is None:
        return None
    years, months, weeks, days, hours, minutes = (
        int(found[name] or 0) for name in ("years", "months", "weeks", "days", "hours", "minutes")
    )
    try:
        seconds = float(found["seconds"] or 0)
        time = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        raise ExpressionError("expression_value_too_big", limit="P10000Y") from None
    sign = -1 if found["sign"] else 1
    return checked(Duration(sign * (12 * years + months), sign * time))


_LONGEST = 100


def checked(value: Duration) -> Duration:
    """Return a duration that is no longer than 10 000 years; raises ``ExpressionError``."""
    if abs(value.months) > _MONTHS or abs(value.time) > _TIME:
        raise ExpressionError("expression_value_too_big", limit="P10000Y")
    return value


_MONTHS, _TIME = 120_000, timedelta(days=3_652_500)


def is_iso_time(text: str) -> bool:
    """Tell whether a text is what a standard timer holds: a date, a date-time, a duration, a cycle R3/PT10H."""
    if text.startswith("R"):
        count, *parts = text[1:].split("/")
        return (
            (not count or (count.isascii() and count.isdigit())) and 1 <= len(parts) <= 2 and all(map(_is_part, parts))
        )
    return _is_part(text)


def _is_part(text: str) -> bool:
    return bool(
        _DATE.fullmatch(text) or _MOMENT.fullmatch(text) or (len(text) <= _LONGEST and _DURATION.fullmatch(text))
    )


def sized(text: str) -> str:
    """Return a text that was put together; raises ``ExpressionError``: it is too long."""
    if len(text) > TEXT:
        raise ExpressionError("expression_value_too_big", limit=TEXT)
    return text


def elements(value: Any) -> int:
    """Return how many scalars, lists and contexts a value holds through all levels; raises ``ExpressionError``."""
    count, waiting = 0, [(value, 1)]
    while waiting:
        each, depth = waiting.pop()
        count += 1
        if count > ELEMENTS:
            raise ExpressionError("expression_value_too_big", limit=ELEMENTS)
        if depth > DEPTH:
            raise ExpressionError("expression_too_deep", limit=DEPTH)
        if isinstance(each, list):
            waiting += [(part, depth + 1) for part in each]
        elif isinstance(each, dict):
            waiting += [(part, depth + 1) for part in each.values()]
    return count


def plain(value: Any) -> Any:
    """Return a value as JSON: decimals as floats, dates and durations as ISO 8601 texts. Raises ``ExpressionError``."""
    if isinstance(value, list | dict):
        elements(value)
    return _plain(value)


def _plain(value: Any) -> Any:
    value = read(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, Duration) else value
