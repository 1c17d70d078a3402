"""The formats of a form's texts, and the bounds of its dates: ``{"format": "date", "formatMinimum": "today"}``."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from leancity.core.clock.instants import local_day
from leancity.core.moment import now
from leancity.core.processes.running.patterns import LONGEST_MATCHED
from leancity.core.tenancy.context import current_tenant

FILE = "file"
ACCOUNT = "account"
UNIT = "unit"
TODAY = "today"
"""As a bound of a date: the day it is in the city when the form is handed in."""

_DAY = re.compile(r"\d{4}-\d\d-\d\d")  # Python reads weeks too: 2026-W05-6
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]{1,63}(?:\.[^@\s.]{1,63}){1,8}")
_PHONE = re.compile(r"\+?[\d ()-]{5,24}")


def _is_date(value: str) -> bool:
    return _DAY.fullmatch(value) is not None and bool(date.fromisoformat(value))


def _is_moment(value: str) -> bool:
    return datetime.fromisoformat(value).tzinfo is not None


def _is_time(value: str) -> bool:
    return time.fromisoformat(value) is not None


def _is_address(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_file(value: str) -> bool:
    return uuid.UUID(value.partition(":")[0]) is not None


FORMATS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "date-time": _is_moment,
    "time": _is_time,
    "email": lambda value: len(value) <= LONGEST_MATCHED and _EMAIL.fullmatch(value) is not None,
    "phone": lambda value: _PHONE.fullmatch(value) is not None,
    "uri": _is_address,
    "uuid": lambda value: uuid.UUID(value) is not None,
    FILE: _is_file,
    ACCOUNT: lambda value: uuid.UUID(value) is not None,
    UNIT: lambda value: uuid.UUID(value) is not None,
}
"""Name to a test of a text, which may raise ``ValueError`` for no. A file is its id, with ``:claim`` for a new one.

An account and a unit are ids too; that the city has them is looked up when the form is handed in (``references``).
"""

BOUNDED = ("date", "date-time")
"""Formats whose texts may have a formatMinimum and a formatMaximum."""


def moment_of(text: str, format_: str) -> date | datetime:
    """Return a date or a moment; raise ``ValueError`` for a text that is none."""
    if text == TODAY:
        return local_day(now(), current_tenant().zone_info) if format_ == "date" else now()
    return date.fromisoformat(text) if format_ == "date" else _aware(datetime.fromisoformat(text))


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return moment


def _checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, test in FORMATS.items():
        checker.checks(name, raises=ValueError)(_of_texts(test))
    return checker


def _of_texts(test: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or test(value)


def _bound(is_wrong: Callable[[Any, Any], bool]) -> Callable[..., Iterator[ValidationError]]:
    def check(_: Any, bound: Any, value: Any, schema: Any) -> Iterator[ValidationError]:
        if not isinstance(value, str):
            return
        try:
            is_outside = is_wrong(moment_of(value, schema["format"]), moment_of(bound, schema["format"]))
        except ValueError:
            return  # that it is no date is said by its format
        if is_outside:
            yield ValidationError("out of bounds")

    return check


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and (len(value) > LONGEST_MATCHED or re.search(pattern, value) is None):
        yield ValidationError("does not match")


CHECKER = _checker()
FormValidator = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _pattern,
        "formatMinimum": _bound(lambda value, bound: value < bound),
        "formatMaximum": _bound(lambda value, bound: value > bound),
    },
)
