"""A case whose term is a day that somebody named: an order's, a contract's, not so and so many days from its filing."""

from __future__ import annotations

from datetime import datetime

from leancity.core.cases.journal import add_event
from leancity.core.cases.kinds import WHOLE, CaseKind
from leancity.core.cases.records import change_case
from leancity.core.cases.tables import CaseExtension, CaseRecord, CaseTerm
from leancity.core.cases.terms import change_terms, promise
from leancity.core.clock.city import YEARS_AHEAD, city_clock
from leancity.core.clock.deadline import DeadlineRule, StartRule
from leancity.core.clock.targets import TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity.core.clock.work_clock import OutsideCalendarError
from leancity.core.errors import refuse
from leancity.core.moment import now


async def hold_until(case: CaseRecord, kind: CaseKind, due_at: datetime, reason: str) -> bool:
    """Hold the whole of an open, locked case to a moment; return False where it is held to that one already.

    What its kind promises stays as it was promised, so that what it took is held against that too; only when it falls
    due is another. ``reason`` stands beside the moment. ``Refused``: no calendar reaches so far.
    """
    at = now()
    if due_at.year > at.year + YEARS_AHEAD:
        raise refuse("case_extension_too_long", "due_at")
    term = await _whole(case)
    if term is None:
        await promise(case, kind, await _until(case, due_at))
        term = await _whole(case)
    if term is None:
        return False
    last = (
        await CaseExtension.objects()
        .where(CaseExtension.term_id == term.id)
        .order_by(CaseExtension.at, ascending=False)
        .first()
    )
    if last is not None and last.due_at == due_at:
        return False
    await CaseExtension(case_id=case.id, term_id=term.id, reason=reason, at=at, due_at=due_at).save()
    try:
        await change_case(case, due_at=await change_terms(case, kind, at))
    except (OutsideCalendarError, OverflowError) as error:
        raise refuse("case_extension_too_long", "due_at") from error
    event = "promised" if last is None else "extended"
    await add_event(case, event, at=at, words={"reason": reason}, term_id=term.id, due_at=due_at)
    return True


async def _whole(case: CaseRecord) -> CaseTerm | None:
    whole = (CaseTerm.case_id == case.id) & (CaseTerm.stage == WHOLE) & CaseTerm.ended_at.is_null()
    return await CaseTerm.objects().where(whole & (CaseTerm.kind == TargetKind.TARGET.value)).first()


async def _until(case: CaseRecord, due_at: datetime) -> DeadlineRule:
    """Return a term that ends with the day of a moment: what a case is told whose kind promises nothing."""
    clock = await city_clock()
    days = (clock.last_day(due_at) - clock.day_of(case.opened_at)).days + 1
    return DeadlineRule(max(1, days), DeadlineUnit.CALENDAR_DAYS, StartRule.MOMENT)
