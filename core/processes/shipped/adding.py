"""Giving a city the processes of its modules, as roles are given: what is there already is left alone.

A newer version of a module may bring another drawing: a city whose production came from the module as it was gets it at
once, running cases finish on theirs; a city that has put a drawing of its own into production gets it as a draft.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterable
from typing import Any

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.i18n.catalogue import pick, text
from leancity.core.moment import now
from leancity.core.plugins.contributions import ModuleProcess
from leancity.core.plugins.manager import Modules
from leancity.core.processes.shipped.reading import Shipped, engine_names, read_shipped, title_of
from leancity.core.processes.versions.filling import bounds, fill
from leancity.core.processes.versions.rows import changed, lock_process, lock_version
from leancity.core.processes.versions.stages import Stage, VersionKind
from leancity.core.processes.versions.stored import stored
from leancity.core.processes.versions.tables import (
    LaneBinding,
    Process,
    ProcessDecision,
    ProcessForm,
    ProcessNode,
    ProcessVersion,
)
from leancity.core.processes.versions.uploading import assumptions_json
from leancity.core.tenancy.context import current_tenant

ORIGIN = "module:"
"""Begins the origin of a version that a module brought."""

_MISSING = """
select wanted.key from unnest($2::text[], $3::text[]) as wanted (key, origin)
where not exists (
    select from process p join process_version v on v.tenant_id = p.tenant_id and v.process_id = p.id
    where p.tenant_id = $1 and v.tenant_id = $1 and p.key = wanted.key and v.origin = wanted.origin)
