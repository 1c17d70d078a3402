"""Chasing bodies whose answer is late, and forgetting what is needed no longer."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from leancity.core.cases.comments import comment
from leancity.core.cases.records import lock_case
from leancity.core.db.unit import tenant_tx
from leancity.core.i18n.catalogue import text
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.plugins.contributions import Job, Schedule
from leancity.core.tenancy.context import current_tenant
from leancity_earthworks import service
from leancity_earthworks.approvals import CHASE, WAITING, body_titles, working_days_on
from leancity_earthworks.tables import EarthworksApproval, EarthworksPermit

FORGET = "earthworks.forget_phones"
PHONE_KEPT = timedelta(days=365)


async def chase(payload: dict[str, Any]) -> None:
    """Name the late bodies of ``payload["case_id"]`` on its timeline and come again, until all have answered.

    The comment, the count and the next job commit with the record that this one is done, so nothing is said twice.
    """
    case_id = uuid.UUID(payload["case_id"])
    async with tenant_tx(write=True):
        case, _ = await lock_case(case_id, permission=None, closed=True)
        waiting = await EarthworksApproval.objects().where(
            (EarthworksApproval.case_id == case_id) & (EarthworksApproval.answer == WAITING)
        )
        if case.closed_at is not None or not waiting:
            return
        late = [approval for approval in waiting if approval.answer_by <= now()]
        if not late:
            await enqueue(CHASE, payload, min(approval.answer_by for approval in waiting))
            return
        bodies = ", ".join(sorted((await body_titles(late)).values()))
        await comment(case_id, text("earthworks.late", current_tenant().locale, {"bodies": bodies}))
        for approval in late:
            approval.reminders += 1
            await approval.save([EarthworksApproval.reminders])
        await enqueue(CHASE, payload, await working_days_on((await service.settings()).chase_days))


async def forget_phones(payload: dict[str, Any]) -> None:
    """Remove the phones of applicants whose surface was to be restored over a year ago: nobody will ring them up."""
    async with tenant_tx(write=True):
        old = EarthworksPermit.restored_by < service.today() - PHONE_KEPT
        await EarthworksPermit.update({EarthworksPermit.applicant_phone: ""}).where(old)


JOBS = (Job(name=CHASE, run=chase), Job(name=FORGET, run=forget_phones))
SCHEDULES = (Schedule(name="earthworks.forgetting", cron="30 4 * * *", job=FORGET),)
