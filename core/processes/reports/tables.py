"""Reports for the owners of processes, and the indicators by which the city looks at its processes."""

from __future__ import annotations

from piccolo.columns import JSONB, Boolean, Date, DoublePrecision, Integer, Text, Timestamptz

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.files.tables import StoredFile
from leancity.core.identity.tables import UserAccount
from leancity.core.processes.versions.tables import Process


class ReportPlan(TenantTable):
    """Which reports are made by themselves: one for every owner after each ``period`` (week, month, quarter)."""

    period = Text()
    is_active = Boolean(default=True)
    last_until = Date(null=True, default=None)
    version = Integer(default=1)

    unique_keys = (("period",),)


class ReportRun(TenantTable):
    """The making of reports for all owners, from day ``from_on`` up to, without, ``until_on``.

    ``state``: waiting, running, done, cancelled. ``author_id`` null where the plan asked for it.
    """

    from_on = Date(default=None)
    until_on = Date(default=None)
    state = Text(default="waiting")
    total = Integer(default=0)
    done = Integer(default=0)
    failed = Integer(default=0)
    author_id = TenantRef(UserAccount, null=True, on_delete="set null")
    made_at = Timestamptz()
    finished_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)

    index_keys = (("made_at", "id"),)


class OwnerReport(TenantTable):
    """What a period was for one owner's processes. ``content`` is the report as data, the files are made of it.

    ``state``: waiting, done, failed (``error`` is a code). ``run_id`` null for one that was asked for by itself.
    """

    run_id = TenantRef(ReportRun, null=True, on_delete="cascade")
    owner_id = TenantRef(UserAccount, on_delete="cascade")
    from_on = Date(default=None)
    until_on = Date(default=None)
    state = Text(default="waiting")
    error = Text(default="")
    content = JSONB(default="{}")
    pdf_id = TenantRef(StoredFile, null=True, on_delete="set null")
    xlsx_id = TenantRef(StoredFile, null=True, on_delete="set null")
    asked_at = Timestamptz()
    made_at = Timestamptz(null=True, default=None)

    unique_keys = (("run_id", "owner_id"),)
    index_keys = (("owner_id", "asked_at", "id"), ("asked_at", "id"))


class ProcessIndicator(TenantTable):
    """A figure that the city watches: a ``measure`` of one process or of all, cut by ``cut`` ("" for the whole).

    ``days`` is how far back it looks. ``good_at`` and ``bad_at`` are its thresholds in the measure's unit; which of
    them is larger says in which direction it gets better.
    """

    title = Text()
    process_id = TenantRef(Process, null=True, on_delete="cascade")
    measure = Text()
    cut = Text(default="")
    days = Integer(default=90)
    good_at = DoublePrecision(null=True, default=None)
    bad_at = DoublePrecision(null=True, default=None)
    place = Integer(default=0)
    created_at = Timestamptz()
    version = Integer(default=1)

    index_keys = (("place", "id"),)
