"""Published figures: in the city that published them, and a copy in the region that received them."""

from __future__ import annotations

from piccolo.columns import Array, Boolean, Date, DoublePrecision, Integer, Text, Timestamptz

from leancity.core.db.tables import TenantTable


class FigurePublication(TenantTable):
    """What a city published of a month last, in the city and, as received, in its region. It outlives its figures.

    ``version`` is the moment of the last publication or withdrawal; a copy that is older than what a region has is not
    taken. ``is_withdrawn``: there are no figures. ``regions``: slugs of those that may hold a copy (in the city only).
    """

    city = Text()
    month = Date(default=None)
    version = Timestamptz()
    is_withdrawn = Boolean(default=False)
    regions = Array(base_column=Text(), default=list)

    unique_keys = (("city", "month"),)


class PublishedFigure(TenantTable):
    """One figure of one kind of case for a month.

    ``city`` is the publishing city's slug, ``city_title`` its name then; ``month`` is its first day. ``subject`` is the
    key of a kind of case, ``measure`` a key of ``core.figures.measures``; ``value`` is in ``unit``, over so many
    ``cases``. Both are null where the cases are too few to be told without pointing at one.
    """

    city = Text()
    city_title = Text()
    month = Date(default=None)
    subject = Text()
    measure = Text()
    value = DoublePrecision(null=True, default=None)
    unit = Text()
    cases = Integer(null=True, default=None)
    published_at = Timestamptz()

    unique_keys = (("city", "month", "subject", "measure"),)
    index_keys = (("month", "city", "subject", "measure"),)
