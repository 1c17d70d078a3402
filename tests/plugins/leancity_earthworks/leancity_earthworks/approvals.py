"""Collecting the approvals: the applicant takes no part in it."""

from __future__ import annotations

import json
import uuid
from datetime import datetime

from leancity.core.audit.log import record
from leancity.core.cases.checks import LONG, one_text
from leancity.core.cases.moves import move
from leancity.core.cases.records import lock_case
from leancity.core.cases.tables import CaseRecord
from leancity.core.clock.city import city_clock
from leancity.core.clock.deadline import DeadlineRule, StartRule, deadline
from leancity.core.clock.units import DeadlineUnit
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.core.jobs.outbox import enqueue
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.tenancy.context import current_tenant
from leancity_earthworks import service
from leancity_earthworks.kinds import ISSUED, KEY, REFUSED, SUBMITTED
from leancity_earthworks.permissions import GIVE
from leancity_earthworks.tables import EarthworksApproval, EarthworksBody

WAITING, APPROVED = "waiting", "approved"
CHASE = "earthworks.chase"
PERMITS = "earthworks.permits"
"""What is announced when a permit is issued: its id."""


async def request(case_id: uuid.UUID, kind: str) -> None:
    """Ask every body of the city about a new application. Heard a second time, it finds them asked and does nothing."""
    if kind != KEY:
        return
    async with tenant_tx(write=True):
        case, _ = await lock_case(case_id, permission=None, closed=True)
        if case.status != SUBMITTED:
            return
        bodies = await service.active_bodies()
        if not bodies:
            raise refuse("earthworks.bodies_missing")
        asked_at, answer_by = now(), await working_days_on((await service.settings()).answer_days)
        for body in bodies:
            await EarthworksApproval(case_id=case_id, body_id=body.id, asked_at=asked_at, answer_by=answer_by).save()
        await move(case_id, "ask", data={"bodies": [body.key for body in bodies]})
        await enqueue(CHASE, {"case_id": str(case_id)}, answer_by)


async def approve(approval_id: uuid.UUID) -> CaseRecord:
    """Agree for a body. The last answer decides the application."""
    return await _answer(approval_id, APPROVED, "")


async def turn_down(approval_id: uuid.UUID, reason: str) -> CaseRecord:
    """Disagree for a body, with a reason. The others still answer: the applicant gets all the reasons at once."""
    return await _answer(approval_id, REFUSED, one_text("reason", reason, limit=LONG, required=True))


async def require_all_approvals(case_id: uuid.UUID, kind: str, outcome: str) -> None:
    """Refuse to issue a permit that a body has not agreed to, whoever moves the case and by whatever door."""
    if kind != KEY or outcome != ISSUED:
        return
    answers = [row.answer for row in await _of(case_id)]
    if not answers or set(answers) != {APPROVED}:
        missing = len([answer for answer in answers if answer != APPROVED])
        raise refuse("earthworks.approvals_missing", "outcome", missing=missing, asked=len(answers))


async def working_days_on(days: int) -> datetime:
    """Return the end of the ``days``-th working day after today, by the city's calendar."""
    rule = DeadlineRule(days, DeadlineUnit.WORKING_DAYS, StartRule.NEXT_DAY)
    moment = deadline(rule, now(), await city_clock()).due_at
    if moment is None:
        raise AssertionError("a term without pauses falls due")
    return moment


async def body_titles(approvals: list[EarthworksApproval]) -> dict[uuid.UUID, str]:
    """Return what the bodies of approvals are called in the city's language, by the body's id."""
    ids = [approval.body_id for approval in approvals]
    bodies = await EarthworksBody.objects().where(EarthworksBody.id.is_in(ids)) if ids else []
    return {body.id: pick(json.loads(body.title), current_tenant().locale) for body in bodies}


async def _answer(approval_id: uuid.UUID, answer: str, reason: str) -> CaseRecord:
    who = current_principal()
    who.require(GIVE)
    async with tenant_tx(write=True):
        approval = await EarthworksApproval.objects().where(EarthworksApproval.id == approval_id).first()
        if approval is None:
            raise refuse("not_found", "id")
        case, _ = await lock_case(
            approval.case_id, permission=None
        )  # of two last answers one waits and then sees the other
        await approval.refresh()
        body = await EarthworksBody.objects().get(EarthworksBody.id == approval.body_id)
        if body is None or (body.unit_id is not None and not who.is_system and who.unit_id != body.unit_id):
            raise refuse("earthworks.other_body", "id")
        if approval.answer != WAITING:
            raise refuse("earthworks.answered_already", "id")
        approval.answer, approval.reason = answer, reason
        approval.answered_at, approval.officer_id = now(), who.user_id
        await approval.save()
        await record("earthworks.approval.answered", "case", case.id, body=body.key, answer=answer)
        return await _decide(case)


async def _decide(case: CaseRecord) -> CaseRecord:
    """Issue or refuse the permit once nobody is waited for."""
    approvals = await _of(case.id)
    if any(row.answer == WAITING for row in approvals):
        return case
    against = [row for row in approvals if row.answer == REFUSED]
    if not against:
        await announce(PERMITS, case.id)
        return await move(case.id, "issue", outcome=ISSUED)
    titles = await body_titles(against)
    reasons = "\n".join(f"{titles[row.body_id]}: {row.reason}" for row in against)
    return await move(case.id, "refuse", outcome=REFUSED, note=reasons[:LONG])


async def _of(case_id: uuid.UUID) -> list[EarthworksApproval]:
    query = EarthworksApproval.objects().where(EarthworksApproval.case_id == case_id)
    return await query.order_by(EarthworksApproval.id)
