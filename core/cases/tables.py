"""Cases and what hangs on them."""

from __future__ import annotations

from typing import ClassVar

from piccolo.columns import JSONB, UUID, BigInt, Boolean, DoublePrecision, Integer, Text, Timestamptz

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.files.tables import StoredFile
from leancity.core.identity.tables import OrgUnit, UserAccount

# PostgreSQL's configuration for Russian stems words in Latin letters as English. ё is folded into е. Its own spelling.
SEARCH_VECTOR = (
    "to_tsvector('russian'::regconfig, "
    "replace(lower(((((number || ' '::text) || title) || ' '::text) || text)), 'ё'::text, 'е'::text))"
)


class CaseRecord(TenantTable):
    """A case. ``kind`` names a ``CaseKind``; ``status`` and ``outcome`` are keys of it.

    ``unit_id`` is the unit that holds the case, by filing or by an accepted ``CaseHandover``; ``assignee_id`` its
    person there. ``due_at`` is the earliest moment at which a running term (``CaseTerm``) falls due: None once it is
    closed, while all are paused, and where nothing was promised. ``cell`` is the H3 cell (``core.geo.cells``) of the
    place it is about. ``source`` and ``external_id`` name it in the system it was imported from. ``version`` grows with
    every change of this row.
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
    cell = BigInt(null=True, default=None)
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
        ("author_id", "opened_at", "id"),
        ("cell",),
    )
    generated: ClassVar = {"search": ("tsvector", SEARCH_VECTOR)}
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


class CaseFollower(TenantTable):
    """A person who wants to hear what becomes of a case that a module shows to everybody."""

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    user_id = TenantRef(UserAccount, on_delete="cascade")
    at = Timestamptz()

    unique_keys = (("case_id", "user_id"),)
    index_keys = (("user_id", "at"),)


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


class CaseTerm(TenantTable):
    """A figure as it was when the case entered ``stage``: the copy by which it is held to, whatever is promised later.

    ``stage`` is a state of the kind or "*" for the whole case; ``kind`` is baseline, target or legal; ``rule`` is the
    whole ``DeadlineRule`` as JSON, of which ``amount``, ``unit``, ``assumed`` and ``source`` are copies for lists.
    ``due_at`` is None for a baseline and during a pause, when ``time_left`` (in ``unit``) tells the rest. ``elapsed``
    is what the stage really took, in ``unit``, known once it ended.
    """

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    stage = Text()
    kind = Text()
    amount = DoublePrecision()
    unit = Text()
    assumed = Boolean(default=False)
    source = Text(default="")
    rule = JSONB(default="{}")
    started_at = Timestamptz()
    due_at = Timestamptz(null=True, default=None)
    time_left = DoublePrecision(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)
    elapsed = DoublePrecision(null=True, default=None)

    index_keys = (("case_id", "started_at"),)


class CasePause(TenantTable):
    """A time during which the terms of a case stand still. ``until_at`` is None while it lasts."""

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    reason = Text()
    from_at = Timestamptz()
    until_at = Timestamptz(null=True, default=None)

    index_keys = (("case_id", "from_at"),)


class CaseExtension(TenantTable):
    """More time for one term: ``amount`` of ``unit`` on top, or a new ``due_at``."""

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    term_id = TenantRef(CaseTerm, on_delete="cascade")
    reason = Text()
    at = Timestamptz()
    amount = DoublePrecision(null=True, default=None)
    unit = Text(null=True, default=None)
    due_at = Timestamptz(null=True, default=None)

    index_keys = (("case_id", "at"),)


class CaseEscalation(TenantTable):
    """A step of a term's escalation, ``step`` being its ``EscalationStep`` as JSON, copied with the term.

    ``at`` is None while a pause holds it up; ``fired_at`` is None until it was told.
    """

    case_id = TenantRef(CaseRecord, on_delete="cascade")
    term_id = TenantRef(CaseTerm, on_delete="cascade")
    step = JSONB(default="{}")
    at = Timestamptz(null=True, default=None)
    fired_at = Timestamptz(null=True, default=None)


class CaseFilter(TenantTable):
    """A saved filter of the inbox. ``filter`` is the API's own input, as JSON."""

    owner_id = TenantRef(UserAccount, on_delete="cascade")
    name = Text()
    filter = JSONB(default="{}")

    unique_keys = (("owner_id", "name"),)
