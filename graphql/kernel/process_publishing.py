"""The steps of a version from the test stand to production, and the ways back."""

from __future__ import annotations

import uuid
from datetime import date

import strawberry

from leancity.core.processes.versions import agreements, measures, publishing
from leancity.core.processes.versions.stages import CHANGE, PUBLISH, READ, Subject
from leancity.graphql.api import Payload, mutation
from leancity.graphql.kernel.process_parts import ProcessMeasure
from leancity.graphql.kernel.process_versions import ProcessVersionPayload
from leancity.graphql.kernel.processes import Process, ProcessPayload


@strawberry.input(description="What is to be done before a version may be tried, by whom, till when.")
class ProcessMeasureInput:
    title: str
    responsible_id: uuid.UUID | None = None
    due_on: date | None = None

    def card(self) -> measures.MeasureCard:
        return measures.MeasureCard(**vars(self))


@strawberry.input(description="The act that a measure was done by, perhaps with its file.")
class ProcessActInput:
    number: str
    day: date
    file_id: uuid.UUID | None = None
    claim: str = ""

    def act(self) -> measures.Act:
        return measures.Act(**vars(self))


@strawberry.type
class ProcessMeasurePayload(Payload):
    measure: ProcessMeasure | None = None


@strawberry.type
class ProcessPublishingMutation:
    @mutation(permission=CHANGE, description="Ask people to agree to a version; who was asked before is asked anew.")
    async def process_agreement_ask(
        self, version_id: uuid.UUID, subject: Subject, user_ids: list[uuid.UUID], expected_version: int | None = None
    ) -> ProcessVersionPayload:
        row = await agreements.ask_agreement(version_id, subject, user_ids, expected_version)
        return ProcessVersionPayload.with_(row)

    @mutation(permission=READ, description="Give one's own word on a version that one was asked about.")
    async def process_agreement_answer(
        self, version_id: uuid.UUID, subject: Subject, is_agreed: bool, note: str = ""
    ) -> ProcessVersionPayload:
        return ProcessVersionPayload.with_(await agreements.answer_agreement(version_id, subject, is_agreed, note))

    @mutation(permission=CHANGE, description="Add a measure, or change one that is not done.")
    async def process_measure_save(
        self, version_id: uuid.UUID, input: ProcessMeasureInput, measure_id: uuid.UUID | None = None
    ) -> ProcessMeasurePayload:
        row = await measures.save_measure(version_id, input.card(), measure_id)
        return ProcessMeasurePayload(measure=ProcessMeasure.of(row))

    @mutation(permission=CHANGE, description="Say by which act a measure was done.")
    async def process_measure_done(self, measure_id: uuid.UUID, act: ProcessActInput) -> ProcessMeasurePayload:
        return ProcessMeasurePayload(measure=ProcessMeasure.of(await measures.finish_measure(measure_id, act.act())))

    @mutation(permission=CHANGE, description="Say that a version needs no measures, and why.")
    async def process_measures_waive(self, version_id: uuid.UUID, reason: str) -> ProcessMeasurePayload:
        return ProcessMeasurePayload(measure=ProcessMeasure.of(await measures.waive_measures(version_id, reason)))

    @mutation(permission=CHANGE, description="Take back a measure that is not done, or the word that none are needed.")
    async def process_measure_remove(self, measure_id: uuid.UUID) -> ProcessVersionPayload:
        return ProcessVersionPayload.with_(await measures.remove_measure(measure_id))

    @mutation(permission=PUBLISH, description="Let new cases of some units take a version.")
    async def process_trial_begin(
        self, version_id: uuid.UUID, unit_ids: list[uuid.UUID], expected_version: int | None = None
    ) -> ProcessPayload:
        return ProcessPayload(process=Process.of(await publishing.begin_trial(version_id, unit_ids, expected_version)))

    @mutation(permission=PUBLISH, description="Take a version out of its trial; its running cases finish on it.")
    async def process_trial_end(self, version_id: uuid.UUID, expected_version: int | None = None) -> ProcessPayload:
        return ProcessPayload(process=Process.of(await publishing.end_trial(version_id, expected_version)))

    @mutation(permission=PUBLISH, description="Let all new cases take a version that has been on trial.")
    async def process_publish(self, version_id: uuid.UUID, expected_version: int | None = None) -> ProcessPayload:
        return ProcessPayload(process=Process.of(await publishing.publish(version_id, expected_version)))

    @mutation(permission=PUBLISH, description="Let new cases take the version that was in production before.")
    async def process_roll_back(self, process_id: uuid.UUID, expected_version: int | None = None) -> ProcessPayload:
        return ProcessPayload(process=Process.of(await publishing.roll_back(process_id, expected_version)))

    @mutation(permission=PUBLISH, description="Take a process out of production; its running cases finish.")
    async def process_retire(self, process_id: uuid.UUID, expected_version: int | None = None) -> ProcessPayload:
        return ProcessPayload(process=Process.of(await publishing.retire(process_id, expected_version)))
