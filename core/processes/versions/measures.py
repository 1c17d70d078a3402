"""The fourth step: organisational measures, each done by an act; or the word that none are needed, and why."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, one_text
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.files.service import claimed_file
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import UserAccount
from leancity.core.moment import now
from leancity.core.processes.versions.agreements import settle
from leancity.core.processes.versions.rows import lock_version
from leancity.core.processes.versions.stages import CHANGE, PREPARED, Stage
from leancity.core.processes.versions.tables import ProcessMeasure, ProcessVersion

MOST = 100
"""Measures of one version."""
EARLIEST = date(1990, 1, 1)
"""No act that still holds is older: Russia's municipalities are not."""


@dataclass(frozen=True, kw_only=True)
class MeasureCard:
    """What is to be done, by whom, till when."""

    title: str
    responsible_id: uuid.UUID | None = None
    due_on: date | None = None


@dataclass(frozen=True, kw_only=True)
class Act:
    """The act that a measure was done by, perhaps with its file."""

    number: str
    day: date
    file_id: uuid.UUID | None = None
    claim: str = ""


async def save_measure(version_id: uuid.UUID, card: MeasureCard, measure_id: uuid.UUID | None = None) -> ProcessMeasure:
    """Add a measure, or change one that is not done."""
    current_principal().require(CHANGE)
    title = one_text("title", card.title, limit=SHORT, required=True)
    async with tenant_tx(write=True):
        version = await lock_version(version_id, stages=(Stage.DRAFT, *PREPARED))
        staff = (UserAccount.id == card.responsible_id) & (UserAccount.kind == "staff")
        if card.responsible_id is not None and not await UserAccount.exists().where(staff):
            raise refuse("not_found", "responsible_id")
        rows = await ProcessMeasure.objects().where(ProcessMeasure.version_id == version_id)
        row = next((row for row in rows if row.id == measure_id), None)
        if measure_id is None:
            row = ProcessMeasure(version_id=version_id)
            if len(rows) >= MOST:
                raise refuse("process_too_many", "version_id", limit=MOST)
        if row is None:
            raise refuse("not_found", "measure_id")
        if row.done_at is not None:
            raise refuse("process_measure_done", "measure_id")
        row.title, row.responsible_id, row.due_on = title, card.responsible_id, card.due_on
        await row.save()
        # The word that none are needed has become untrue.
        await ProcessMeasure.delete().where(_none_needed(version_id))
        await record("core.process_measure.saved", "process_version", version_id, measure=row.id)
        await _settle(version)
    return row


async def finish_measure(measure_id: uuid.UUID, act: Act) -> ProcessMeasure:
    """Say by which act a measure was done."""
    current_principal().require(CHANGE)
    number = one_text("number", act.number, limit=SHORT, required=True)
    if not EARLIEST <= act.day <= now().date():
        raise refuse("process_act_day", "day")
    file = None if act.file_id is None else await claimed_file(act.file_id, act.claim)
    async with tenant_tx(write=True):
        found = await ProcessMeasure.objects().where(ProcessMeasure.id == measure_id).first()
        if found is None:
            raise refuse("not_found", "measure_id")
        version = await lock_version(found.version_id, stages=(Stage.DRAFT, *PREPARED))
        row = await ProcessMeasure.objects().where(ProcessMeasure.id == measure_id).first()
        if row is None or (row.done_at is not None and not row.act_number):
            raise refuse("not_found", "measure_id")
        row.act_number, row.act_date, row.done_at = number, act.day, now()
        row.act_file_id = None if file is None else file.id
        await row.save()
        await record("core.process_measure.done", "process_version", version.id, measure=row.id, act=number)
        await _settle(version)
    return row


async def waive_measures(version_id: uuid.UUID, reason: str) -> ProcessMeasure:
    """Say that no measures are needed, and why; refuse where there are some."""
    current_principal().require(CHANGE)
    reason = one_text("reason", reason, limit=SHORT, required=True)
    async with tenant_tx(write=True):
        version = await lock_version(version_id, stages=(Stage.DRAFT, *PREPARED))
        await ProcessMeasure.delete().where(_none_needed(version_id))
        if await ProcessMeasure.exists().where(ProcessMeasure.version_id == version_id):
            raise refuse("process_has_measures", "version_id")
        row = ProcessMeasure(version_id=version_id, title=reason, done_at=now())
        await row.save()
        await record("core.process_measure.none_needed", "process_version", version_id)
        await _settle(version)
    return row


async def remove_measure(measure_id: uuid.UUID) -> ProcessVersion:
    """Take a measure back that is not done, or the word that none are needed."""
    current_principal().require(CHANGE)
    async with tenant_tx(write=True):
        row = await ProcessMeasure.objects().where(ProcessMeasure.id == measure_id).first()
        if row is None:
            raise refuse("not_found", "measure_id")
        version = await lock_version(row.version_id, stages=(Stage.DRAFT, *PREPARED))
        open_ = (ProcessMeasure.id == measure_id) & (ProcessMeasure.act_number == "")
        if not await ProcessMeasure.delete().where(open_).returning(ProcessMeasure.id):
            raise refuse("process_measure_done", "measure_id")
        await record("core.process_measure.removed", "process_version", version.id, measure=measure_id)
        await _settle(version)
    return version


async def require_organised(version: ProcessVersion) -> None:
    """Refuse a version whose measures are not all done, naming the first that is not."""
    if version.stage != Stage.AGREED:
        return
    rows = await ProcessMeasure.objects().where(ProcessMeasure.version_id == version.id).order_by(ProcessMeasure.id)
    if not rows:
        raise refuse("process_no_measures", "version_id")
    for row in rows:
        if row.done_at is None:
            raise refuse("process_measure_open", "version_id", title=row.title)


async def _settle(version: ProcessVersion) -> None:
    if version.stage in PREPARED:
        await settle(version)


def is_waiver(row: ProcessMeasure) -> bool:
    """Tell whether a row is the word that no measures are needed; its title is the reason."""
    return row.done_at is not None and not row.act_number


def _none_needed(version_id: uuid.UUID) -> Any:
    mine = ProcessMeasure.version_id == version_id
    return mine & ProcessMeasure.done_at.is_not_null() & (ProcessMeasure.act_number == "")
