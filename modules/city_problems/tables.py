"""What a report has beyond its case."""

from __future__ import annotations

from piccolo.columns import JSONB, BigInt, Boolean, DoublePrecision, Integer, Text, Timestamptz

from leancity.core.cases.tables import CaseRecord
from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.identity.tables import OrgUnit, UserAccount


class CityProblemsCategory(TenantTable):
    """A kind of problem, the city's own data.

    ``title`` is ``{"ru": …, "en": …}``; ``unit_id`` is who usually mends it; ``details`` holds what else its item in
    the collection says (``categories.CategoryItem``).
    """

    key = Text()
    title = JSONB(default="{}")
    unit_id = TenantRef(OrgUnit, null=True, on_delete="set null")
    is_active = Boolean(default=True)
    details = JSONB(default="{}")

    unique_keys = (("key",),)


class CityProblemsReport(TenantTable):
    """Where and of which kind. ``lat``/``lon`` in degrees of WGS 84, ``cell`` the H3 cell of resolution 12 around them.

    Title, text, status and times are the case's. ``public_text`` and ``public_address`` are what everybody may read of
    it, private data hidden; ``is_shown``: everybody may see the report at all. ``reporter_*`` are personal data: masked
    by role, read with a record; ``may_share``: who reported agrees that they go to whom the report is forwarded to. An
    imported report may have no point.

    ``route`` is the key of the routing rule that fitted, "" for none. ``confirm_until`` is how long who reported may
    confirm or contest the repair, null while nothing is to be confirmed; ``confirmed_at`` when they did.
    ``supporters`` counts the people who said «me too».
    """

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    category_id = TenantRef(CityProblemsCategory)
    lat = DoublePrecision(null=True, default=None)
    lon = DoublePrecision(null=True, default=None)
    cell = BigInt(null=True, default=None)
    address = Text(default="")
    public_text = Text(default="")
    public_address = Text(default="")
    is_shown = Boolean(default=True)
    reporter_name = Text(default="")
    reporter_phone = Text(default="")
    reporter_email = Text(default="")
    may_share = Boolean(default=False)
    route = Text(default="")
    confirm_until = Timestamptz(null=True, default=None)
    confirmed_at = Timestamptz(null=True, default=None)
    supporters = Integer(default=0)

    unique_keys = (("case_id",),)
    index_keys = (("category_id", "id"), ("cell",))


class CityProblemsAnswer(TenantTable):
    """An answer to one of the category's extra questions, with the question's title as it was asked.

    ``question`` is its key. ``given`` is JSON: a text, a number, or the list of the keys chosen; ``shown`` is the same
    in words, by language. ``is_public``: everybody may read it.
    """

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    question = Text()
    title = JSONB(default="{}")
    given = JSONB(default="null")
    shown = JSONB(default="{}")
    is_public = Boolean(default=False)

    unique_keys = (("case_id", "question"),)


class CityProblemsSupporter(TenantTable):
    """A person who said «me too» of somebody's report."""

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    user_id = TenantRef(UserAccount, on_delete="cascade")
    at = Timestamptz()

    unique_keys = (("case_id", "user_id"),)
    index_keys = (("user_id", "at"),)


class CityProblemsWatch(TenantTable):
    """A place that a person wants to hear of: new reports within ``radius`` metres, of one category or of any."""

    user_id = TenantRef(UserAccount, on_delete="cascade")
    title = Text(default="")
    lat = DoublePrecision()
    lon = DoublePrecision()
    radius = Integer()
    category_id = TenantRef(CityProblemsCategory, null=True, on_delete="cascade")
    at = Timestamptz()

    index_keys = (("user_id", "at"), ("lat",))


class CityProblemsMark(TenantTable):
    """What who reported says of a closing: ``mark`` from 1 to 5, null without one; ``is_contested``: it is not done."""

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    user_id = TenantRef(UserAccount, null=True, on_delete="set null")
    mark = Integer(null=True, default=None)
    comment = Text(default="")
    is_contested = Boolean(default=False)
    at = Timestamptz()

    index_keys = (("case_id", "at"), ("at",))
