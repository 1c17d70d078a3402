"""Published figures: in the city that published them, and a copy in the region that received them."""

from __future__ import annotations

from piccolo.columns import Date, DoublePrecision, Integer, Text, Timestamptz

from leancity.core.db.tables import TenantTable


class PublishedFigure(TenantTable):
    """One figure of one kind of case for a month.

    ``city`` is the publishing city's slug, ``city_title`` its name then. ``subject`` is the key of a kind of case,
    ``measure`` a key of ``core.figures.measures``; ``value`` is in ``unit``, over so many ``cases``; null where too few
    cases were closed to be told without pointing at one.
    """

    city = Text()
    city_title = Text()
    month = Date(default=None)
    subject = Text()
    measure = Text()
    value = DoublePrecision(null=True, default=None)
    unit = Text()
    cases = Integer(default=0)
    published_at = Timestamptz()

    unique_keys = (("city", "month", "subject", "measure"),)
    index_keys = (("month", "city", "subject", "measure"),)
