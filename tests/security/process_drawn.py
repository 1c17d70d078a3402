"""A drawing of the matrix's world that has come as far as its trial, and the steps there."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from leancity.core.db.unit import tenant_tx
from leancity.core.files.incoming import receiving
from leancity.core.files.kinds import KNOWN
from leancity.core.files.senders import Sender
from leancity.core.files.service import Upload, keep
from leancity.core.moment import now
from leancity.core.processes.versions.batches import BatchFile, begin_batch
from leancity.core.processes.versions.content import save_decision, save_form
from leancity.core.processes.versions.drafts import assumptions_of, confirm_version
from leancity.core.processes.versions.lanes import LaneCard, bind_lane
from leancity.core.processes.versions.measures import MeasureCard, save_measure, waive_measures
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.processes.versions.publishing import begin_trial, publish
from leancity.core.processes.versions.stages import Subject, VersionKind
from leancity.core.processes.versions.tables import ProcessAgreement, ProcessVersion
from leancity.core.processes.versions.testing import to_test_stand
from leancity.core.processes.versions.uploading import UploadCard, upload_version
from leancity.core.testing.city import City
from tests.core.processes.versions.models import DMN, LOOKS, SCHEMA, sketch
from tests.security.actors import within_city


@dataclass(frozen=True, kw_only=True)
class Office:
    """Who agrees, and the unit of the trial."""

    chief: uuid.UUID
    roads: uuid.UUID


Step = Callable[[Office, ProcessVersion], Awaitable[object]]


def fresh_key() -> str:
    """Return a process's key that nobody has."""
    return f"p{uuid.uuid4().hex}"


async def drawn(tasks: int = 2, *, owner_id: uuid.UUID | None = None) -> ProcessVersion:
    """Enter a process and upload a drawing of it, with a form and a table."""
    process = await create_process(ProcessCard(key=fresh_key(), title="Permit", owner_id=owner_id))
    version = await upload_version(process.id, sketch(tasks).encode(), UploadCard(kind=VersionKind.TO_BE))
    await save_form(version.id, "form", "Form", SCHEMA, LOOKS)
    await save_decision(version.id, "table", "Table", DMN)
    return version


async def is_confirmed(_: Office, version: ProcessVersion) -> None:
    await confirm_version(version.id, amount=len(await assumptions_of(version.id)))


async def is_tested(office: Office, version: ProcessVersion) -> None:
    await is_confirmed(office, version)
    await to_test_stand(version.id)


async def is_agreed(office: Office, version: ProcessVersion) -> None:
    """Let the chief have agreed to all, past the service: the words are theirs."""
    await is_tested(office, version)
    async with tenant_tx(write=True):
        for subject in Subject:
            await asked(version.id, subject, office.chief, "agreed").save()
    await waive_measures(version.id, "Nothing changes")


async def is_on_trial(office: Office, version: ProcessVersion) -> None:
    await is_agreed(office, version)
    await begin_trial(version.id, [office.roads])


async def is_published(office: Office, version: ProcessVersion) -> None:
    await is_on_trial(office, version)
    await publish(version.id)


async def is_published_twice(office: Office, version: ProcessVersion) -> None:
    await is_published(office, version)
    next_ = await upload_version(version.process_id, sketch(3).encode(), UploadCard())
    await is_published(office, next_)


def asked(version_id: uuid.UUID, subject: Subject, user_id: uuid.UUID, state: str) -> ProcessAgreement:
    row = ProcessAgreement(version_id=version_id, subject=subject.value, user_id=user_id, state=state)
    row.asked_at = now()
    return row


async def a_file() -> Upload:
    """Keep a drawing as the platform does."""
    async with receiving(KNOWN.largest) as file:
        await file.write(sketch().encode())
        return await keep(file, f"{uuid.uuid4().hex}.bpmn", Sender(user_id=None, is_known=True, counted_as=""))


async def draw(city: City, office: Office) -> dict[str, str]:
    """Make a process whose version is on trial, and a batch of drawings; return their ids."""
    async with within_city(city):
        version = await drawn(owner_id=office.chief)
        people = {ProcessVersion.author_id: office.chief, ProcessVersion.published_by: office.chief}
        async with tenant_tx(write=True):
            await ProcessVersion.update(people).where(ProcessVersion.id == version.id)
        await bind_lane(version.process_id, LaneCard(lane="Clerk", unit_id=office.roads))
        await is_on_trial(office, version)
        next_ = await upload_version(version.process_id, sketch(3).encode(), UploadCard())
        await save_measure(next_.id, MeasureCard(title="Tell the staff", responsible_id=office.chief))
        file = await a_file()
        run = await begin_batch([BatchFile(file_id=file.id, claim=file.claim)], VersionKind.AS_IS)
    ids = {"drawn": version.process_id, "drawn_version": version.id, "drawn_version_2": next_.id, "drawings": run.id}
    return {word: str(each) for word, each in ids.items()}
