"""What happened, and what it took: the event log and the facts that reports are computed from.

``*_w`` are readings of the city's work clock in seconds, so a working time is the difference of two columns.
"""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, BigInt, Boolean, DoublePrecision, Integer, Text, Timestamptz

from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.identity.tables import OrgUnit, UserAccount
from leancity.core.processes.registry.tables import StaffPosition
from leancity.core.processes.versions.tables import Process, ProcessVersion


class ImportedLog(TenantTable):
    """An event log of another system, by which the as-is is measured. ``rows`` counts its events."""

    process_id = TenantRef(Process, on_delete="cascade")
    title = Text()
    source = Text(default="")
    cases = Integer(default=0)
    events = Integer(default=0)
    author_id = TenantRef(UserAccount, null=True, on_delete="set null")
    at = Timestamptz()


class CaseFact(TenantTable, tablename="process_case_fact"):
    """What a case took. Of a running process it has the instance's id, of an imported log one of its own.

    ``mark`` is production, trial or import (the test stand leaves no facts). ``closed_w`` of a closed case is null
    where it ended otherwise than its process names (withdrawn, stopped): it has no lead time. ``paused_*`` is how long
    the clock stood still. ``processing_s``, ``value_added_s`` and ``external_s`` are sums of the closed steps, in
    working seconds; ``labour_s`` of all people's work. ``queue_s`` to ``is_classed`` are of the done steps too
    (``figures.sums``): null while the case is open, ``touch_s`` also where nobody knows when a step began.
    ``is_reworked``: a node was entered again; ``is_on_time`` null where nothing was promised. ``variant`` is a digest
    of its sequence of nodes.
    """

    process_id = TenantRef(Process, on_delete="cascade")
    version_id = TenantRef(ProcessVersion, null=True, on_delete="set null")
    log_id = TenantRef(ImportedLog, null=True, on_delete="cascade")
    external_id = Text(null=True, default=None)
    mark = Text(default="production")
    unit_id = TenantRef(OrgUnit, null=True, on_delete="set null")
    channel = Text(default="")
    opened_at = Timestamptz()
    opened_w = BigInt()
    closed_at = Timestamptz(null=True, default=None)
    closed_w = BigInt(null=True, default=None)
    paused_s = BigInt(default=0)
    paused_w = BigInt(default=0)
    processing_s = DoublePrecision(default=0.0)
    value_added_s = DoublePrecision(default=0.0)
    external_s = DoublePrecision(default=0.0)
    labour_s = DoublePrecision(default=0.0)
    queue_s = DoublePrecision(null=True, default=None)
    claimed_s = DoublePrecision(null=True, default=None)
    suspended_s = DoublePrecision(null=True, default=None)
    touch_s = DoublePrecision(null=True, default=None)
    is_classed = Boolean(null=True, default=None)
    is_reworked = Boolean(default=False)
    is_faulty = Boolean(default=False)
    due_at = Timestamptz(null=True, default=None)
    is_on_time = Boolean(null=True, default=None)
    outcome = Text(null=True, default=None)
    variant = Text(null=True, default=None)

    unique_keys = (("log_id", "external_id"),)
    index_keys = (
        ("process_id", "closed_at", "id"),
        ("process_id", "opened_at", "id"),
        ("version_id", "closed_at", "id"),
    )


class StepFact(TenantTable, tablename="process_step_fact"):
    """What one visit of a case to a node took. Of a work item it has the item's id.

    Queue is available to claimed, claimed-but-not-started is claimed to started, the rest of started to done is
    processing less ``suspended_s``. ``external_s``: it waited for the applicant or another body. Working seconds.
    ``state``: open, done, withdrawn. ``attempt`` above 1 is rework; ``is_faulty``: sent back by a later step.
    """

    fact_id = TenantRef(CaseFact, on_delete="cascade")
    process_id = TenantRef(Process, on_delete="cascade")
    version_id = TenantRef(ProcessVersion, null=True, on_delete="set null")
    node_id = Text()
    title = Text(default="")
    type = Text(default="task")
    place = Integer(default=0)
    attempt = Integer(default=1)
    state = Text(default="open")
    available_at = Timestamptz()
    available_w = BigInt()
    claimed_at = Timestamptz(null=True, default=None)
    claimed_w = BigInt(null=True, default=None)
    started_at = Timestamptz(null=True, default=None)
    started_w = BigInt(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)
    done_w = BigInt(null=True, default=None)
    suspended_s = DoublePrecision(default=0.0)
    external_s = DoublePrecision(default=0.0)
    labour_s = DoublePrecision(null=True, default=None)
    value_class = Text(default="")
    is_faulty = Boolean(default=False)
    user_id = TenantRef(UserAccount, null=True, on_delete="set null")
    position_id = TenantRef(StaffPosition, null=True, on_delete="set null")
    unit_id = TenantRef(OrgUnit, null=True, on_delete="set null")
    mark = Text(default="production")

    index_keys = (
        ("fact_id", "available_at", "id"),
        ("process_id", "done_at", "id"),
        ("process_id", "node_id", "done_at", "id"),
        ("user_id", "done_at", "id"),
    )


class ProcessEvent(TenantTable):
    """One line of the event log, shaped as XES has it.

    ``fact_id`` the case; ``transition`` is XES's lifecycle: schedule, assign, start, suspend, resume, complete,
    withdraw, reassign, ate_abort, autoskip; ``source``: engine, import or stopwatch; ``work_s`` the work clock at
    ``at``.
    """

    at = Timestamptz()
    fact_id = UUID()
    process_id = UUID()
    version_id = UUID(null=True, default=None)
    step_id = UUID(null=True, default=None)
    node_id = Text()
    transition = Text()
    user_id = UUID(null=True, default=None)
    position_id = UUID(null=True, default=None)
    unit_id = UUID(null=True, default=None)
    work_s = BigInt()
    source = Text(default="engine")
    data = JSONB(default="{}")

    append_only = True
    index_keys = (("fact_id", "at", "id"), ("process_id", "at", "id"))
