"""Processes that run: instances, the work they ask of people, and what they wait for."""

from __future__ import annotations

from piccolo.columns import JSONB, UUID, Array, Boolean, DoublePrecision, Integer, Text, Timestamptz

from leancity.core.cases.tables import CaseRecord
from leancity.core.db.tables import TenantRef, TenantTable
from leancity.core.identity.tables import OrgUnit, UserAccount
from leancity.core.processes.registry.tables import StaffPosition
from leancity.core.processes.versions.tables import Process, ProcessVersion


class ProcessInstance(TenantTable):
    """A running process. It moves the case ``case_id``; on the test stand it has none, so nobody's inbox, figures or
    mail ever see it.

    ``mark``: production, trial or test. ``state`` is the engine's, in our own codec, null once it is closed; ``facts``
    is the case's data, kept. ``status``: running, done, stopped (by a person, with a reason) or failed (an error that
    the model does not handle: the step was undone and waits for somebody). ``revision`` grows with every step.
    ``asked``: the move of the case that somebody with the right to it asked for last, ``{transition, by}``: a drawing
    may let it wait for an approval before it is made. A case that was reopened has one instance for each of its lives,
    of which at most one runs.
    """

    process_id = TenantRef(Process)
    version_id = TenantRef(ProcessVersion)
    case_id = TenantRef(CaseRecord, null=True, on_delete="cascade")
    mark = Text(default="production")
    status = Text(default="running")
    state = Text(null=True, default=None)
    facts = JSONB(default="{}")
    asked = JSONB(default="{}")
    author_id = TenantRef(UserAccount, null=True, on_delete="set null")
    unit_id = TenantRef(OrgUnit, null=True, on_delete="set null")
    opened_at = Timestamptz()
    closed_at = Timestamptz(null=True, default=None)
    outcome = Text(null=True, default=None)
    failure = Text(default="")
    revision = Integer(default=1)

    index_keys = (
        ("case_id", "opened_at", "id"),
        ("opened_at", "id"),
        ("process_id", "status", "opened_at", "id"),
        ("version_id", "status", "opened_at", "id"),
    )


class WorkItem(TenantTable):
    """Work that a user task asks for. ``task_id`` is the engine's; ``attempt`` counts how often the case came here.

    ``state``: open, claimed, started, suspended, done, withdrawn. Who may do it: ``assignee_id`` once it is claimed;
    before that whoever fits ``role_key``, ``unit_id`` and ``position_id`` (what is null or "" does not narrow).
    ``barred`` may not do it whatever they fit: they did a step that the drawing wants apart. ``worked_s`` is working
    time spent so far; ``estimate_s`` what the drawing says it takes.
    """

    instance_id = TenantRef(ProcessInstance, on_delete="cascade")
    task_id = UUID()
    node_id = Text()
    title = Text()
    lane = Text(default="")
    role_key = Text(default="")
    unit_id = TenantRef(OrgUnit, null=True, on_delete="set null")
    position_id = TenantRef(StaffPosition, null=True, on_delete="set null")
    assignee_id = TenantRef(UserAccount, null=True, on_delete="set null")
    barred = Array(base_column=UUID(), default=list)
    form_key = Text(default="")
    draft = JSONB(default="{}")
    state = Text(default="open")
    attempt = Integer(default=1)
    available_at = Timestamptz()
    claimed_at = Timestamptz(null=True, default=None)
    started_at = Timestamptz(null=True, default=None)
    resumed_at = Timestamptz(null=True, default=None)
    done_at = Timestamptz(null=True, default=None)
    due_at = Timestamptz(null=True, default=None)
    worked_s = DoublePrecision(default=0.0)
    estimate_s = DoublePrecision(null=True, default=None)
    mark = Text(default="production")
    version = Integer(default=1)

    unique_keys = (("instance_id", "task_id"),)
    index_keys = (
        ("assignee_id", "state", "available_at", "id"),
        ("unit_id", "state", "available_at", "id"),
        ("role_key", "state", "available_at", "id"),
        ("state", "available_at", "id"),
    )


class ProcessTimer(TenantTable):
    """A moment that an instance waits for. ``is_pausable``: a pause of the case moves it by its length."""

    instance_id = TenantRef(ProcessInstance, on_delete="cascade")
    task_id = UUID()
    node_id = Text()
    due_at = Timestamptz()
    is_pausable = Boolean(default=False)

    unique_keys = (("instance_id", "task_id"),)
    index_keys = (("due_at", "id"),)


class MessageWait(TenantTable):
    """A message or signal that an instance waits for. ``correlation`` tells its messages from those of others."""

    instance_id = TenantRef(ProcessInstance, on_delete="cascade")
    task_id = UUID()
    node_id = Text()
    kind = Text(default="message")
    name = Text()
    correlation = Text(default="")

    unique_keys = (("instance_id", "task_id"),)
    index_keys = (("kind", "name", "correlation"),)


class ServiceCall(TenantTable):
    """A service task that waits for its handler. ``job_id`` is the outbox row; ``state``: waiting, done, failed."""

    instance_id = TenantRef(ProcessInstance, on_delete="cascade")
    task_id = UUID()
    node_id = Text()
    topic = Text()
    state = Text(default="waiting")
    job_id = UUID(null=True, default=None)
    error = Text(default="")
    asked_at = Timestamptz()
    answered_at = Timestamptz(null=True, default=None)

    unique_keys = (("instance_id", "task_id"),)


class Absence(TenantTable):
    """A person is away, and who does their work meanwhile."""

    user_id = TenantRef(UserAccount, on_delete="cascade")
    substitute_id = TenantRef(UserAccount, null=True, on_delete="set null")
    from_at = Timestamptz()
    until_at = Timestamptz()
    reason = Text(default="")

    index_keys = (("user_id", "until_at"), ("substitute_id", "until_at"))


class ProcessMoveRun(TenantTable):
    """The moving of all that runs on version ``from_version_id`` to ``version_id``, the oldest first.

    ``state``: waiting, running, done, cancelled, failed (``failure``, a problem, keeps it from going on). The instance
    looked at last is (``after_at``, ``after_id``), committed with what became of it. ``total`` ran when it was asked
    for; ``reasons`` are the problems that kept instances where they are, each with how many: ``[{code, params,
    amount}]``. ``author_id`` asked for it.
    """

    process_id = TenantRef(Process, on_delete="cascade")
    version_id = TenantRef(ProcessVersion, on_delete="cascade")
    from_version_id = TenantRef(ProcessVersion, on_delete="cascade")
    state = Text(default="waiting")
    total = Integer(default=0)
    moved = Integer(default=0)
    kept = Integer(default=0)
    reasons = JSONB(default="[]")
    failure = Text(default="")
    after_at = Timestamptz(null=True, default=None)
    after_id = UUID(null=True, default=None)
    author_id = TenantRef(UserAccount, null=True, on_delete="set null")
    made_at = Timestamptz()
    finished_at = Timestamptz(null=True, default=None)
    version = Integer(default=1)

    index_keys = (("process_id", "made_at", "id"),)
