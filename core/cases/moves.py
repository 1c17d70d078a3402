"""Moving a case from state to state."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Self

from leancity.core.cases.checks import LONG, one_text
from leancity.core.cases.duties import made_on, require_apart
from leancity.core.cases.handover import withdraw_open
from leancity.core.cases.journal import STATE_ENTERED, add_event
from leancity.core.cases.kinds import WHOLE, CaseKind, Transition
from leancity.core.cases.pauses import end_pause
from leancity.core.cases.reach import reached, require_reach
from leancity.core.cases.records import change_case, find_case, lock_case
from leancity.core.cases.registry import apply_rules, open_kinds
from leancity.core.cases.tables import CaseEvent, CaseRecord
from leancity.core.cases.terms import change_terms, stages_of
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now


class Standing(NamedTuple):
    """Where a case stands."""

    id: uuid.UUID
    kind: str
    status: str

    @classmethod
    def of(cls, case: CaseRecord) -> Self:
        return cls(case.id, case.kind, case.status)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A move that was asked for. ``given``: for the rule ``case_moved`` and the process; ``by``: who asked, where a
    process makes it; ``is_later``: in a later step than theirs, or nobody asked."""

    step: Transition
    outcome: str | None = None
    note: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    by: uuid.UUID | None = None
    is_later: bool = False


async def available_moves(cases: Collection[Standing]) -> dict[uuid.UUID, list[Transition]]:
    """Return of each case the transitions that whoever asks may make of it now: of one whose process runs only those
    that it waits for."""
    from leancity.core.processes.running.waiting import awaited_moves  # as in ``_driven``

    kinds = open_kinds()
    awaited = await awaited_moves({case.id for case in cases})
    steps = {
        case.id: [
            step
            for step in moves_from(case.status, kinds[case.kind])
            if case.id not in awaited or step.name in awaited[case.id]
        ]
        for case in cases
    }
    asked = {(step.permission, step.by_receiver) for possible in steps.values() for step in possible}
    allowed = {
        (name, offered): await reached(name, steps, offered=offered) for name, offered in asked if name is not None
    }
    parted = {case for case, possible in steps.items() if any(step.apart_from for step in possible)}
    made = await made_on(parted)

    def is_open(case: uuid.UUID, step: Transition) -> bool:
        reaches = step.permission is not None and case in allowed[step.permission, step.by_receiver]
        return reaches and not made[case] & {*step.apart_from}

    return {case: [step for step in possible if is_open(case, step)] for case, possible in steps.items()}


def moves_from(status: str, kind: CaseKind) -> list[Transition]:
    """Return the transitions that lead out of a state."""
    return [step for step in kind.transitions if status in step.from_states]


async def move(
    case_id: uuid.UUID,
    transition: str,
    *,
    outcome: str | None = None,
    note: str = "",
    expected_version: int | None = None,
    data: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
) -> CaseRecord:
    """Move a case by a transition of its kind and return it; ``data``: facts for the event, without personal values.

    ``given`` is for the rule ``case_moved`` and for the process alone. A transition without a permission is the
    caller's to guard.

    A case whose process runs is moved by it: what the process waits for is answered, and the drawing says what follows.
    It may let the case stand where it is (an approval comes first); then the case is returned unmoved, and what was
    asked for is done once the drawing comes to it. Raises ``Forbidden``, or ``Refused`` where state, outcome, note,
    version, a rule, or the process forbids.
    """
    note = one_text("note", note, limit=LONG)
    async with tenant_tx(write=True):
        case, kind = await lock_case(case_id, permission=None, expected_version=expected_version, closed=True)
        step = kind.transition(transition)
        if step is None:
            raise refuse("not_found", "transition")
        outcome = await require_move(case, kind, step, outcome, note)
        asked = Asked(step=step, outcome=outcome, note=note, data=data or {}, given=given or {})
        return await _driven(case, kind, asked) or await make_move(case, kind, asked)


async def require_move(
    case: CaseRecord, kind: CaseKind, step: Transition, outcome: str | None, note: str
) -> str | None:
    """Refuse a move of a locked case to whoever asks for it, or return the outcome that the case will have."""
    if step.permission is not None:
        await require_reach(step.permission, case, offered=step.by_receiver)
    await require_apart(step, case, kind)
    return check_move(case, kind, step, outcome, note)


