"""When the steps of a running term fire: copied with the term, moved with it by pauses and extensions."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from leancity.core.cases.tables import CaseEscalation, CaseTerm
from leancity.core.clock.escalation import EscalationStep, escalations
from leancity.core.clock.pauses import Pause
from leancity.core.clock.targets import StageTarget
from leancity.core.clock.work_clock import WorkClock
from leancity.core.jobs.outbox import enqueue


async def plan(term: CaseTerm, steps: Sequence[EscalationStep]) -> None:
    """Copy the steps with their term; ``replan`` gives them their moments."""
    for step in steps:
        copied = msgspec.json.encode(step).decode()
        await CaseEscalation(case_id=term.case_id, term_id=term.id, step=copied).save()


async def replan(term: CaseTerm, target: StageTarget, clock: WorkClock, pauses: Sequence[Pause]) -> None:
    """Give each step that has not fired its moment, none while the term is paused, and a job at a moment that is new.

    A job that is overtaken finds the step's moment moved and does nothing.
    """
    waiting = await CaseEscalation.objects().where(
        (CaseEscalation.term_id == term.id) & CaseEscalation.fired_at.is_null()
    )
    for row in waiting:
        step = msgspec.json.decode(row.step, type=EscalationStep)
        at = None
        if target.starts_at is not None and target.due_at is not None:
            planned = escalations([step], target.rule, target.starts_at, target.due_at, clock, pauses)
            at = planned[0].at if planned else None
        if at == row.at:
            continue
        row.at = at
        await row.save([CaseEscalation.at])
        if at is not None:
            await ask(row)


async def ask(row: CaseEscalation) -> None:
    """Ask for the job that will tell this step."""
    await enqueue("core.case_escalate", {"escalation_id": str(row.id)}, row.at)
