"""What a kind of case is, as data: its states, the moves between them, its outcomes and its terms.

A module returns its kinds from ``register_case_kinds``. Each checks itself when it is made, so a mistake stops the
start with the kind's name rather than a case half-way.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from leancity.core.clock.escalation import EscalationStep
from leancity.core.clock.targets import Target, TargetKind
from leancity.core.errors import StartupError

WHOLE = "*"
"""The stage that lasts from filing to closing."""

FILING = "filing"
"""Stands among transitions for the filing of the case."""

_KEY = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_PREFIX = re.compile(r"[A-Z][A-Z0-9]{0,9}")


@dataclass(frozen=True, kw_only=True)
class CaseState:
    """A state a case may be in. In a final one it is closed."""

    key: str
    title: Mapping[str, str]
    is_final: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a case ended: fixed, not fixed, not ours, a duplicate. «Closed» is a state and says nothing of it."""

    key: str
    title: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Transition:
    """A move into ``to`` from any of ``from_states``, for whoever has ``permission``.

    Without a permission it is a part of the module's own ``mutation`` or job, which knows by other means who may make
    it: the resident who filed the case, a city that took it over.

    Where ``outcomes`` names any, one of them must be given; ``requires_note`` asks for a reason in words. ``mutation``
    names the module's own mutation where the move is only a part of what it does (an offer to a unit goes with it):
    nobody makes such a move by itself. ``by_receiver``: the unit that has been offered the case makes it too, though
    the giver still holds the case. ``apart_from`` names transitions, or ``FILING``: who has made one of them on a
    case does not make this one on it, for who enters does not approve.
    """

    name: str
    title: Mapping[str, str]
    from_states: tuple[str, ...]
    to: str
    permission: str | None
    outcomes: tuple[str, ...] = ()
    requires_note: bool = False
    mutation: str | None = None
    by_receiver: bool = False
    apart_from: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StageTerm:
    """A figure for a stage (a state's key, or ``WHOLE``) and the steps of escalation along it."""

    stage: str
    target: Target
    escalation: tuple[EscalationStep, ...] = ()


Shown: TypeAlias = Callable[[Collection[uuid.UUID]], Awaitable[Collection[uuid.UUID]]]


@dataclass(frozen=True, kw_only=True)
class CaseKind:
    """A kind of case. ``key`` is ``<module>.<kind>``; ``prefix`` begins its numbers: CP gives CP-2026-000123.

    ``filing_permission`` None lets anybody file one through the module's door. ``reading_permission`` makes it a kind
    apart: its cases are open to who has that permission, as far as it reaches, and not to who has ``core.case.read``.
    ``shown`` returns of some cases those that the module shows to whoever asks: public files of the others are for who
    may see the case; None shows all, of a kind apart none.
    Raises ``StartupError`` naming the kind for whatever contradicts itself.
    """

    key: str
    title: Mapping[str, str]
    prefix: str
    states: tuple[CaseState, ...]
    initial: str
    transitions: tuple[Transition, ...]
    outcomes: tuple[Outcome, ...] = ()
    terms: tuple[StageTerm, ...] = ()
    filing_permission: str | None = None
    reading_permission: str | None = None
    shown: Shown | None = None

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise StartupError(f"{self.key}: {problem}")

    @property
    def module(self) -> str:
        return self.key.partition(".")[0]

    def state(self, key: str) -> CaseState:
        """Return a state by its key; raise ``KeyError`` for one that the kind hasn't (any more)."""
        return {state.key: state for state in self.states}[key]

    def transition(self, name: str) -> Transition | None:
        """Return a transition by its name."""
        return next((transition for transition in self.transitions if transition.name == name), None)

    def permissions(self) -> Iterator[str]:
        """Yield the permissions that the kind names."""
        if self.filing_permission is not None:
            yield self.filing_permission
        if self.reading_permission is not None:
            yield self.reading_permission
        yield from (step.permission for step in self.transitions if step.permission is not None)


def check_kinds(kinds: Iterable[CaseKind]) -> None:
    """Raise ``StartupError`` where two kinds would draw the same numbers."""
    owners: dict[str, str] = {}
    for kind in kinds:
        other = owners.setdefault(kind.prefix, kind.key)
        if other != kind.key:
            raise StartupError(f"{kind.key}: {other} numbers its cases {kind.prefix} too")