def check_move(case: CaseRecord, kind: CaseKind, step: Transition, outcome: str | None, note: str) -> str | None:
    """Refuse a move that does not fit the case, whoever asks, or return the outcome that the case will have."""
    if case.status not in step.from_states:
        raise refuse("case_transition_unavailable", "transition", status=case.status)
    if step.requires_note and not note:
        raise refuse("required", "note")
    closes, reopens = kind.state(step.to).is_final, case.closed_at is not None
    return _outcome(case, step, outcome, closes=closes, reopens=reopens)


async def make_move(case: CaseRecord, kind: CaseKind, asked: Asked) -> CaseRecord:
    """Make a move that was checked, and return the case. Joins the open unit, in which the case is locked.

    Leaving a state ends its terms, entering one begins those of today. Closing asks the modules' rules first, ends a
    pause and takes back an open offer. A move out of a final state reopens the case: its outcome goes, and the terms of
    the whole case begin anew.
    """
    step, outcome = asked.step, asked.outcome
    closes, reopens = kind.state(step.to).is_final, case.closed_at is not None
    if closes:
        await apply_rules("case_closing", case_id=case.id, kind=case.kind, outcome=outcome)
    left, at = case.status, await _moment(case)
    if closes:
        await withdraw_open(case, at)
        await end_pause(case, at)
    due_at = await change_terms(
        case,
        kind,
        at,
        leaves={left, WHOLE} if closes else {left},
        enters=stages_of(kind, step.to, first=reopens),
    )
    await change_case(case, status=step.to, outcome=outcome, closed_at=at if closes else None, due_at=due_at)
    facts: dict[str, Any] = {"from": left, "transition": step.name, "outcome": outcome, "final": closes}
    if asked.data:
        facts["data"] = dict(asked.data)
    if asked.by is not None and asked.by != current_principal().user_id:
        facts["asked_by"] = asked.by
    await add_event(case, STATE_ENTERED, at=at, words={"note": asked.note} if asked.note else None, **facts)
    await apply_rules(
        "case_moved",
        case=case,
        kind=case.kind,
        transition=step.name,
        note=asked.note,
        given=asked.given,
        is_later=asked.is_later,
    )
    return case


async def _driven(case: CaseRecord, kind: CaseKind, asked: Asked) -> CaseRecord | None:
    from leancity.core.processes.running.driving import drive  # the engine knows cases; they know only that it may run

    return await drive(case, kind, asked)


async def plain_move(
    case_id: uuid.UUID,
    transition: str,
    *,
    outcome: str | None = None,
    note: str = "",
    expected_version: int | None = None,
) -> CaseRecord:
    """Make a move that somebody asks for by its name; refuse one that is a part of a module's own mutation."""
    async with tenant_tx():
        _, kind = await find_case(case_id, permission=None)
    step = kind.transition(transition)
    if step is not None and step.mutation is not None:
        raise refuse("case_move_by_mutation", "transition", mutation=step.mutation)
    return await move(case_id, transition, outcome=outcome, note=note, expected_version=expected_version)


def _outcome(case: CaseRecord, step: Transition, outcome: str | None, *, closes: bool, reopens: bool) -> str | None:
    """Return the case's outcome after the step: the one given, or the one it had unless it is reopened."""
    if step.outcomes:
        if outcome is None:
            raise refuse("required", "outcome")
        if outcome not in step.outcomes:
            raise refuse("case_choice_unknown", "outcome", choices=", ".join(step.outcomes))
        return outcome
    if outcome is not None:
        raise refuse("case_outcome_unexpected", "outcome")
    kept = None if reopens and not closes else case.outcome
    if closes and kept is None:
        raise refuse("required", "outcome")
    return kept


async def _moment(case: CaseRecord) -> datetime:
    """Return now, or the last entry's moment where another machine's clock was ahead: entries stay in order."""
    last = (
        await CaseEvent.select(CaseEvent.at)
        .where((CaseEvent.case_id == case.id) & (CaseEvent.kind == STATE_ENTERED))
        .order_by(CaseEvent.at, ascending=False)
        .first()
    )
    return now() if last is None else max(now(), last["at"])
