"""The third step: the people whom it concerns agree to the interfaces and the roles of a version."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from leancity.core.audit.log import record
from leancity.core.cases.checks import LONG, one_text
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.rights import principals_for
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.processes.versions.letters import write_to
from leancity.core.processes.versions.processes import TOPIC
from leancity.core.processes.versions.rows import changed, lock_version
from leancity.core.processes.versions.stages import CHANGE, PREPARED, READ, Stage, Subject, prepared_stage
from leancity.core.processes.versions.tables import ProcessAgreement, ProcessMeasure, ProcessVersion

MOST_ASKED = 50
"""People who may be asked about one version."""


async def settle(version: ProcessVersion) -> None:
    """Write a locked version with the stage that its agreements and measures have brought it to."""
    agreements = await ProcessAgreement.objects().where(ProcessAgreement.version_id == version.id)
    measures = await ProcessMeasure.objects().where(ProcessMeasure.version_id == version.id)
    before, version.stage = version.stage, prepared_stage(agreements, measures).value
    await changed(version)
    if version.stage != before:
        await record(f"core.process_version.{version.stage}", "process_version", version.id, was=before)
    await announce(TOPIC, version.process_id, version.version)


async def ask_agreement(
    version_id: uuid.UUID, subject: Subject, user_ids: Sequence[uuid.UUID], expected_version: int | None = None
) -> ProcessVersion:
    """Ask people to agree; who was asked before is asked anew. Each must be able to see processes, or can't judge."""
    current_principal().require(CHANGE)
    if not user_ids:
        raise refuse("required", "user_ids")
    async with tenant_tx(write=True):
        version = await lock_version(version_id, expected_version, stages=PREPARED)
        people = await principals_for(user_ids)
        for place, user_id in enumerate(user_ids):
            if user_id not in people:
                raise refuse("not_found", f"user_ids.{place}")
            if not people[user_id].can(READ):
                raise refuse("process_person_blind", f"user_ids.{place}", name=people[user_id].name)
        for user_id in dict.fromkeys(user_ids):
            await _ask(version_id, subject, user_id)
        if await ProcessAgreement.count().where(ProcessAgreement.version_id == version_id) > MOST_ASKED:
            raise refuse("process_too_many", "user_ids", limit=MOST_ASKED)
        await record("core.process_agreement.asked", "process_version", version_id, about=subject, people=user_ids)
        await settle(version)
    return version


async def answer_agreement(version_id: uuid.UUID, subject: Subject, is_agreed: bool, note: str = "") -> ProcessVersion:
    """Give one's own word on a version, or another one; a refusal says why. Only who was asked has a word."""
    who = current_principal()
    who.require(READ)
    user_id = who.account()
    note = one_text("note", note, limit=LONG, required=not is_agreed)
    async with tenant_tx(write=True):
        version = await lock_version(version_id, stages=PREPARED)
        mine = (ProcessAgreement.version_id == version_id) & (ProcessAgreement.user_id == user_id)
        row = await ProcessAgreement.objects().where(mine & (ProcessAgreement.subject == subject.value)).first()
        if row is None:
            raise refuse("process_not_asked", "subject")
        row.state, row.note, row.answered_at = ("agreed" if is_agreed else "refused"), note, now()
        await row.save()
        await record(f"core.process_agreement.{row.state}", "process_version", version_id, about=subject)
        await settle(version)
    return version


async def require_agreed(version: ProcessVersion) -> None:
    """Refuse a version that people have still to agree to, naming what is missing."""
    if version.stage == Stage.TEST:
        rows = await ProcessAgreement.objects().where(ProcessAgreement.version_id == version.id)
        asked = {row.subject for row in rows}
        if Subject.INTERFACE not in asked:
            raise refuse("process_unasked_interface", "version_id")
        if Subject.ROLES not in asked:
            raise refuse("process_unasked_roles", "version_id")
        waiting = len([row for row in rows if row.state == "asked"])
        refused = len([row for row in rows if row.state == "refused"])
        raise refuse("process_unagreed", "version_id", waiting=waiting, refused=refused)


async def _ask(version_id: uuid.UUID, subject: Subject, user_id: uuid.UUID) -> None:
    row = ProcessAgreement(version_id=version_id, subject=subject.value, user_id=user_id, asked_at=now())
    same = (
        ProcessAgreement.tenant_id,
        ProcessAgreement.version_id,
        ProcessAgreement.subject,
        ProcessAgreement.user_id,
    )
    anew = [
        (ProcessAgreement.state, "asked"),
        (ProcessAgreement.note, ""),
        (ProcessAgreement.asked_at, row.asked_at),
        (ProcessAgreement.answered_at, None),
    ]
    await ProcessAgreement.insert(row).on_conflict(same, "DO UPDATE", anew)
    await write_to("process_agreement", user_id)
