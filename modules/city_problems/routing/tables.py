"""What the trials of routing rules found."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Integer, Text, Timestamptz, Varchar

from leancity.core.db.tables import TenantTable


class CityProblemsRouteTrial(TenantTable):
    """A routing rule tried against the city's history. ``digest`` is the SHA-256 of all that the rule says.

    ``reports`` were looked at, ``matched`` fitted the rule (and none before it), ``agreed`` of them went to its unit in
    the end, ``differed`` to another. ``found`` holds the rest of what it showed.
    """

    route = Text()
    digest = Varchar(length=64)
    by_id = UUID(null=True, default=None)
    at = Timestamptz()
    reports = Integer(default=0)
    matched = Integer(default=0)
    agreed = Integer(default=0)
    differed = Integer(default=0)
    found = JSONB(default="{}")

    index_keys = (("route", "at"), ("digest",))
