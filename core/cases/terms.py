"""The terms of a case: copied when a stage is entered, carried on by pauses and extensions, measured when it is left.

What is promised for a stage may change at any time; a case is held to the copy it got when it entered, so that
history does not jump.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from leancity.core.cases.escalations import ask, plan, replan
from leancity.core.cases.journal import add_event
from leancity.core.cases.kinds import WHOLE, CaseKind, StageTerm
from leancity.core.cases.records import change_case, lock_case
from leancity.core.cases.tables import CaseEscalation, CaseExtension, CasePause, CaseRecord, CaseTerm
from leancity.core.clock.city import city_clock
from leancity.core.clock.deadline import DeadlineRule, Extension
from leancity.core.clock.escalation import EscalationStep
from leancity.core.clock.measure import elapsed
from leancity.core.clock.pauses import Pause
from leancity.core.clock.targets import StageTarget, Target, TargetKind, recomputed
from leancity.core.clock.units import DeadlineUnit
from leancity.core.clock.work_clock import WorkClock
from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now
from leancity.core.plugins.gate import require_open


def stages_of(kind: CaseKind, state: str, *, first: bool) -> set[str]:
    """Return the stages that begin with entering ``state``; ``first``: when filed, or reopened after a closing."""
    if kind.state(state).is_final:
        return set()
    return {state, WHOLE} if first else {state}


async def pauses_of(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Pause]]:
    """Return the pauses of cases, oldest first."""
    found: dict[uuid.UUID, list[Pause]] = defaultdict(list)
    query = CasePause.objects().where(CasePause.case_id.is_in([*case_ids])).order_by(CasePause.from_at)
    for row in await query:
        found[row.case_id].append(Pause(row.reason, row.from_at, row.until_at))
    return found


async def change_terms(
    case: CaseRecord, kind: CaseKind, at: datetime, *, leaves: Collection[str] = (), enters: Collection[str] = ()
) -> datetime | None:
    """End the terms of the stages that are left, begin those of the ones entered, and carry on the rest.

    Returns when the case, whose row must be locked, falls due now. Also called with no stages, after a pause, a
    resumption or an extension.
    """
    running = await CaseTerm.objects().where((CaseTerm.case_id == case.id) & CaseTerm.ended_at.is_null())
    begun = [promise for promise in kind.terms if promise.stage in enters]
    if not running and not begun:
        return None
    clock = await city_clock()
    pauses = (await pauses_of([case.id])).get(case.id, [])
    for term in [term for term in running if term.stage in leaves]:
        await _end(term, at, clock, pauses)
        running.remove(term)
    running += [await _begin(case, promise, at) for promise in begun]
    extensions = await _extensions(case)
    for term in running:
        await _carry_on(term, clock, pauses, extensions[term.id])
    return min((term.due_at for term in running if term.due_at is not None), default=None)


async def promise(case: CaseRecord, kind: CaseKind, rule: DeadlineRule) -> None:
    """Hold the whole of an open, locked case to another target than its kind's; the same one again changes nothing.

    For a module that knows more of a case than its kind: what it is about, where, what the city says of that. The
    clock goes on from where the term began. Where the kind has no target for the whole, this is it from now on.
    """
    whole = (CaseTerm.case_id == case.id) & (CaseTerm.stage == WHOLE) & CaseTerm.ended_at.is_null()
    term = await CaseTerm.objects().where(whole & (CaseTerm.kind == TargetKind.TARGET.value)).first()
    at = now()
    if term is None:
        await _begin(case, StageTerm(stage=WHOLE, target=Target(TargetKind.TARGET, rule)), at)
    elif rule_of(term) == rule:
        return
    else:
        term.rule, term.amount, term.unit = msgspec.json.encode(rule).decode(), rule.amount, rule.unit.value
        term.assumed, term.source = rule.assumed, rule.source
        await term.save([CaseTerm.rule, CaseTerm.amount, CaseTerm.unit, CaseTerm.assumed, CaseTerm.source])
    await change_case(case, due_at=await change_terms(case, kind, at))
    await add_event(case, "promised", at=at, amount=rule.amount, unit=rule.unit.value, due_at=case.due_at)


async def _begin(case: CaseRecord, promise: StageTerm, at: datetime) -> CaseTerm:
    rule = promise.target.rule
    term = CaseTerm(
        case_id=case.id,
        stage=promise.stage,
        kind=promise.target.kind.value,
        amount=rule.amount,
        unit=rule.unit.value,
        assumed=rule.assumed,
        source=rule.source,
        rule=msgspec.json.encode(rule).decode(),
        started_at=at,
    )
    await term.save()
    await plan(term, promise.escalation)
    return term


async def _end(term: CaseTerm, at: datetime, clock: WorkClock, pauses: list[Pause]) -> None:
    rule = rule_of(term)
    term.ended_at = at
    term.elapsed = elapsed(rule.unit, term.started_at, at, clock, pauses if rule.pausable else ())
    term.time_left = None
    await term.save([CaseTerm.ended_at, CaseTerm.elapsed, CaseTerm.time_left])


async def _carry_on(term: CaseTerm, clock: WorkClock, pauses: list[Pause], extensions: list[Extension]) -> None:
    copied = StageTarget(term.stage, TargetKind(term.kind), rule_of(term), term.started_at)
    today = recomputed(copied, clock, pauses, extensions)
    if (today.due_at, today.left) != (term.due_at, term.time_left):
        term.due_at, term.time_left = today.due_at, today.left
        await term.save([CaseTerm.due_at, CaseTerm.time_left])
    await replan(term, today, clock, pauses)


async def _extensions(case: CaseRecord) -> dict[uuid.UUID, list[Extension]]:
    found: dict[uuid.UUID, list[Extension]] = defaultdict(list)
    for row in await CaseExtension.objects().where(CaseExtension.case_id == case.id).order_by(CaseExtension.at):
        unit = None if row.unit is None else DeadlineUnit(row.unit)
        found[row.term_id].append(Extension(row.reason, row.at, row.amount, unit, row.due_at))
    return found


def rule_of(term: CaseTerm) -> DeadlineRule:
    """Return the rule that the case is held to."""
    return msgspec.json.decode(term.rule, type=DeadlineRule)


async def escalate(payload: dict[str, Any]) -> None:
    """Job: put the step ``payload["escalation_id"]`` of a term that still runs on the timeline, as ``escalated``.

    A paused, moved or fired step does nothing (a moved one has a job of its own); a closed module's waits.
    """
    async with tenant_tx(write=True):
        query = CaseEscalation.objects().where(CaseEscalation.id == uuid.UUID(payload["escalation_id"]))
        if (row := await query.first()) is None:
            return
        kinds = await CaseRecord.select(CaseRecord.kind).where(CaseRecord.id == row.case_id).output(as_list=True)
        require_open(kinds[0])
        case, _ = await lock_case(row.case_id, permission=None, closed=True)
        await row.refresh()
        term = await CaseTerm.objects().get(CaseTerm.id == row.term_id)
        if term is None or term.ended_at is not None or row.fired_at is not None or row.at is None:
            return
        if row.at > now():
            await ask(row)
            return
        row.fired_at = now()
        await row.save([CaseEscalation.fired_at])
        step = msgspec.json.decode(row.step, type=EscalationStep)
        await add_event(
            case, "escalated", term_id=term.id, stage=term.stage, term=term.kind, to=step.to, message=step.message
        )
