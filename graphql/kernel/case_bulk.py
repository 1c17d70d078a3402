"""One verb over many cases: what can't be done to one of them does not stop the rest."""

from __future__ import annotations

import uuid
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.cases.assignment import assign
from leancity.core.cases.bulk import BulkResult, bulk
from leancity.core.cases.handover import hand_over
from leancity.core.cases.moves import plain_move
from leancity.graphql.api import Context, Payload, UserError, field, mutation
from leancity.graphql.api.mutations import user_error
from leancity.graphql.kernel.case_parts import READ
from leancity.graphql.kernel.cases import Case, case_of


@strawberry.type(description="What became of one of the cases.")
class CaseBulkResult:
    id: uuid.UUID
    errors: list[UserError] = strawberry.field(description="Empty when it was done.")

    @classmethod
    def of(cls, result: BulkResult) -> Self:
        return cls(id=result.id, errors=[user_error(problem) for problem in result.problems])

    @field(permission=READ, description="The case as it is now.")
    async def case(self, info: Info[Context, None]) -> Case | None:
        return await case_of(info, self.id)


@strawberry.type
class CaseBulkPayload(Payload):
    results: list[CaseBulkResult] | None = strawberry.field(
        default=None, description="One for each id, in their order; null where nothing was begun."
    )

    @classmethod
    def of(cls, results: list[BulkResult]) -> Self:
        return cls(results=[CaseBulkResult.of(result) for result in results])


@strawberry.type
class CaseBulkMutation:
    @mutation(permission="core.case.assign", description="caseAssign for up to 500 cases.")
    async def case_bulk_assign(self, ids: list[uuid.UUID], user_id: uuid.UUID | None = None) -> CaseBulkPayload:
        return CaseBulkPayload.of(await bulk(ids, lambda each: assign(each, user_id)))

    @mutation(permission="core.case.assign", description="caseHandOver for up to 500 cases.")
    async def case_bulk_hand_over(
        self, ids: list[uuid.UUID], receiver_id: uuid.UUID, note: str = ""
    ) -> CaseBulkPayload:
        return CaseBulkPayload.of(await bulk(ids, lambda each: hand_over(each, receiver_id, note)))

    @mutation(permission=READ, description="caseMove for up to 500 cases.")
    async def case_bulk_move(
        self, ids: list[uuid.UUID], transition: str, outcome: str | None = None, note: str = ""
    ) -> CaseBulkPayload:
        return CaseBulkPayload.of(
            await bulk(ids, lambda each: plain_move(each, transition, outcome=outcome, note=note))
        )
