"""Hand-over of a case from unit to unit."""

from __future__ import annotations

import uuid

import strawberry

from leancity.core.cases import handover
from leancity.graphql.api import mutation
from leancity.graphql.kernel.cases import CasePayload


@strawberry.type
class CaseHandoverMutation:
    @mutation(
        permission="core.case.assign", description="Offer an open case to a unit, which holds it once it accepts."
    )
    async def case_hand_over(
        self, case_id: uuid.UUID, receiver_id: uuid.UUID, note: str = "", expected_version: int | None = None
    ) -> CasePayload:
        offer = await handover.hand_over(case_id, receiver_id, note, expected_version=expected_version)
        return CasePayload(case_id=offer.case_id)

    @mutation(permission="core.case.accept", description="Accept an offer to the viewer's unit.")
    async def case_hand_over_accept(self, handover_id: uuid.UUID) -> CasePayload:
        return CasePayload(case_id=(await handover.accept(handover_id)).id)

    @mutation(permission="core.case.accept", description="Turn down an offer to the viewer's unit.")
    async def case_hand_over_return(self, handover_id: uuid.UUID, reason: str) -> CasePayload:
        return CasePayload(case_id=(await handover.return_(handover_id, reason)).id)

    @mutation(permission="core.case.assign", description="Take back an offer that was not answered yet.")
    async def case_hand_over_withdraw(self, handover_id: uuid.UUID, reason: str = "") -> CasePayload:
        return CasePayload(case_id=(await handover.withdraw(handover_id, reason)).id)
