"""Reading instances: one, a list, and what one waits for."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leancity.core.cases.reach import READ as READ_CASE
from leancity.core.cases.reach import closed_among, require_reach
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.plugins.manager import installed_modules
from leancity.core.processes.running.kind import KERNEL_KINDS
from leancity.core.processes.running.tables import ProcessInstance
from leancity.core.tenancy.context import current_modules

READ = "core.process.read"

_LIST = """
select i.id, i.process_id, p.key as process, p.title as process_title, i.version_id, v.no as version_no, i.case_id,
    i.mark, i.status, i.author_id, i.unit_id, i.opened_at, i.closed_at, i.outcome, i.failure, i.revision
from process_instance i
join process p on p.tenant_id = i.tenant_id and p.id = i.process_id
join process_version v on v.tenant_id = i.tenant_id and v.id = i.version_id
where i.tenant_id = $1 and not split_part(p.key, '.', 1) = any($2::text[])
  and ($3::uuid is null or i.process_id = $3) and ($4::text is null or i.status = $4)
  and ($5::text is null or i.mark = $5) and ($6::uuid is null or i.id = $6)
  and ($7::timestamptz is null or (i.opened_at, i.id) < ($7, $8::uuid))
order by i.opened_at desc, i.id desc limit $9
"""
_COUNT = """
select count(*) from process_instance i
join process p on p.tenant_id = i.tenant_id and p.id = i.process_id
where i.tenant_id = $1 and not split_part(p.key, '.', 1) = any($2::text[])
  and ($3::uuid is null or i.process_id = $3) and ($4::text is null or i.status = $4)
  and ($5::text is null or i.mark = $5)
"""
_FACTS = "select facts from process_instance where tenant_id = $1 and id = $2"
_WAITS = """
select 'user' as kind, node_id, title as name, due_at from work_item
where tenant_id = $1 and instance_id = $2 and state in ('open', 'claimed', 'started', 'suspended')
union all
select 'timer', node_id, '', due_at from process_timer where tenant_id = $1 and instance_id = $2
union all
select kind, node_id, name, null from message_wait where tenant_id = $1 and instance_id = $2
union all
select 'service', node_id, topic, null from service_call
where tenant_id = $1 and instance_id = $2 and state in ('waiting', 'failed')
order by 1, 2
"""


@dataclass(frozen=True, kw_only=True)
class InstanceFilter:
    """Which instances are meant: of a process, in a status (running, done, stopped, failed), of a mark."""

    process_id: uuid.UUID | None = None
    status: str | None = None
    mark: str | None = None


async def list_instances(
    wanted: InstanceFilter, *, limit: int, after: tuple[datetime, uuid.UUID] | None = None
) -> list[Mapping[str, Any]]:
    """Return instances, the latest first, that follow the keyset ``after``. Asks for ``core.process.read``.

    Those of processes of a module that the city has not are not there. Of a case of a kind apart that whoever asks may
    not read an instance tells neither which case it is nor how it ended.
    """
    current_principal().require(READ)
    moment, last = after or (None, None)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(
            _LIST,
            unit.tenant_id,
            closed_modules(),
            wanted.process_id,
            wanted.status,
            wanted.mark,
            None,
            moment,
            last,
            limit,
        )
        return await _told(rows)


async def count_instances(wanted: InstanceFilter) -> int:
    """Count what ``list_instances`` lists."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        counted: int = await unit.connection.fetchval(
            _COUNT, unit.tenant_id, closed_modules(), wanted.process_id, wanted.status, wanted.mark
        )
    return counted


async def find_instance(instance_id: uuid.UUID) -> Mapping[str, Any] | None:
    """Return one instance to who may read processes, None where there is none."""
    current_principal().require(READ)
    return await read_instance(instance_id)


async def read_instance(instance_id: uuid.UUID) -> Mapping[str, Any] | None:
    """Return one instance as ``list_instances`` does, None where there is none. Rights are the caller's to ask."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(
            _LIST, unit.tenant_id, closed_modules(), None, None, None, instance_id, None, None, 1
        )
        return next(iter(await _told(rows)), None)


async def read_facts(instance_id: uuid.UUID) -> str:
    """Return the facts of an instance as JSON. Asks for ``core.process.read``.

    Those of a module's case are for who may read that case too: of whom they tell, the module knows and no process.
    """
    current_principal().require(READ)
    async with tenant_tx():
        mine = ProcessInstance.id == instance_id
        found = await ProcessInstance.select(ProcessInstance.case_id).where(mine).first()
        case = None
        if found is not None and found["case_id"] is not None:
            case = await CaseRecord.objects().where(CaseRecord.id == found["case_id"]).first()
        if case is not None and case.kind not in KERNEL_KINDS:
            await require_reach(READ_CASE, case, field="id")
    async with tenant_tx() as unit:
        return str(await unit.connection.fetchval(_FACTS, unit.tenant_id, instance_id) or "{}")


async def read_waits(instance_id: uuid.UUID) -> list[Mapping[str, Any]]:
    """Return what an instance waits for (``kind``, ``node_id``, ``name``, ``due_at``) to who may read processes."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_WAITS, unit.tenant_id, instance_id)
    return [dict(row) for row in rows]


async def _told(rows: Sequence[Any]) -> list[Mapping[str, Any]]:
    """Return rows of ``_LIST`` as far as they are for whoever asks."""
    closed = await closed_among({row["case_id"] for row in rows if row["case_id"] is not None})
    return [{**row, "case_id": None, "outcome": None} if row["case_id"] in closed else dict(row) for row in rows]


def closed_modules() -> list[str]:
    """Return the installed modules that the city being served has not: their processes do not exist for it."""
    return sorted(installed_modules().manifests.keys() - current_modules())
