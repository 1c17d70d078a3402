"""Processes and the versions of their drawings, from the first sketch to production."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Boolean, Date, DoublePrecision, Integer, Text, Timestamptz

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.files.tables import StoredFile
from leancity.core.identity.tables import OrgUnit, UserAccount
from leancity.core.processes.registry.tables import CityFunction, StaffPosition


class Process(TenantTable):
    """A process of the city. ``key`` is its natural key, a module's begins with ``<module>.``.

    ``production_id`` is the version that new cases take, ``trial_id`` the one that those of the trial's units take,
    ``before_id`` the one that production had before, to which it can be rolled back. They point at versions without a
    foreign key, which would go round in a circle.
    """

    key = Text()
    title = Text()
    function_id = TenantRef(CityFunction, null=True, on_delete="set null")
    owner_id = TenantRef(UserAccount, null=True, on_delete="set null")
    unit_id = TenantRef(OrgUnit, null=True, on_delete="set null")
    case_kind = Text(default="core.process")
    production_id = UUID(null=True, default=None)
    trial_id = UUID(null=True, default=None)
    before_id = UUID(null=True, default=None)
    created_at = Timestamptz()
    version = Integer(default=1)

    unique_keys = (("key",),)
    index_keys = (("created_at", "id"), ("owner_id", "created_at", "id"))


class ProcessVersion(TenantTable):
    """A drawing of a process. ``kind``: as_is, to_be or draft.

    ``stage``: draft, test, agreed, organised, trial, production, retired. ``xml`` is what was uploaded, byte for byte;
    ``executable`` what the engine compiles, null for a mere drawing; ``assumed`` what the normaliser added or took away
    (a list of ``{element, code, …}``), ``confirmed_at`` when the author agreed to it. ``names`` is the table of the
    engine's task names that stored states point into. ``starts_at`` and ``ends_at`` (node ids) bound its lead time.
    ``origin``: "" for the city's own, ``module:<version>`` of one that a module brings, ``package:<key>@<no>``.
    """

    process_id = TenantRef(Process, on_delete="cascade")
    no = Integer()
    kind = Text(default="draft")
    stage = Text(default="draft")
    note = Text(default="")
    xml = Text()
    xml_sha256 = Text()
    process_element = Text()
    origin = Text(default="")
    executable = Text(null=True, default=None)
    names = JSONB(default="[]")
    assumed = JSONB(default="[]")
    confirmed_at = Timestamptz(null=True, default=None)
    starts_at = JSONB(default="[]")
    ends_at = JSONB(default="[]")
    author_id = TenantRef(UserAccount, null=True, on_delete="set null")
    created_at = Timestamptz()
    published_at = Timestamptz(null=True, default=None)
    published_by = TenantRef(UserAccount, null=True, on_delete="set null")
    retired_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)

    unique_keys = (("process_id", "no"),)


class ProcessNode(TenantTable):
    """A flow node of a version with its attributes: the queryable copy, filled by the reader; the XML is the source.

    Times in seconds of working time; ``value_class``: va, bnva, nva; ``basis``: norm, estimate, measured.
    """

    version_id = TenantRef(ProcessVersion, on_delete="cascade")
    node_id = Text()
    type = Text()
    title = Text(default="")
    lane = Text(default="")
    parent = Text(default="")
    place = Integer()
    lead_s = DoublePrecision(null=True, default=None)
    processing_s = DoublePrecision(null=True, default=None)
    waiting_s = DoublePrecision(null=True, default=None)
    movement_s = DoublePrecision(null=True, default=None)
    labour_s = DoublePrecision(null=True, default=None)
    capacity_per_day = DoublePrecision(null=True, default=None)
    launches_per_month = DoublePrecision(null=True, default=None)
    error_rate = DoublePrecision(null=True, default=None)
    value_class = Text(default="")
    basis = Text(default="")

    unique_keys = (("version_id", "node_id"),)


class ProcessFlow(TenantTable):
    """A sequence flow of a version."""

    version_id = TenantRef(ProcessVersion, on_delete="cascade")
    flow_id = Text()
    source = Text()
    target = Text()
    title = Text(default="")
    condition = Text(default="")
    probability = DoublePrecision(null=True, default=None)

    unique_keys = (("version_id", "flow_id"),)


class ProcessForm(TenantTable):
    """A form of a version: JSON Schema of its data and the schema of its looks. ``key`` is what user tasks name."""

    version_id = TenantRef(ProcessVersion, on_delete="cascade")
    key = Text()
    title = Text(default="")
    data_schema = JSONB(default="{}")
    ui_schema = JSONB(default="{}")

    unique_keys = (("version_id", "key"),)


class ProcessDecision(TenantTable):
    """A decision table (DMN) of a version. ``key`` is what business rule tasks name."""

    version_id = TenantRef(ProcessVersion, on_delete="cascade")
    key = Text()
    title = Text(default="")
    xml = Text()

    unique_keys = (("version_id", "key"),)


class LaneBinding(TenantTable):
    """Who does what lies in a lane of a process: those who hold a role, sit in a unit or a position. Any may be null.

    It belongs to the process, not to a version: the next version finds its people. ``lane`` is the lane's name.
    ``is_author``: the one who began the case does it. ``is_head``: the head of the unit.
    """

    process_id = TenantRef(Process, on_delete="cascade")
    lane = Text()
    role_key = Text(default="")
    unit_id = TenantRef(OrgUnit, null=True, on_delete="set null")
    position_id = TenantRef(StaffPosition, null=True, on_delete="set null")
    is_author = Boolean(default=False)
    is_head = Boolean(default=False)

    unique_keys = (("process_id", "lane"),)


class ProcessAgreement(TenantTable):
    """A person's word on a version. ``subject``: interface or roles; ``state``: asked, agreed, refused."""

    version_id = TenantRef(ProcessVersion, on_delete="cascade")
    subject = Text()
    user_id = TenantRef(UserAccount, on_delete="cascade")
    state = Text(default="asked")
    note = Text(default="")
    asked_at = Timestamptz()
    answered_at = Timestamptz(null=True, default=None)

    unique_keys = (("version_id", "subject", "user_id"),)


class ProcessMeasure(TenantTable):
    """An organisational measure before a version may go live: what, by whom, till when, and the act it was done by."""

    version_id = TenantRef(ProcessVersion, on_delete="cascade")
    title = Text()
    responsible_id = TenantRef(UserAccount, null=True, on_delete="set null")
    due_on = Date(null=True, default=None)
    act_number = Text(default="")
    act_date = Date(null=True, default=None)
    act_file_id = TenantRef(StoredFile, null=True, on_delete="set null")
    done_at = Timestamptz(null=True, default=None)

    index_keys = (("version_id", "id"),)


class TrialUnit(TenantTable):
    """A unit whose cases a version in trial takes."""

    version_id = TenantRef(ProcessVersion, on_delete="cascade")
    unit_id = TenantRef(OrgUnit, on_delete="cascade")

    unique_keys = (("version_id", "unit_id"),)
