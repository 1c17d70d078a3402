"""The demo's practice: one city leads a small process through its five steps and offers it, another begins to take it.

By the services that people use; what is there already stays as it is.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from pathlib import Path

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import acting_as
from leancity.core.identity.rights import principals_for
from leancity.core.processes.packages import adopting, practices, publishing
from leancity.core.processes.packages.packing import PackCard
from leancity.core.processes.packages.tables import PackageAdoption
from leancity.core.processes.versions import agreements, drafts, lanes, measures, testing
from leancity.core.processes.versions import publishing as versions
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.processes.versions.stages import Subject, VersionKind
from leancity.core.processes.versions.tables import Process
from leancity.core.processes.versions.uploading import UploadCard, upload_version
from leancity.core.tenancy.catalogue import Wanted

KEY = "leave"
_DRAWING = Path(__file__).parent / "leave.bpmn"
_NOTHING_TO_DO = "Порядок прежний, меняется только учёт"
_TOLD = PackCard(
    description="Заявление и приказ об отпуске без бумаги и без хождения по кабинетам.",
    tags=("кадры",),
    is_unmeasured=True,
)


async def offer_practice(user_id: uuid.UUID, unit_id: uuid.UUID, role_key: str) -> None:
    """Offer the demo's practice: ``user_id`` agrees to it, the unit tries it and has its last step, in this role."""
    async with tenant_tx():
        if await Process.exists().where(Process.key == KEY):
            return
    process = await create_process(ProcessCard(key=KEY, title="Согласование отпуска", unit_id=unit_id))
    card = UploadCard(kind=VersionKind.TO_BE)
    version = await upload_version(process.id, _DRAWING.read_bytes(), card)
    await lanes.bind_lane(process.id, lanes.LaneCard(lane="Сотрудник", is_author=True))
    await lanes.bind_lane(process.id, lanes.LaneCard(lane="Кадровая служба", role_key=role_key, unit_id=unit_id))
    await drafts.confirm_version(version.id, amount=len(await drafts.assumptions_of(version.id)))
    await testing.to_test_stand(version.id)
    await _agreed(version.id, [user_id])
    await measures.waive_measures(version.id, _NOTHING_TO_DO)
    await versions.begin_trial(version.id, [unit_id])
    await versions.publish(version.id)
    await publishing.publish_package(process.id, _TOLD)


async def begin_to_take(giver: str) -> None:
    """Begin to take what the city ``giver`` offers, and leave the names to be bound by a person."""
    key = f"{giver}/{KEY}"
    async with tenant_tx():
        if await PackageAdoption.exists().where(PackageAdoption.package_key == key):
            return
    for each in await practices.list_practices(Wanted(text=key), limit=1, after=None):
        await adopting.adopt(await practices.practice_file(each.id))


async def _agreed(version_id: uuid.UUID, user_ids: Sequence[uuid.UUID]) -> None:
    people = await principals_for(user_ids)
    for subject in Subject:
        await agreements.ask_agreement(version_id, subject, user_ids)
        for each in people.values():
            with acting_as(each):
                await agreements.answer_agreement(version_id, subject, True)
