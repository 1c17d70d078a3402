"""Events of one case put together into what each visit to a step took. Pure arithmetic on moments and readings."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from leancity.core.clock.work_clock import WorkClock
from leancity.core.imports.target import Values
from leancity.core.processes.figures.logs.fields import COMPLETE

_ENDED = frozenset({COMPLETE, "autoskip", "manualskip", "unknown"})
_GONE = frozenset({"withdraw", "ate_abort", "pi_abort"})
_FAILED = frozenset({"ate_abort", "pi_abort"})
VALUE_ADDED = "va"


@dataclass(frozen=True, kw_only=True)
class DrawnNode:
    """What the drawing says of a step that a log names."""

    id: str
    title: str
    type: str = "task"
    value_class: str = ""


@dataclass(kw_only=True, slots=True)
class Step:
    """A visit to a node, in the making. ``stops`` are its suspensions, the last perhaps open."""

    node: DrawnNode
    order: int
    available_at: datetime | None = None
    claimed_at: datetime | None = None
    started_at: datetime | None = None
    done_at: datetime | None = None
    state: str = "open"
    resource: str | None = None
    unit: str | None = None
    attempt: int = 1
    place: int = 0
    is_faulty: bool = False
    stops: list[tuple[datetime, datetime | None]] = field(default_factory=list)

    @property
    def first(self) -> datetime:
        """Its earliest moment."""
        return min(each for each in (self.available_at, self.claimed_at, self.started_at, self.done_at) if each)

    @property
    def since(self) -> datetime:
        """The moment by which the steps of a case are put in order: its start, else its end."""
        return self.started_at or self.done_at or self.first

    def suspended(self, clock: WorkClock) -> int:
        """Return the working seconds for which it stood suspended."""
        end = self.done_at
        return sum(clock.between(since, until or end or since) for since, until in self.stops)

    def processing(self, clock: WorkClock) -> int | None:
        """Return the working seconds from start to end less suspensions; None where its start is not known."""
        if self.started_at is None or self.done_at is None:
            return None
        return max(0, clock.between(self.started_at, self.done_at) - self.suspended(clock))


@dataclass(frozen=True, kw_only=True)
class PairedCase:
    """A case with its steps in order, and the index of the step that each of its rows belongs to."""

    external_id: str
    opened_at: datetime
    closed_at: datetime | None
    channel: str
    outcome: str | None
    is_faulty: bool
    steps: Sequence[Step]
    rows: Sequence[tuple[Values, Step]]

    @property
    def is_reworked(self) -> bool:
        """Whether a step was come to again."""
        return any(step.attempt > 1 for step in self.steps)

    @property
    def variant(self) -> str:
        """The digest of its sequence of nodes."""
        return variant_of(step.node.id for step in self.steps if step.state == "done")


def variant_of(nodes: Iterable[str]) -> str:
    """Return the digest by which cases of one sequence of nodes are known, as ``figures.recording`` makes it."""
    return hashlib.sha256("\n".join(nodes).encode()).hexdigest()


def by_case(rows: Iterable[Values]) -> dict[str, list[Values]]:
    """Return the rows of each case, the cases in the order in which they first come."""
    found: dict[str, list[Values]] = {}
    for row in rows:
        found.setdefault(row["case"], []).append(row)
    return found


def paired(
    external_id: str, rows: Sequence[Values], nodes: Mapping[str, DrawnNode], ends: Collection[str] = ()
) -> PairedCase:
    """Return a case from its rows.

    A row with a start is a whole step; rows with transitions are paired first in, first out by step; rows with neither
    are completions, of which nobody knows when they began. Where nothing says since when a step was there to be done,
    it was since the latest end before it. The case is closed where nothing of it is open and, with ``ends``, its last
    step is one of those. A step that was come to again was faulty the time before.
    """
    ordered = sorted(rows, key=lambda row: row["at"])
    pairing = _Pairing(nodes)
    with_steps = [(row, pairing.take(row)) for row in ordered]
    steps = sorted(pairing.steps, key=lambda step: (step.since, step.order))
    opened_at = min(step.first for step in steps)
    _number(steps)
    _make_available(steps, opened_at)
    done = [step.done_at for step in steps if step.done_at is not None]
    is_open = len(done) < len(steps)
    last = max(steps, key=lambda step: (step.done_at or step.since, step.order))
    if ends and not {last.node.id, last.node.title} & set(ends):
        is_open = True
    said = {name: row[name] for row in ordered for name in ("channel", "outcome") if row[name]}
    return PairedCase(
        external_id=external_id,
        opened_at=opened_at,
        closed_at=None if is_open else max(done),
        channel=said.get("channel", ""),
        outcome=said.get("outcome"),
        is_faulty=any(row["transition"] in _FAILED for row in ordered),
        steps=steps,
        rows=with_steps,
    )


def _number(steps: Sequence[Step]) -> None:
    visits: Counter[str] = Counter()
    last: dict[str, Step] = {}
    for place, step in enumerate(steps):
        visits[step.node.id] += 1
        step.attempt, step.place = visits[step.node.id], place
        if step.node.id in last:
            last[step.node.id].is_faulty = True
        last[step.node.id] = step


def _make_available(steps: Sequence[Step], opened_at: datetime) -> None:
    ends: list[datetime] = []
    for step in steps:
        if step.available_at is None:
            begins = step.first
            step.available_at = max((end for end in ends if end <= begins), default=min(opened_at, begins))
        if step.done_at is not None:
            ends.append(step.done_at)


class _Pairing:
    """The steps of one case so far."""

    def __init__(self, nodes: Mapping[str, DrawnNode]) -> None:
        self._nodes = nodes
        self.steps: list[Step] = []

    def take(self, row: Values) -> Step:
        """Let a row begin, change or end a step, and return that."""
        at: datetime = row["at"]
        transition = row["transition"] or COMPLETE
        step = self._step(row, transition)
        step.resource = row["resource"] or step.resource
        step.unit = row["unit"] or step.unit
        step.available_at = row["available_at"] or step.available_at
        if transition == "schedule":
            step.available_at = step.available_at or at
        elif transition in ("assign", "reassign"):
            step.claimed_at = step.claimed_at or at
        elif transition == "start":
            step.started_at = at
        elif transition == "suspend":
            step.stops.append((at, None))
        elif transition == "resume" and step.stops and step.stops[-1][1] is None:
            step.stops[-1] = (step.stops[-1][0], at)
        elif transition in _ENDED | _GONE:
            step.started_at = row["started_at"] or step.started_at
            step.done_at = at
            step.state = "done" if transition in _ENDED else "withdrawn"
            if step.stops and step.stops[-1][1] is None:
                step.stops[-1] = (step.stops[-1][0], at)
        if step.started_at is not None and step.claimed_at is None and transition == "start":
            step.claimed_at = step.started_at
        return step

    def _step(self, row: Values, transition: str) -> Step:
        name = row["activity"]
        node = self._nodes.get(name.casefold()) or DrawnNode(id=name, title=name)
        if row["started_at"] is None:
            waiting = [each for each in self.steps if each.node.id == node.id and each.done_at is None]
            fresh = [each for each in waiting if each.started_at is None]
            begun = [each for each in waiting if each.started_at is not None]
            fitting = fresh if transition in ("schedule", "assign", "reassign", "start") else begun or fresh
            if transition == "schedule":
                fitting = [each for each in fitting if each.available_at is None and each.claimed_at is None]
            if fitting:
                return fitting[0]
        step = Step(node=node, order=len(self.steps))
        self.steps.append(step)
        return step
