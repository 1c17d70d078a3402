"""What is added to a case, open or closed: comments, files, relations."""

from __future__ import annotations

import uuid

import strawberry

from leancity.core.cases.attachments import Attachment, attach_file
from leancity.core.cases.comments import comment
from leancity.core.cases.relations import relate, unrelate
from leancity.graphql.api import mutation
from leancity.graphql.kernel.cases import CasePayload
from leancity.graphql.kernel.choices import CaseFileRole, CaseRelationKind, CaseVisibility


@strawberry.type
class CaseNoteMutation:
    @mutation(permission="core.case.comment")
    async def case_comment(
        self, case_id: uuid.UUID, body: str, visibility: CaseVisibility = CaseVisibility.INTERNAL
    ) -> CasePayload:
        row = await comment(case_id, body, visibility.value)
        return CasePayload(case_id=row.case_id)

    @mutation(permission="core.case.comment", description="Hang an uploaded file on a case.")
    async def case_attach(
        self,
        case_id: uuid.UUID,
        file_id: uuid.UUID,
        claim: str = "",
        role: CaseFileRole = CaseFileRole.ATTACHMENT,
        visibility: CaseVisibility = CaseVisibility.INTERNAL,
    ) -> CasePayload:
        attachment = Attachment(file_id=file_id, claim=claim, role=role.value, visibility=visibility.value)
        return CasePayload(case_id=(await attach_file(case_id, attachment)).case_id)

    @mutation(permission="core.case.relate", description="Say what a case is to another one.")
    async def case_relate(self, case_id: uuid.UUID, other_id: uuid.UUID, kind: CaseRelationKind) -> CasePayload:
        return CasePayload(case_id=(await relate(case_id, other_id, kind.value)).case_id)

    @mutation(permission="core.case.relate", description="Take back a relation.")
    async def case_unrelate(self, relation_id: uuid.UUID) -> CasePayload:
        return CasePayload(case_id=(await unrelate(relation_id)).id)
