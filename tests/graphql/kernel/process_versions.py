"""Paths to processes and their versions, for the table of walls, and one of each to stand behind them."""

from __future__ import annotations

from leancity.core.processes.versions.batches import BatchFile, begin_batch
from leancity.core.processes.versions.measures import MeasureCard, save_measure
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.processes.versions.stages import VersionKind
from leancity.core.processes.versions.uploading import UploadCard, upload_version
from tests.core.processes.versions.models import sketch
from tests.graphql.kernel.conftest import Office
from tests.security.process_drawn import a_file

VERSION_MIXED: list[tuple[str, str]] = [
    ('process(id: "PAINTED") { key }', "null"),
    ('processes(filter: {ownerId: "USER"}) { totalCount }', "nothing"),
    ('process_version(id: "SKETCH") { no }', "null"),
    ('process_version_difference(oldId: "SKETCH", newId: "SKETCH") { kind }', "NOT_FOUND"),
    ('process_export(versionId: "SKETCH") { name }', "NOT_FOUND"),
    ('process_batch(id: "BATCH") { total }', "NOT_FOUND"),
    ('process_create(input: {key: "x", title: "x", ownerId: "USER"}) ERRORS', "not_found"),
    ('process_create(input: {key: "x", title: "x", unitId: "UNIT"}) ERRORS', "not_found"),
    ('process_change(id: "PAINTED", input: {key: "x", title: "x"}) ERRORS', "not_found"),
    ('process_lane_bind(processId: "PAINTED", input: {lane: "x"}) ERRORS', "not_found"),
    ('process_lane_bind(processId: "OUR_PAINTED", input: {lane: "x", unitId: "UNIT"}) ERRORS', "not_found"),
    ('process_version_upload(processId: "OUR_PAINTED", fileId: "FILE") ERRORS', "not_found"),
    ('process_versions_upload(files: [{fileId: "FILE"}]) ERRORS', "not_found"),
    ('process_version_confirm(id: "SKETCH", amount: 0) ERRORS', "not_found"),
    ('process_version_test(id: "SKETCH") ERRORS', "not_found"),
    ('process_version_bound(id: "SKETCH", startsAt: ["start"], endsAt: ["end"]) ERRORS', "not_found"),
    ('process_version_remove(id: "SKETCH") ERRORS', "not_found"),
    ('process_metrics_save(versionId: "SKETCH", nodes: [{nodeId: "t0"}]) ERRORS', "not_found"),
    (
        'process_form_save(versionId: "SKETCH", key: "x", dataSchema: SHAPE, uiSchema: {}) ERRORS',
        "not_found",
    ),
    ('process_decision_save(versionId: "SKETCH", key: "x", xml: "x") ERRORS', "not_found"),
    ('process_content_remove(versionId: "SKETCH", key: "x") ERRORS', "not_found"),
    ('process_agreement_ask(versionId: "SKETCH", subject: INTERFACE, userIds: ["OUR_USER"]) ERRORS', "not_found"),
    ('process_agreement_answer(versionId: "SKETCH", subject: INTERFACE, isAgreed: true) ERRORS', "not_found"),
    ('process_measure_save(versionId: "SKETCH", input: {title: "x"}) ERRORS', "not_found"),
    ('process_measure_save(versionId: "OUR_SKETCH", input: {title: "x", responsibleId: "USER"}) ERRORS', "not_found"),
    ('process_measure_save(versionId: "OUR_SKETCH", measureId: "MEASURE", input: {title: "x"}) ERRORS', "not_found"),
    ('process_measure_done(measureId: "MEASURE", act: {number: "1", day: "2026-01-12"}) ERRORS', "not_found"),
    ('process_measures_waive(versionId: "SKETCH", reason: "x") ERRORS', "not_found"),
    ('process_measure_remove(measureId: "MEASURE") ERRORS', "not_found"),
    ('process_trial_begin(versionId: "SKETCH", unitIds: ["OUR_UNIT"]) ERRORS', "not_found"),
    ('process_trial_end(versionId: "SKETCH") ERRORS', "not_found"),
    ('process_publish(versionId: "SKETCH") ERRORS', "not_found"),
    ('process_roll_back(processId: "PAINTED") ERRORS', "not_found"),
    ('process_retire(processId: "PAINTED") ERRORS', "not_found"),
]


async def drawn_in(office: Office) -> dict[str, str]:
    """Return the ids of a process, its version, its measure, a batch."""
    async with office.city.serving():
        process = await create_process(ProcessCard(key="permit", title="x"))
        version = await upload_version(process.id, sketch().encode(), UploadCard())
        measure = await save_measure(version.id, MeasureCard(title="x"))
        file = await a_file()
        run = await begin_batch([BatchFile(file_id=file.id, claim=file.claim)], VersionKind.AS_IS)
    shape = '{type: "object", properties: {a: {type: "string"}}}'
    return {
        "PAINTED": str(process.id),
        "SKETCH": str(version.id),
        "MEASURE": str(measure.id),
        "BATCH": str(run.id),
        "SHAPE": shape,
    }
