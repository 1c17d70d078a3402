"""Calendar months as people name them, «2026-10», and their borders in the city's zone."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from leancity.core.clock.city import FIRST_YEAR
from leancity.core.clock.instants import local_day, local_instant
from leancity.core.errors import refuse
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


def read_month(text: str) -> date:
    """Return the first day of a month that has begun in the zone of who is served; refuse another, naming ``month``."""
    found = _MONTH.fullmatch(text)
    if found is None or int(found[1]) < FIRST_YEAR:
        raise refuse("figures_month_invalid", "month")
    month = date(int(found[1]), int(found[2]), 1)
    if month > _today():
        raise refuse("figures_month_ahead", "month")
    return month


def ended_month(text: str) -> date:
    """Return the first day of a month that is over: only of such there are figures."""
    month = read_month(text)
    if month > month_before(_today()):
        raise refuse("figures_month_ahead", "month")
    return month


def month_past() -> str:
    """Return the last month that is over."""
    return month_name(month_before(_today()))


def month_before(day: date) -> date:
    """Return the first day of the month before the one that ``day`` lies in."""
    return (day.replace(day=1) - timedelta(days=1)).replace(day=1)


def month_name(month: date) -> str:
    """Return a month as people name it."""
    return f"{month:%Y-%m}"


def borders(month: date) -> tuple[datetime, datetime]:
    """Return, in UTC, when the month begins and when the next one does, on the wall clock of who is served."""
    zone = current_tenant().zone_info
    following = (month + timedelta(days=31)).replace(day=1)
    return local_instant(month, 0, zone), local_instant(following, 0, zone)


def _today() -> date:
    return local_day(now(), current_tenant().zone_info)