"""


async def prepare_processes(modules: Modules, names: Iterable[str], locale: str) -> None:
    """Read the processes of some modules, for whoever is going to add them within a transaction."""
    wanted = {*names}
    for process in modules.processes.values():
        if process.key.partition(".")[0] in wanted:
            await asyncio.to_thread(_read, process, locale)


async def add_missing_processes(modules: Modules) -> None:
    """Give the city those processes of its modules, and those newer drawings of them, that it has not had yet."""
    tenant = current_tenant()
    mine = {key: each for key, each in modules.processes.items() if key.partition(".")[0] in tenant.modules}
    if not mine:
        return
    origins = {key: _origin(modules, key) for key in mine}
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_MISSING, unit.tenant_id, [*origins], [*origins.values()])
    missing = [row["key"] for row in rows]
    await prepare_processes(modules, {key.partition(".")[0] for key in missing}, tenant.locale)
    for key in sorted(missing):
        async with tenant_tx(write=True):
            await _bring(mine[key], read_shipped(mine[key], tenant.locale), origins[key])


def _origin(modules: Modules, key: str) -> str:
    return ORIGIN + modules.manifests[key.partition(".")[0]].version


def _read(process: ModuleProcess, locale: str) -> None:
    shipped = read_shipped(process, locale)
    engine_names(shipped.executable, shipped.model.id)


async def _bring(process: ModuleProcess, shipped: Shipped, origin: str) -> None:
    """Give the city one process in one version. Of two at once the second finds what the first has made."""
    row = Process(
        key=process.key,
        title=pick(process.title, current_tenant().locale),
        case_kind=process.case_kind,
        created_at=now(),
    )
    target = (Process.tenant_id, Process.key)
    is_new = bool(await Process.insert(row).on_conflict(target, "DO NOTHING").returning(Process.id))
    [found] = await Process.select(Process.id).where(Process.key == process.key)
    row = await lock_process(found["id"])
    light = (ProcessVersion.id, ProcessVersion.no, ProcessVersion.origin, ProcessVersion.xml_sha256)
    versions = (
        await ProcessVersion.select(*light)
        .where(ProcessVersion.process_id == row.id)
        .order_by(ProcessVersion.no, ascending=False)
    )
    if any(each["origin"] == origin for each in versions):
        return
    brought = [each for each in versions if each["origin"].startswith(ORIGIN)]
    if brought and await _is_same(brought[0], shipped):
        await ProcessVersion.update({ProcessVersion.origin: origin}).where(ProcessVersion.id == brought[0]["id"])
        return
    untouched = is_new or any(each["id"] == row.production_id for each in brought)
    version = await _insert(row, process, shipped, origin, no=max((each["no"] for each in versions), default=0) + 1)
    await _bind(row, process, shipped, None if not brought else brought[0]["id"])
    if untouched:
        await _put_into_work(row, version, shipped)
    await changed(row)
    verb = "published" if untouched else "brought"
    await record(f"core.process.{verb}", "process", row.id, version=version.id, no=version.no, origin=origin)


async def _is_same(row: dict[str, Any], shipped: Shipped) -> bool:
    """Tell whether a version is what the module brings still: then only its number is another."""
    if row["xml_sha256"] != shipped.sha256:
        return False
    forms = await ProcessForm.objects().where(ProcessForm.version_id == row["id"])
    decisions = await ProcessDecision.objects().where(ProcessDecision.version_id == row["id"])
    locale = current_tenant().locale
    kept = {
        (form.key, form.title, _json(json.loads(form.data_schema)), _json(json.loads(form.ui_schema))) for form in forms
    }
    mine = {
        (form.key, title_of(form, locale), _json(form.data_schema), _json(form.ui_schema)) for form in shipped.forms
    }
    tables = {(each.key, each.xml) for each in decisions}
    return kept == mine and tables == {(each.key, each.xml) for each in shipped.decisions}


async def _insert(row: Process, process: ModuleProcess, shipped: Shipped, origin: str, *, no: int) -> ProcessVersion:
    moment, locale = now(), current_tenant().locale
    starts, ends = bounds(shipped.model)
    version = ProcessVersion(
        process_id=row.id,
        no=no,
        kind=VersionKind.TO_BE.value,
        note=text("process_from_module", locale, {"version": origin.removeprefix(ORIGIN)}),
        origin=origin,
        xml=stored(shipped.data),
        xml_sha256=shipped.sha256,
        process_element=shipped.model.id,
        assumed=assumptions_json(shipped.assumed),
        confirmed_at=moment,
        starts_at=json.dumps([*process.starts_at] or starts),
        ends_at=json.dumps([*process.ends_at] or ends),
        created_at=moment,
    )
    await version.save()
    await fill(version, shipped.model)
    forms = [
        ProcessForm(
            version_id=version.id,
            key=form.key,
            title=title_of(form, locale),
            data_schema=_json(form.data_schema),
            ui_schema=_json(form.ui_schema),
        )
        for form in shipped.forms
    ]
    if forms:
        await ProcessForm.insert(*forms)
    decisions = [
        ProcessDecision(version_id=version.id, key=each.key, title=each.title, xml=each.xml)
        for each in shipped.decisions
    ]
    if decisions:
        await ProcessDecision.insert(*decisions)
    return version


async def _bind(row: Process, process: ModuleProcess, shipped: Shipped, before_id: uuid.UUID | None) -> None:
    """Bind the lanes that are new with this version: what the city has made of the others stays."""
    before: set[str] = set()
    if before_id is not None:
        nodes = await ProcessNode.select(ProcessNode.lane).where(ProcessNode.version_id == before_id)
        before = {node["lane"] for node in nodes}
    for lane_id, workers in process.lanes.items():
        lane = shipped.lane(lane_id)
        if lane in before:
            continue
        binding = LaneBinding(process_id=row.id, lane=lane, role_key=workers.role)
        binding.is_author, binding.is_head = workers.is_author, workers.is_head
        target = (LaneBinding.tenant_id, LaneBinding.process_id, LaneBinding.lane)
        await LaneBinding.insert(binding).on_conflict(target, "DO NOTHING")


async def _put_into_work(row: Process, version: ProcessVersion, shipped: Shipped) -> None:
    """Let new cases take a version; the one before it is retired and can be gone back to."""
    if row.production_id is not None:
        former = await lock_version(row.production_id)
        former.stage, former.retired_at = Stage.RETIRED.value, now()
        await changed(former)
        row.before_id = former.id
    version.executable = shipped.executable
    version.names = json.dumps([*engine_names(shipped.executable, shipped.model.id)])
    version.stage, version.published_at = Stage.PRODUCTION.value, now()
    await version.save(
        [ProcessVersion.executable, ProcessVersion.names, ProcessVersion.stage, ProcessVersion.published_at]
    )
    row.production_id = version.id


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
