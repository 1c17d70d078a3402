"""What a BPMN file says, as data: the registry's model of a drawing. Nothing of it is fit to be run as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from leancity.core.processes.bpmn.findings import Finding


@dataclass(frozen=True, slots=True)
class Metrics:
    """``lean:metrics``: times in seconds of working time (a day is eight hours), None where nothing is said.

    ``value_class``: va, bnva, nva; ``basis``: norm, estimate, measured; each may be empty.
    """

    lead_s: float | None = None
    processing_s: float | None = None
    waiting_s: float | None = None
    movement_s: float | None = None
    labour_s: float | None = None
    capacity_per_day: float | None = None
    launches_per_month: float | None = None
    error_rate: float | None = None
    value_class: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Term:
    """``lean:term``, the fields of ``core.clock.deadline.DeadlineRule``: ``amount`` of ``unit`` counted from ``start``;
    ``kind`` is the city's word for the term. With ``due``, an expression that gives a day or a moment, that is the
    term, and the rest stays as it is here. ``calendar`` is the key of the city's calendar that it is counted by, empty
    for the office's; the term of a whole process is always counted by that one."""

    amount: float = 0.0
    unit: str = ""
    start: str = "moment"
    kind: str = ""
    source: str = ""
    due: str = ""
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Assign:
    """``lean:assign``: who does the task, instead of those of its lane. ``person`` and ``unit`` are expressions.

    Who did one of the tasks ``apart`` (ids) does not do this one, nor the other way round; by itself it says nothing of
    who does it.
    """

    is_author: bool = False
    is_head: bool = False
    person: str = ""
    unit: str = ""
    role: str = ""
    apart: tuple[str, ...] = ()

    @property
    def names_somebody(self) -> bool:
        """Tell whether it says who does the task."""
        return any((self.is_author, self.is_head, self.person, self.unit, self.role))


@dataclass(frozen=True, slots=True)
class Ballot:
    """``lean:ballot``: a repeated task at which people vote in secret.

    Of each answer ``field`` is counted, which is one of ``choices``; texts beside it come without a name. ``result`` is
    the fact that gets the count; ``quorum`` an expression over ``members`` and ``cast``, true or empty where the vote
    counts.
    """

    result: str
    field: str
    choices: tuple[str, ...]
    quorum: str = ""


@dataclass(frozen=True, slots=True)
class Begin:
    """``lean:begin``: a service task of the platform's own that begins the process with the key ``process``, for every
    element of the list ``each`` (an expression; empty: once), which is known as ``item`` in what follows.

    ``title``, ``text``, ``unit``, ``person`` (who has the case) and the values of ``facts`` (pairs: its name, its
    expression) say what each begins with. ``author`` is the id of the user task whose doer the cases are from, empty:
    whoever began this process. ``result`` is the fact that gets their number.
    """

    process: str
    each: str = ""
    item: str = "item"
    title: str = ""
    text: str = ""
    unit: str = ""
    person: str = ""
    author: str = ""
    result: str = ""
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def expressions(self) -> tuple[tuple[str, str], ...]:
        """Return the places and texts of its expressions, the list first."""
        named = ("each", "title", "text", "unit", "person")
        return (*((name, getattr(self, name)) for name in named), *(("fact", value) for _, value in self.facts))


@dataclass(frozen=True, slots=True)
class Timer:
    """When a timer falls due. ``kind``: date, duration, cycle or the empty text; ``text`` is the expression as drawn.

    ``working_days`` or ``working_hours`` (``lean:timer``) replace it in our calendars: the office's, or the one whose
    key ``calendar`` is. Pauses suspend a ``pausable``.
    """

    kind: str
    text: str
    working_days: float | None = None
    working_hours: float | None = None
    pausable: bool = True
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class External:
    """``lean:wait``: the time of the task is the applicant's or another body's; ``pauses`` stops the case's clock."""

    external: bool = False
    pauses: bool = False


