"""Versions of a process's drawing: uploaded, read, filled in, exported, held beside one another."""

from __future__ import annotations

import base64
import json
import uuid
from datetime import datetime
from functools import partial
from typing import Any, Self

import strawberry
from strawberry.types import Info

from leancity.core.errors import Problem, refuse
from leancity.core.imports.tables import ImportRun
from leancity.core.processes.bpmn.model import Metrics
from leancity.core.processes.versions import (
    batches,
    content,
    drafts,
    drawings,
    library,
    tables,
    testing,
    uploading,
)
from leancity.core.processes.versions.drawings import ExportProfile
from leancity.core.processes.versions.stages import CHANGE, READ, Stage, VersionKind
from leancity.graphql.api import JSON, Context, Payload, UserError, field, mutation, user_error
from leancity.graphql.kernel import process_parts as parts
from leancity.graphql.kernel.loading import found_by_id
from leancity.graphql.kernel.people import OrgUnit, User, unit_of, user_of

strawberry.enum(VersionKind, name="ProcessVersionKind", description="What a drawing shows.")
strawberry.enum(ExportProfile, name="ProcessExportProfile", description="For whom a drawing is exported.")


@strawberry.type(description="A drawing of a process and how far it has come on its way to production.")
class ProcessVersion:
    id: uuid.UUID
    process_id: uuid.UUID
    no: int
    kind: VersionKind
    stage: Stage
    note: str
    xml_sha256: str
    process_element: str = strawberry.field(description="The id of the process in the drawing.")
    starts_at: list[str] = strawberry.field(description="The nodes that begin its lead time.")
    ends_at: list[str] = strawberry.field(description="The nodes that end its lead time.")
    confirmed_at: datetime | None = strawberry.field(description="When its author agreed to what is assumed.")
    created_at: datetime
    published_at: datetime | None
    retired_at: datetime | None
    version: int
    author_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: tables.ProcessVersion) -> Self:
        return cls(
            id=row.id,
            process_id=row.process_id,
            no=row.no,
            kind=VersionKind(row.kind),
            stage=Stage(row.stage),
            note=row.note,
            xml_sha256=row.xml_sha256,
            process_element=row.process_element,
            starts_at=json.loads(row.starts_at),
            ends_at=json.loads(row.ends_at),
            confirmed_at=row.confirmed_at,
            created_at=row.created_at,
            published_at=row.published_at,
            retired_at=row.retired_at,
            version=row.version,
            author_id=row.author_id,
        )

    @field(permission="core.unit.read")
    async def author(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.author_id)

    @field(permission=READ, description="In the order of the drawing.")
    async def nodes(self, info: Info[Context, None]) -> list[parts.ProcessNode]:
        return [parts.ProcessNode.of(row) for row in await _parts(info, tables.ProcessNode, "place", self.id)]

    @field(permission=READ)
    async def flows(self, info: Info[Context, None]) -> list[parts.ProcessFlow]:
        return [parts.ProcessFlow.of(row) for row in await _parts(info, tables.ProcessFlow, "flow_id", self.id)]

    @field(permission=READ)
    async def forms(self, info: Info[Context, None]) -> list[parts.ProcessForm]:
        return [parts.ProcessForm.of(row) for row in await _parts(info, tables.ProcessForm, "key", self.id)]

    @field(permission=READ)
    async def decisions(self, info: Info[Context, None]) -> list[parts.ProcessDecision]:
        return [parts.ProcessDecision.of(row) for row in await _parts(info, tables.ProcessDecision, "key", self.id)]

    @field(permission=READ)
    async def agreements(self, info: Info[Context, None]) -> list[parts.ProcessAgreement]:
        rows = await _parts(info, tables.ProcessAgreement, "asked_at", self.id)
        return [parts.ProcessAgreement.of(row) for row in rows]

    @field(permission=READ)
    async def measures(self, info: Info[Context, None]) -> list[parts.ProcessMeasure]:
        return [parts.ProcessMeasure.of(row) for row in await _parts(info, tables.ProcessMeasure, "id", self.id)]

    @field(permission=READ, description="The units whose new cases it takes while it is on trial.")
    async def trial_units(self, info: Info[Context, None]) -> list[OrgUnit]:
        ids = await found_by_id(info, "process_trial_units", library.trial_units_of, self.id)
        found = [await unit_of(info, each) for each in ids or []]
        return [each for each in found if each is not None]

    @field(permission=READ, description="What is added to the drawing, or left out of it, so that it can run.")
    async def assumptions(self) -> list[parts.ProcessAssumption]:
        return [parts.ProcessAssumption.of(row) for row in await drafts.assumptions_of(self.id)]

    @field(permission=READ, description="What there is to mend before it may go to the test stand, and to know.")
    async def findings(self) -> list[parts.ProcessFinding]:
        return [parts.ProcessFinding.of(row) for row in await testing.findings_of(self.id)]

    @field(permission=READ, description="The drawing as SVG.")
    async def svg(self) -> str:
        return await drawings.picture(self.id)