def _problems(kind: CaseKind) -> Iterator[str]:
    """Yield what is wrong with a kind; later checks rely on earlier ones, so only the first counts."""
    states = {state.key: state for state in kind.states}
    outcomes = {outcome.key for outcome in kind.outcomes}
    if not _KEY.fullmatch(kind.key):
        yield "a key is <module>.<kind> in lower case"
    if not _PREFIX.fullmatch(kind.prefix):
        yield f"the prefix {kind.prefix!r} must be 1 to 10 capital letters or digits"
    titles = [("it", kind.title)]
    titles += [(f"the state {state.key!r}", state.title) for state in kind.states]
    titles += [(f"the outcome {outcome.key!r}", outcome.title) for outcome in kind.outcomes]
    titles += [(f"the transition {transition.name!r}", transition.title) for transition in kind.transitions]
    yield from (f"{what} needs a title in ru and en" for what, title in titles if not {"ru", "en"} <= title.keys())
    for what, names in (
        ("state", [state.key for state in kind.states]),
        ("outcome", [outcome.key for outcome in kind.outcomes]),
        ("transition", [transition.name for transition in kind.transitions]),
        ("term", [f"{term.stage} {term.target.kind}" for term in kind.terms]),
    ):
        yield from (f"the {what} {name!r} is there twice" for name in sorted(set(names)) if names.count(name) > 1)
    if WHOLE in states:
        yield f"{WHOLE!r} can't be a state, it stands for the whole case"
    if kind.initial not in states:
        yield f"the initial state {kind.initial!r} is not one of its states"
    if not any(state.is_final for state in kind.states):
        yield "no state is final, its cases could never be closed"
    if states[kind.initial].is_final:
        yield f"the initial state {kind.initial!r} is final"
    steps = {FILING, *(transition.name for transition in kind.transitions)}
    for transition in kind.transitions:
        yield from _transition_problems(transition, states.keys(), outcomes, steps)
    yield from _path_problems(kind, states)
    for term in kind.terms:
        if term.stage != WHOLE and (term.stage not in states or states[term.stage].is_final):
            yield f"a term for {term.stage!r}, which is no state that a case waits in"
        if term.escalation and term.target.kind is TargetKind.BASELINE:
            yield f"{term.stage}: a baseline promises nothing that could be escalated"


def _transition_problems(
    transition: Transition, states: Iterable[str], outcomes: set[str], names: set[str]
) -> Iterator[str]:
    if not transition.from_states:
        yield f"the transition {transition.name!r} begins in no state"
    for state in (*transition.from_states, transition.to):
        if state not in states:
            yield f"the transition {transition.name!r} names an unknown state {state!r}"
    for outcome in transition.outcomes:
        if outcome not in outcomes:
            yield f"the transition {transition.name!r} names an unknown outcome {outcome!r}"
    if transition.permission is None and (transition.mutation is None or transition.by_receiver):
        yield f"the transition {transition.name!r} without a permission must be a part of a mutation"
    for other in transition.apart_from:
        if other not in names or other == transition.name:
            yield f"the transition {transition.name!r} can't be apart from {other!r}"


def _path_problems(kind: CaseKind, states: Mapping[str, CaseState]) -> Iterator[str]:
    """Yield the states that no path leads to, and those that no path leads out of to a final one."""
    onward: dict[str, set[str]] = {key: set() for key in states}
    back: dict[str, set[str]] = {key: set() for key in states}
    for transition in kind.transitions:
        for state in transition.from_states:
            onward[state].add(transition.to)
            back[transition.to].add(state)
    reached = _closure({kind.initial}, onward)
    closing = _closure({key for key, state in states.items() if state.is_final}, back)
    yield from (f"the state {key!r} can't be reached" for key in states if key not in reached)
    yield from (f"no way leads from the state {key!r} to a final one" for key in states if key not in closing)


def _closure(begin: set[str], steps: Mapping[str, set[str]]) -> set[str]:
    found, waiting = set(begin), list(begin)
    while waiting:
        more = steps[waiting.pop()] - found
        found |= more
        waiting += more
    return found
