"""Standing still and more time: pauses of a case, extensions of one of its terms. Each has a reason."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from leancity.core.cases.checks import SHORT, one_text
from leancity.core.cases.journal import add_event
from leancity.core.cases.kinds import CaseKind
from leancity.core.cases.records import change_case, lock_case
from leancity.core.cases.tables import CaseExtension, CasePause, CaseRecord, CaseTerm
from leancity.core.cases.terms import change_terms
from leancity.core.clock.city import YEARS_AHEAD
from leancity.core.clock.deadline import Extension
from leancity.core.clock.targets import TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity.core.clock.work_clock import OutsideCalendarError
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.moment import now


async def pause(case_id: uuid.UUID, reason: str, *, expected_version: int | None = None) -> CaseRecord:
    """Let the terms of a case stand still; those that no pause stops (a legal limit may be such) run on."""
    reason = one_text("reason", reason, limit=SHORT, required=True)
    async with tenant_tx(write=True):
        case, kind = await lock_case(case_id, permission="core.case.pause", expected_version=expected_version)
        if await open_pause(case) is not None:
            raise refuse("case_paused_already", "case_id")
        await stand_still(case, kind, reason)
    return case


async def resume(case_id: uuid.UUID, *, expected_version: int | None = None) -> CaseRecord:
    """Let the terms of a paused case run again."""
    async with tenant_tx(write=True):
        case, kind = await lock_case(case_id, permission="core.case.pause", expected_version=expected_version)
        if not await go_on(case, kind):
            raise refuse("case_not_paused", "case_id")
    return case


async def stand_still(case: CaseRecord, kind: CaseKind, reason: str, **facts: Any) -> CasePause:
    """Begin a pause of a locked case that has none; ``facts`` go to the timeline with it. Rights are the caller's."""
    at = now()
    row = CasePause(case_id=case.id, reason=reason, from_at=at)
    await row.save()
    await _carry_on(case, kind, at)
    await add_event(case, "paused", at=at, words={"reason": reason}, **facts)
    await _carry_process(case)
    return row


async def go_on(case: CaseRecord, kind: CaseKind) -> bool:
    """End the pause of a locked case and carry on all that it stopped; return False where it has none."""
    at = now()
    if not await end_pause(case, at):
        return False
    await _carry_on(case, kind, at)
    await _carry_process(case)
    return True


async def end_pause(case: CaseRecord, at: datetime) -> bool:
    """End the pause of a locked case; return False where it has none. The caller carries on the terms."""
    row = await open_pause(case)
    if row is None:
        return False
    row.until_at = max(at, row.from_at)
    await row.save([CasePause.until_at])
    await add_event(case, "resumed", at=at)
    return True


async def extend(
    term_id: uuid.UUID,
    reason: str,
    *,
    amount: float | None = None,
    unit: DeadlineUnit | None = None,
    due_at: datetime | None = None,
    expected_version: int | None = None,
) -> CaseRecord:
    """Give one running term more time: ``amount`` of ``unit`` on top, or a later ``due_at``.

    The other terms stay: more time for a service target moves no legal limit. ``Refused`` names what doesn't fit.
    """
    reason = one_text("reason", reason, limit=SHORT, required=True)
    at = now()
    try:
        Extension(reason, at, amount, unit, due_at)
    except (ValueError, OverflowError) as error:
        raise refuse("case_extension_invalid", "amount") from error
    if due_at is not None and due_at.tzinfo is None:
        raise refuse("case_extension_invalid", "due_at")
    async with tenant_tx(write=True):
        case_id = (await _term(term_id)).case_id
        case, kind = await lock_case(case_id, permission="core.case.pause", expected_version=expected_version)
        term = await _term(term_id)
        if term.ended_at is not None or term.kind == TargetKind.BASELINE:
            raise refuse("case_term_not_running", "term_id")
        if due_at is not None and (due_at <= at or (term.due_at is not None and due_at <= term.due_at)):
            raise refuse("case_extension_not_later", "due_at")
        row = CaseExtension(
            case_id=case.id,
            term_id=term.id,
            reason=reason,
            at=at,
            amount=amount,
            unit=None if unit is None else unit.value,
            due_at=due_at,
        )
        await row.save()
        too_long = refuse("case_extension_too_long", "due_at" if amount is None else "amount")
        try:
            await _carry_on(case, kind, at)
        except (OutsideCalendarError, OverflowError) as error:
            raise too_long from error
        await term.refresh()
        if term.due_at is not None and term.due_at.year > at.year + YEARS_AHEAD:
            raise too_long
        facts = {"term_id": term.id, "amount": amount, "unit": row.unit, "due_at": due_at}
        await add_event(case, "extended", at=at, words={"reason": reason}, **facts)
    return case


async def _carry_on(case: CaseRecord, kind: CaseKind, at: datetime) -> None:
    await change_case(case, due_at=await change_terms(case, kind, at))


async def _carry_process(case: CaseRecord) -> None:
    from leancity.core.processes.running.pausing import carry_process  # the engine is heavy, and pauses are rare

    await carry_process(case)


async def open_pause(case: CaseRecord) -> CasePause | None:
    """Return the pause of a case that lasts; None where there is none."""
    query = CasePause.objects().where((CasePause.case_id == case.id) & CasePause.until_at.is_null())
    return await query.first()


async def _term(term_id: uuid.UUID) -> CaseTerm:
    term = await CaseTerm.objects().where(CaseTerm.id == term_id).first()
    if term is None:
        raise refuse("not_found", "term_id")
    return term
