"""Cases and what hangs on them."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, Integer, Text, Timestamptz

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.files.tables import StoredFile
from leancity.core.identity.tables import OrgUnit, UserAccount

# Russian and English stems and the plain words (numbers, names), ё folded into е. PostgreSQL's own spelling.
_FOLDED = "replace(lower(((((number || ' '::text) || title) || ' '::text) || text)), 'ё'::text, 'е'::text)"
SEARCH_VECTOR = (
    f"((to_tsvector('russian'::regconfig, {_FOLDED}) || to_tsvector('english'::regconfig, {_FOLDED}))"
    f" || to_tsvector('simple'::regconfig, {_FOLDED}))"
)


class CaseRecord(TenantTable):
    """A case. ``kind`` names a ``CaseKind``; ``status`` and ``outcome`` are keys of it.

    ``unit_id`` holds the case only since a hand-over was accepted (``CaseHandover``); ``assignee_id`` is its person there.
    ``source`` and ``external_id`` name it in the system it was imported from.
    """

    number = Text()
    kind = Text()
    title = Text()
    text = Text(default="")
    status = Text()
    outcome = Text(null=True, default=None)
    opened_at = Timestamptz()
    closed_at = Timestamptz(null=True, default=None)
    due_at = Timestamptz(null=True, default=None)
    unit_id = TenantRef(OrgUnit, null=True)
    assignee_id = TenantRef(UserAccount, null=True, on_delete="set null")
    author_id = TenantRef(UserAccount, null=True, on_delete="set null")
    source = Text(null=True, default=None)
    external_id = Text(null=True, default=None)
    version = Integer(default=1)

    unique_keys = (("number",), ("source", "external_id"))
    index_keys = (
        ("opened_at", "id"),
        ("kind", "status", "opened_at", "id"),
        ("status", "opened_at", "id"),
        ("due_at", "id"),
        ("unit_id", "status", "opened_at", "id"),
        ("assignee_id", "status", "opened_at", "id"),
    )
    generated = {"search": ("tsvector", SEARCH_VECTOR)}
    search_index = ("search",)


class CaseSeries(TenantTable):
    """The counter of a kind's numbers in a year. Numbers may have gaps: it commits before the case does."""

    kind = Text()
    year = Integer()
    last = BigInt(default=0)

    unique_keys = (("kind", "year"),)


class CaseEvent(TenantTable):
    """One line of a case's timeline. Lead times are computed from ``state_entered`` events and from nothing else."""

    at = Timestamptz()
    case_id = TenantRef(CaseRecord, on_delete="cascade")
    kind = Text()
    status = Text(null=True, default=None)
    actor_id = UUID(null=True, default=None)
    data = JSONB(default="{}")

    append_only = True
    index_keys = (("case_id", "at", "id"),)


class CaseComment(TenantTable):
    """``visibility`` is internal or public."""

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    author_id = TenantRef(UserAccount, null=True, on_delete="set null")
    visibility = Text()
    body = Text()
    at = Timestamptz()

    index_keys = (("case_id", "at", "id"),)


class CaseFile(TenantTable):
    """A file of a case. ``role`` is attachment or proof; ``visibility`` internal or public."""

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    file_id = TenantRef(StoredFile)
    role = Text()
    visibility = Text()
    at = Timestamptz()

    unique_keys = (("case_id", "file_id"),)


class CaseRelation(TenantTable):
    """``case_id`` is a duplicate of, a child of, or related to ``other_id``."""

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    other_id = TenantRef(CaseRecord, on_delete="cascade")
    kind = Text()

    unique_keys = (("case_id", "other_id", "kind"),)


class CaseHandover(TenantTable):
    """An offer of a case to a unit. It counts when accepted; until then the giver holds the case."""

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    giver_id = TenantRef(OrgUnit, null=True)
    receiver_id = TenantRef(OrgUnit)
    state = Text(default="offered")  # offered, accepted, returned, withdrawn
    note = Text(default="")
    offered_at = Timestamptz()
    answered_at = Timestamptz(null=True, default=None)
    reason = Text(default="")

    index_keys = (("case_id", "offered_at"), ("receiver_id", "state", "offered_at"))


class CaseFilter(TenantTable):
    """A saved filter of the inbox. ``filter`` is the API's own input, as JSON."""

    owner_id = TenantRef(UserAccount, on_delete="cascade")
    name = Text()
    filter = JSONB(default="{}")

    unique_keys = (("owner_id", "name"),)
