"""What a report has beyond its case."""

from __future__ import annotations

from piccolo.columns import JSONB, BigInt, Boolean, DoublePrecision, Text

from leancity.core.cases.tables import CaseRecord
from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.identity.tables import OrgUnit


class CityProblemsCategory(TenantTable):
    """A kind of problem, the city's own data.

    ``title`` is ``{"ru": …, "en": …}``; ``unit_id`` is who usually mends it.
    """

    key = Text()
    title = JSONB(default="{}")
    unit_id = TenantRef(OrgUnit, null=True, on_delete="set null")
    is_active = Boolean(default=True)

    unique_keys = (("key",),)


class CityProblemsReport(TenantTable):
    """Where and of which kind. ``lat``/``lon`` in degrees of WGS 84, ``cell`` the H3 cell of resolution 12 around them.

    Title, text, status and times are the case's. ``reporter_*`` are personal data: masked by role, read with a record.
    An imported report may have no point.
    """

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    category_id = TenantRef(CityProblemsCategory)
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)
    cell = BigInt(null=True, default=None)
    address = Text(default="")
    reporter_name = Text(default="")
    reporter_phone = Text(default="")
    reporter_email = Text(default="")

    unique_keys = (("case_id",),)
    index_keys = (("category_id", "id"), ("cell",))
