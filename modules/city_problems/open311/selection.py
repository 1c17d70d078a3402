"""Which reports a client asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from leancity.core.cases.checks import Checks
from leancity.core.errors import refuse
from leancity.core.moment import now
from leancity.modules.city_problems import reading
from leancity.modules.city_problems.open311.arguments import Arguments

LONGEST = timedelta(days=90)
MOST = 1000
"""Reports of an answer, and numbers that one request may ask for."""
LAST_PAGE = 10_000
STATUSES = ("open", "closed")

# As in the W3C's profile of ISO 8601, seconds and zone included. Where a client left the plus of the zone unescaped, a
# blank has come in its place.
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(?:Z|([+ -])(\d{2}:\d{2}))", re.ASCII | re.IGNORECASE
)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Span:
    """A time, both ends included, in UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, kw_only=True)
class Selection:
    """``is_open`` None: whether open or closed; ``codes`` None: of any service. ``page`` begins with 1."""

    span: Span
    codes: Sequence[str] | None
    is_open: bool | None
    page: int
    page_size: int


async def selection_of(arguments: Arguments) -> Selection:
    """Return what the arguments select; refuse those that make no sense, all at once."""
    checks = Checks()
    span = span_of(arguments, checks)
    page = _number(arguments, "page", 1, LAST_PAGE, checks)
    page_size = _number(arguments, "page_size", MOST, MOST, checks)
    wanted = {each.lower() for each in arguments.several("status")}
    if wanted - {*STATUSES}:
        checks.wrong("city_problems.open311_status_unknown", "status", choices=", ".join(STATUSES))
    codes = arguments.several("service_code")
    known = {row.key for row in await reading.categories(active_only=False)} if codes else set()
    for code in codes:
        if code not in known:
            checks.wrong("city_problems.category_unknown", "service_code", category=code[:100])
    checks.done()
    return Selection(
        span=span,
        codes=codes or None,
        is_open=None if len(wanted) != 1 else wanted == {"open"},
        page=page,
        page_size=page_size,
    )


def numbers_of(arguments: Arguments) -> list[str]:
    """Return the numbers of the reports that were asked for by number."""
    numbers = arguments.several("service_request_id")
    if len(numbers) > MOST:
        raise refuse("city_problems.open311_ids_many", "service_request_id", limit=MOST)
    return numbers


def span_of(arguments: Arguments, checks: Checks) -> Span:
    """Return the time asked for, at most ``LONGEST``; one end alone gives the other, without any it is the last one."""
    moment = now()
    start, end = (_moment(arguments.one(name), name, checks) for name in ("start_date", "end_date"))
    try:
        if start is None:
            end = end or moment
            return Span(start=end - LONGEST, end=end)
        end = end or start + LONGEST
    except OverflowError:
        checks.wrong("city_problems.open311_date_invalid", "end_date" if start is None else "start_date")
        return Span(start=moment, end=moment)
    if end < start:
        checks.wrong("city_problems.open311_dates_reversed", "end_date")
    elif end - start > LONGEST:
        checks.wrong("city_problems.open311_span_long", "end_date", days=LONGEST.days)
    return Span(start=start, end=end)


def _moment(text: str, name: str, checks: Checks) -> datetime | None:
    if not text:
        return None
    found = _MOMENT.fullmatch(text)
    try:
        if found is not None:
            day, time, sign, offset = found.groups()
            zone = "+00:00" if offset is None else ("+" if sign == " " else sign) + offset
            return datetime.fromisoformat(f"{day}T{time}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):  # a 30th of February, an hour 25, a moment before the year 1
        pass
    checks.wrong("city_problems.open311_date_invalid", name)
    return None


def _number(arguments: Arguments, name: str, default: int, most: int, checks: Checks) -> int:
    text = arguments.one(name)
    if not text:
        return default
    number = int(text) if _NUMBER.fullmatch(text) else 0
    if not 1 <= number <= most:
        checks.wrong("city_problems.open311_number_invalid", name, low=1, high=most)
    return number