async def _parts(info: Info[Context, None], table: Any, order: str, version_id: uuid.UUID) -> list[Any]:
    read = partial(library.parts_of, table, order)
    return await found_by_id(info, f"{table._meta.tablename}s", read, version_id) or []


async def version_of(info: Info[Context, None], version_id: uuid.UUID) -> ProcessVersion | None:
    """Return a version by id. Guard what leads here."""
    row = await found_by_id(info, "process_version", library.versions_by_id, version_id)
    return None if row is None else ProcessVersion.of(row)


@strawberry.type(description="A drawing as a file.")
class ProcessExport:
    name: str
    content: str = strawberry.field(description="The bytes in base64.")


@strawberry.type(description="What became of one of the files of a batch.")
class ProcessBatchFile:
    name: str
    key: str = strawberry.field(description="Of its process.")
    state: str = strawberry.field(description="waiting, read, known (it was there already) or refused.")
    process_id: uuid.UUID | None
    version_id: uuid.UUID | None
    errors: list[UserError]

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        ids = {name: uuid.UUID(row[name]) if row.get(name) else None for name in ("process_id", "version_id")}
        errors = [user_error(Problem(**each)) for each in row.get("problems", ())]
        return cls(name=row["name"], key=row["key"], state=row["state"], errors=errors, **ids)


@strawberry.type(description="Many drawings that are read one after another.")
class ProcessBatch:
    id: uuid.UUID
    total: int
    done: int
    started_at: datetime
    finished_at: datetime | None
    files: list[ProcessBatchFile]

    @classmethod
    def of(cls, row: ImportRun) -> Self:
        files = [ProcessBatchFile.of(each) for each in json.loads(row.mapping)["files"]]
        return cls(
            id=row.id,
            total=row.total,
            done=row.line_done,
            started_at=row.started_at,
            finished_at=row.finished_at,
            files=files,
        )


@strawberry.type
class ProcessVersionQuery:
    @field(permission=READ)
    async def process_version(self, info: Info[Context, None], id: uuid.UUID) -> ProcessVersion | None:
        return await version_of(info, id)

    @field(permission=READ, description="What the new version draws otherwise than the old one.")
    async def process_version_difference(self, old_id: uuid.UUID, new_id: uuid.UUID) -> list[parts.ProcessChange]:
        found = await drawings.difference(old_id, new_id)
        return [parts.ProcessChange.of(each) for each in found.changes]

    @field(permission=READ)
    async def process_export(
        self, version_id: uuid.UUID, profile: ExportProfile = ExportProfile.ORIGINAL
    ) -> ProcessExport:
        found = await drawings.exported(version_id, profile)
        return ProcessExport(name=found.name, content=base64.b64encode(found.data).decode())

    @field(permission=READ)
    async def process_batch(self, id: uuid.UUID) -> ProcessBatch:
        return ProcessBatch.of(await batches.read_batch(id))


@strawberry.input(description="An uploaded file (BPMN). Without a key it gets one by the file's name.")
class ProcessBatchFileInput:
    file_id: uuid.UUID
    claim: str = ""
    key: str = ""
    process_element: str = ""


@strawberry.input(description="Attributes of a node, instead of all that it has now. Times in seconds of working time.")
class ProcessMetricsInput:
    node_id: str
    lead_s: float | None = None
    processing_s: float | None = None
    waiting_s: float | None = None
    movement_s: float | None = None
    labour_s: float | None = None
    capacity_per_day: float | None = None
    launches_per_month: float | None = None
    error_rate: float | None = None
    value_class: str = ""
    basis: str = ""

    def metrics(self) -> Metrics:
        return Metrics(**{name: value for name, value in vars(self).items() if name != "node_id"})


@strawberry.type
class ProcessVersionPayload(Payload):
    version: ProcessVersion | None = None

    @classmethod
    def with_(cls, row: tables.ProcessVersion) -> Self:
        return cls(version=ProcessVersion.of(row))


