"""Reading processes and their versions. Whoever calls has asked for ``core.process.read``."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from piccolo.columns.combination import And, WhereRaw

from leancity.core.cases.checks import SHORT, one_text
from leancity.core.db.tables import TenantTable
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.processes.versions.stages import READ, Stage
from leancity.core.processes.versions.tables import LaneBinding, Process, ProcessVersion, TrialUnit
from leancity.core.tenancy.context import current_tenant

Part = TypeVar("Part", bound=TenantTable)

# A drawing may have two megabytes: its texts are read for one version at a time (``drawings``).
_LIGHT = [column for column in ProcessVersion._meta.columns if column._meta.name not in ("xml", "executable", "names")]
_BEYOND = "(process.created_at, process.id) < ({}, {})"
_AT_STAGE = "process.id in (select v.process_id from process_version v where v.tenant_id = {} and v.stage = {})"
_FOR_REVIEW = "process.function_id in (select f.id from city_function f where f.tenant_id = {} and f.review_on <= {})"
# A city has some thousand processes: a search in the titles needs no index, only no wildcards of the searcher's.
_NAMED = "(position({} in lower(process.title)) > 0 or position({} in lower(process.key)) > 0)"


@dataclass(frozen=True, kw_only=True)
class ProcessFilter:
    """Which processes; a field left out asks for nothing.

    ``stage``: one of its versions is there; ``text``: a part of the title or of the key; ``review_until``: its function
    is to be reviewed by that day.
    """

    unit_id: uuid.UUID | None = None
    owner_id: uuid.UUID | None = None
    function_id: uuid.UUID | None = None
    stage: Stage | None = None
    text: str = ""
    review_until: date | None = None


class Place(NamedTuple):
    """The place of a process in the list."""

    created_at: datetime
    id: uuid.UUID


async def list_processes(wanted: ProcessFilter, *, limit: int, after: Place | None = None) -> list[Process]:
    """Return at most ``limit`` processes, the newest first, behind ``after``."""
    condition = _condition(wanted)
    async with tenant_tx():
        query = Process.objects().where(condition)
        if after is not None:
            query = query.where(WhereRaw(_BEYOND, after.created_at, after.id))
        return await query.order_by(Process.created_at, Process.id, ascending=False).limit(limit)


async def count_processes(wanted: ProcessFilter) -> int:
    """Return how many processes ``list_processes`` would page through."""
    condition = _condition(wanted)
    async with tenant_tx():
        amount: int = await Process.count().where(condition)
    return amount


async def processes_by_id(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Process]:
    """Return processes by id; what is not there is not among them."""
    current_principal().require(READ)
    async with tenant_tx():
        rows = await Process.objects().where(Process.id.is_in([*ids])) if ids else []
    return {row.id: row for row in rows}


async def versions_by_id(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, ProcessVersion]:
    """Return versions by id without their texts; what is not there is not among them."""
    current_principal().require(READ)
    async with tenant_tx():
        rows = await ProcessVersion.select(*_LIGHT).where(ProcessVersion.id.is_in([*ids])) if ids else []
    return {row["id"]: ProcessVersion(**row) for row in rows}


async def versions_of(process_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[ProcessVersion]]:
    """Return the versions of processes without their texts, the newest first."""
    async with tenant_tx():
        query = ProcessVersion.select(*_LIGHT).where(ProcessVersion.process_id.is_in([*process_ids]))
        rows = await query.order_by(ProcessVersion.no, ascending=False)
    found = defaultdict(list)
    for row in rows:
        found[row["process_id"]].append(ProcessVersion(**row))
    return found


async def lanes_of(process_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[LaneBinding]]:
    """Return the bound lanes of processes, by name."""
    async with tenant_tx():
        rows = (
            await LaneBinding.objects().where(LaneBinding.process_id.is_in([*process_ids])).order_by(LaneBinding.lane)
        )
    found = defaultdict(list)
    for row in rows:
        found[row.process_id].append(row)
    return found


async def trial_units_of(version_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[uuid.UUID]]:
    """Return the units whose new cases versions in trial take."""
    async with tenant_tx():
        rows = await TrialUnit.objects().where(TrialUnit.version_id.is_in([*version_ids])).order_by(TrialUnit.id)
    found = defaultdict(list)
    for row in rows:
        found[row.version_id].append(row.unit_id)
    return found


async def parts_of(table: type[Part], order: str, version_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Part]]:
    """Return the rows of ``table`` that belong to versions, by its column ``order``."""
    columns: Any = table
    async with tenant_tx():
        query = table.objects().where(columns.version_id.is_in([*version_ids]))
        rows: list[Any] = await query.order_by(getattr(columns, order))
    found = defaultdict(list)
    for row in rows:
        found[row.version_id].append(row)
    return found


def _condition(wanted: ProcessFilter) -> Any:
    current_principal().require(READ)
    condition: Any = Process.tenant_id == current_tenant().id
    for part in _parts(wanted):
        condition = And(condition, part)
    return condition


def _parts(wanted: ProcessFilter) -> Iterator[Any]:
    if wanted.unit_id is not None:
        yield Process.unit_id == wanted.unit_id
    if wanted.owner_id is not None:
        yield Process.owner_id == wanted.owner_id
    if wanted.function_id is not None:
        yield Process.function_id == wanted.function_id
    if wanted.stage is not None:
        yield WhereRaw(_AT_STAGE, current_tenant().id, wanted.stage.value)
    if wanted.review_until is not None:
        yield WhereRaw(_FOR_REVIEW, current_tenant().id, wanted.review_until)
    text = one_text("text", wanted.text, limit=SHORT).lower()
    if text:
        yield WhereRaw(_NAMED, text, text)
