"""Standing still and more time."""

from __future__ import annotations

import uuid
from datetime import datetime

import strawberry

from leancity.core.cases import pauses
from leancity.core.clock.units import DeadlineUnit
from leancity.graphql.api import mutation
from leancity.graphql.kernel.cases import CasePayload

PAUSE = "core.case.pause"


@strawberry.type
class CaseTermMutation:
    @mutation(permission=PAUSE, description="Let the terms of a case stand still, as far as a pause stops them.")
    async def case_pause(self, case_id: uuid.UUID, reason: str, expected_version: int | None = None) -> CasePayload:
        return CasePayload(case_id=(await pauses.pause(case_id, reason, expected_version=expected_version)).id)

    @mutation(permission=PAUSE, description="Let the terms of a paused case run again.")
    async def case_resume(self, case_id: uuid.UUID, expected_version: int | None = None) -> CasePayload:
        return CasePayload(case_id=(await pauses.resume(case_id, expected_version=expected_version)).id)

    @mutation(permission=PAUSE, description="Give one running term more time: an amount of a unit, or a later dueAt.")
    async def case_extend(
        self,
        term_id: uuid.UUID,
        reason: str,
        amount: float | None = None,
        unit: DeadlineUnit | None = None,
        due_at: datetime | None = None,
        expected_version: int | None = None,
    ) -> CasePayload:
        case = await pauses.extend(
            term_id, reason, amount=amount, unit=unit, due_at=due_at, expected_version=expected_version
        )
        return CasePayload(case_id=case.id)