@strawberry.type
class ProcessBatchPayload(Payload):
    batch: ProcessBatch | None = None


@strawberry.type
class ProcessVersionMutation:
    @mutation(permission=CHANGE, description="The drawing as text, or as an uploaded file; at most 2 MB.")
    async def process_version_upload(
        self,
        process_id: uuid.UUID,
        kind: VersionKind = VersionKind.DRAFT,
        xml: str | None = None,
        file_id: uuid.UUID | None = None,
        claim: str = "",
        note: str = "",
        process_element: str = "",
    ) -> ProcessVersionPayload:
        if (xml is None) == (file_id is None):
            raise refuse("process_one_source", "xml")
        card = uploading.UploadCard(kind=kind, note=note, process_element=process_element)
        if file_id is not None:
            data = await uploading.uploaded_bytes(file_id, claim)
        else:
            data = (xml or "").encode("utf-8", "replace")
        return ProcessVersionPayload.with_(await uploading.upload_version(process_id, data, card))

    @mutation(permission=CHANGE, description="Up to 200 uploaded files; processBatch tells how far they have come.")
    async def process_versions_upload(
        self, files: list[ProcessBatchFileInput], kind: VersionKind = VersionKind.AS_IS
    ) -> ProcessBatchPayload:
        run = await batches.begin_batch([batches.BatchFile(**vars(each)) for each in files], kind)
        return ProcessBatchPayload(batch=ProcessBatch.of(run))

    @mutation(permission=CHANGE, description="Agree to what is assumed; amount is how many assumptions were seen.")
    async def process_version_confirm(
        self, id: uuid.UUID, amount: int, expected_version: int | None = None
    ) -> ProcessVersionPayload:
        return ProcessVersionPayload.with_(await drafts.confirm_version(id, expected_version, amount=amount))

    @mutation(permission=CHANGE, description="Take a draft to the test stand.")
    async def process_version_test(self, id: uuid.UUID, expected_version: int | None = None) -> ProcessVersionPayload:
        return ProcessVersionPayload.with_(await testing.to_test_stand(id, expected_version))

    @mutation(permission=CHANGE, description="Name the nodes with which the lead time begins and ends.")
    async def process_version_bound(
        self, id: uuid.UUID, starts_at: list[str], ends_at: list[str], expected_version: int | None = None
    ) -> ProcessVersionPayload:
        return ProcessVersionPayload.with_(await drafts.set_bounds(id, starts_at, ends_at, expected_version))

    @mutation(permission=CHANGE, description="Remove a draft.")
    async def process_version_remove(self, id: uuid.UUID, expected_version: int | None = None) -> ProcessVersionPayload:
        await drafts.remove_version(id, expected_version)
        return ProcessVersionPayload()

    @mutation(permission=CHANGE, description="Makes the next draft, with these attributes in its drawing.")
    async def process_metrics_save(
        self, version_id: uuid.UUID, nodes: list[ProcessMetricsInput]
    ) -> ProcessVersionPayload:
        metrics = {each.node_id: each.metrics() for each in nodes}
        return ProcessVersionPayload.with_(await drafts.save_metrics(version_id, metrics))

    @mutation(permission=CHANGE, description="Adds a form to a draft or changes the one with this key.")
    async def process_form_save(
        self,
        version_id: uuid.UUID,
        key: str,
        data_schema: JSON,
        ui_schema: JSON,
        title: str = "",
        expected_version: int | None = None,
    ) -> ProcessVersionPayload:
        row = await content.save_form(version_id, key, title, data_schema, ui_schema, expected_version)
        return ProcessVersionPayload.with_(row)

    @mutation(permission=CHANGE, description="Adds a decision table (DMN) to a draft or changes the one with this key.")
    async def process_decision_save(
        self, version_id: uuid.UUID, key: str, xml: str, title: str = "", expected_version: int | None = None
    ) -> ProcessVersionPayload:
        return ProcessVersionPayload.with_(await content.save_decision(version_id, key, title, xml, expected_version))

    @mutation(permission=CHANGE, description="Take the form or the decision table with this key out of a draft.")
    async def process_content_remove(
        self, version_id: uuid.UUID, key: str, expected_version: int | None = None
    ) -> ProcessVersionPayload:
        return ProcessVersionPayload.with_(await content.remove_content(version_id, key, expected_version))
