"""A city's working hours and the days on which it differs from its country."""

from __future__ import annotations

from piccolo.columns import Array, Date, Integer, Text

from leancity.core.db.tables import TenantTable


class WorkHours(TenantTable):
    """A calendar of the city.

    ``weekly`` is seven texts from Monday, ``"09:00-13:00 14:00-18:00"``, empty for a day off.
    ``key`` is "office" for the administration's own; ``country`` "" knows no days off; ``short_by`` in minutes.
    """

    key = Text(default="office")
    weekly = Array(base_column=Text())
    country = Text(default="RU")
    short_by = Integer(default=60)

    unique_keys = (("key",),)


class CalendarDay(TenantTable):
    """A day that differs: a regional holiday, a decree, a Saturday worked. ``kind`` is full, short or holiday."""

    calendar = Text(default="office")
    day = Date(default=None)
    kind = Text()
    hours = Text(null=True, default=None)
    reason = Text(default="")

    unique_keys = (("calendar", "day"),)