@dataclass(frozen=True, slots=True)
class Escalation:
    """``lean:escalate`` on a boundary timer: who is told, by the key of a role, and what."""

    to: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """What an event throws or catches. ``kinds``: message, timer, signal, error, escalation, condition, link,
    compensation, cancel, terminate; several make a multiple event, none a plain one.

    ``name`` is that of the message, signal, error or link; ``ref`` the id the element names, dangling or not.
    """

    kinds: tuple[str, ...] = ()
    name: str = ""
    ref: str = ""
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Loop:
    """A repeated activity. ``kind``: standard, parallel, sequential. Texts are expressions as drawn, or empty."""

    kind: str
    condition: str = ""
    maximum: str = ""
    cardinality: str = ""
    collection: str = ""
    item: str = ""
    output: str = ""
    tests_before: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node. ``type`` is its BPMN element; ``lane`` the name of the innermost lane around it; ``parent`` the id
    of the sub-process it lies in or the empty text; ``attached_to`` is a boundary event's host.

    ``interrupts`` is what a boundary event or the start of an event sub-process does to what it belongs to.
    ``calls`` is the process that a call activity names; ``script`` tells whether a script was written.
    """

    id: str
    type: str
    title: str = ""
    lane: str = ""
    parent: str = ""
    documentation: str = ""
    event: Event | None = None
    timer: Timer | None = None
    metrics: Metrics | None = None
    form: str = ""
    topic: str = ""
    decision: str = ""
    decision_result: str = ""
    state: str = ""
    state_outcome: str = ""
    outcome: str = ""
    assign: Assign | None = None
    ballot: Ballot | None = None
    begin: Begin | None = None
    term: Term | None = None
    wait: External | None = None
    escalation: Escalation | None = None
    loop: Loop | None = None
    default: str = ""
    attached_to: str = ""
    interrupts: bool = True
    is_event_scope: bool = False
    is_compensation: bool = False
    calls: str = ""
    script: bool = False


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow between two nodes of one scope. ``condition`` is the expression as drawn."""

    id: str
    source: str
    target: str
    title: str = ""
    condition: str = ""
    probability: float | None = None
    move: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane; ``parent`` is the lane around it. ``nodes`` are the ids it names itself."""

    id: str
    title: str
    parent: str = ""
    nodes: tuple[str, ...] = ()
    metrics: Metrics | None = None


@dataclass(frozen=True, slots=True)
class ProcessModel:
    """A process of a drawing. ``pool`` is the name of the participant it is drawn in; ``is_executable`` says whether
    its author meant it to run."""

    id: str
    title: str
    pool: str = ""
    is_executable: bool = False
    nodes: tuple[Node, ...] = ()
    flows: tuple[Flow, ...] = ()
    lanes: tuple[Lane, ...] = ()
    metrics: Metrics | None = None
    term: Term | None = None
    documentation: str = ""

    def node(self, node_id: str) -> Node | None:
        """Return the node of that id."""
        return next((node for node in self.nodes if node.id == node_id), None)


@dataclass(frozen=True, slots=True)
class MessageFlow:
    """A message between two pools, or nodes of them."""

    id: str
    source: str
    target: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Pool:
    """A participant; one without a process is a black box."""

    id: str
    title: str
    process: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """What is drawn beside the flow. ``kind``: annotation, data, store or group."""

    id: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Shape:
    """Where an element is drawn, in pixels from the left and the top."""

    x: float
    y: float
    width: float
    height: float
    is_expanded: bool = True


Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """A BPMN file. ``shapes`` and ``edges`` are its picture, by the id of the element; ``findings`` what is wrong with
    it as a document: doubled and missing ids, references to nothing, attributes that can't be read."""

    title: str
    processes: tuple[ProcessModel, ...] = ()
    pools: tuple[Pool, ...] = ()
    message_flows: tuple[MessageFlow, ...] = ()
    notes: tuple[Note, ...] = ()
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    edges: Mapping[str, Points] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    exporter: str = ""

    def process(self, process_id: str) -> ProcessModel | None:
        """Return the process of that id."""
        return next((model for model in self.processes if model.id == process_id), None)
