"""Moving a case from state to state, and to the person who works on it."""

from __future__ import annotations

import uuid

import strawberry

from leancity.core.cases.assignment import assign
from leancity.core.cases.moves import plain_move
from leancity.graphql.api import mutation
from leancity.graphql.kernel.case_parts import READ
from leancity.graphql.kernel.cases import CasePayload


@strawberry.type
class CaseMoveMutation:
    @mutation(permission=READ, description="Make one of the case's availableMoves; each has a permission of its own.")
    async def case_move(
        self,
        case_id: uuid.UUID,
        transition: str,
        outcome: str | None = None,
        note: str = "",
        expected_version: int | None = None,
    ) -> CasePayload:
        case = await plain_move(case_id, transition, outcome=outcome, note=note, expected_version=expected_version)
        return CasePayload(case_id=case.id)

    @mutation(permission="core.case.assign", description="Give an open case to a person of its unit, or to nobody.")
    async def case_assign(
        self, case_id: uuid.UUID, user_id: uuid.UUID | None = None, expected_version: int | None = None
    ) -> CasePayload:
        case = await assign(case_id, user_id, expected_version=expected_version)
        return CasePayload(case_id=case.id)
