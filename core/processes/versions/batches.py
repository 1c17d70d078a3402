"""Many drawings at once: one job reads them file by file, and what became of each is kept with the rows it wrote.

A batch is a run of ``core.imports``: its ``mapping`` holds the files in their order and, once it was read, what became
of each. The result of a file commits with its process and version, so a job that was killed goes on behind it.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, one_text
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.files.service import claimed_file
from leancity.core.files.tables import StoredFile
from leancity.core.identity.principal import acting_as, current_principal
from leancity.core.identity.rights import principals_for
from leancity.core.imports.tables import ImportRun
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.processes.versions.processes import ProcessCard, create_process
from leancity.core.processes.versions.stages import CHANGE, READ, VersionKind
from leancity.core.processes.versions.tables import Process, ProcessVersion
from leancity.core.processes.versions.uploading import Prepared, add_version, bytes_of, prepare

JOB = "core.read_drawings"
TARGET = "core.process_drawings"
MOST_FILES = 200
"""Files of one batch."""
WAITING, READ_IN, KNOWN, REFUSED = "waiting", "read", "known", "refused"


@dataclass(frozen=True, kw_only=True)
class BatchFile:
    """An uploaded file. ``key``: of the process that it draws, made of the file's name where it is empty."""

    file_id: uuid.UUID
    claim: str = ""
    key: str = ""
    process_element: str = ""


async def begin_batch(files: Sequence[BatchFile], kind: VersionKind) -> ImportRun:
    """Let the files be read one after another; the same files are not read twice at once."""
    who = current_principal()
    who.require(CHANGE)
    if not files:
        raise refuse("required", "files")
    if len(files) > MOST_FILES:
        raise refuse("process_too_many", "files", limit=MOST_FILES)
    wanted = []
    for place, each in enumerate(files):
        try:
            row = await claimed_file(each.file_id, each.claim)
        except Refused as error:
            raise refuse("not_found", f"files.{place}.file_id") from error
        key = one_text(f"files.{place}.key", each.key, limit=SHORT) or key_of_name(row.name)
        element = one_text(f"files.{place}.process_element", each.process_element, limit=SHORT)
        wanted.append({"file_id": str(row.id), "name": row.name, "key": key, "element": element, "state": WAITING})
    plan = {"kind": kind.value, "files": wanted}
    fingerprint = hashlib.sha256(json.dumps([str(who.user_id), plan]).encode()).hexdigest()
    async with tenant_tx(write=True):
        run = ImportRun(
            target=TARGET,
            source="bpmn",
            file_name=wanted[0]["name"],
            file_digest=fingerprint,
            mapping=json.dumps(plan, ensure_ascii=False),
            fingerprint=fingerprint,
            total=len(wanted),
            actor_id=who.user_id,
            started_at=now(),
        )
        same = (ImportRun.tenant_id, ImportRun.fingerprint)
        if not await ImportRun.insert(run).on_conflict(same, "DO NOTHING").returning(ImportRun.id):
            return await _run(ImportRun.fingerprint == fingerprint)
        await record("core.process_batch.begun", "import_run", run.id, files=len(wanted))
        await enqueue(JOB, {"run_id": str(run.id)}, queue="bulk")
    return run


async def read_batch(run_id: uuid.UUID) -> ImportRun:
    """Return a batch and how far it has come."""
    current_principal().require(READ)
    async with tenant_tx():
        return await _run(ImportRun.id == run_id)


def key_of_name(name: str) -> str:
    """Return a process's key for a file's name: the name itself where it is Latin, a digest of it where it is not."""
    stem = PurePath(name).stem.lower()
    key = re.sub(r"[^a-z0-9]+", "_", stem).strip("_")[:SHORT]
    if re.fullmatch(r"[a-z][a-z0-9_]*", key) and stem.isascii():
        return key
    return f"file_{hashlib.sha256(stem.encode()).hexdigest()[:12]}"


async def read_drawings(payload: dict[str, Any]) -> None:
    """Job: read the files of a batch that have not been read, as whoever sent them. It reads the store: outside."""
    run_id = uuid.UUID(payload["run_id"])
    async with tenant_tx():
        run = await _run(ImportRun.id == run_id)
    who = current_principal() if run.actor_id is None else (await principals_for([run.actor_id])).get(run.actor_id)
    plan = json.loads(run.mapping)
    for place in range(run.line_done, len(plan["files"])):
        if who is None:
            gone = Problem(code="process_sender_barred", field="file_id")
            await _done(run_id, place, {"state": REFUSED, "problems": [_told(gone)]})
            continue
        with acting_as(who):
            await _read_one(run_id, place, plan["files"][place], VersionKind(plan["kind"]))


async def _read_one(run_id: uuid.UUID, place: int, file: dict[str, Any], kind: VersionKind) -> None:
    try:
        if not current_principal().can(CHANGE):
            raise refuse("process_sender_barred", "file_id")
        prepared = await prepare(await bytes_of(await _stored(uuid.UUID(file["file_id"]))), file["element"])
        async with tenant_tx(write=True):
            await _done(run_id, place, await _kept(prepared, file, kind))
    except Refused as refusal:
        await _done(run_id, place, {"state": REFUSED, "problems": [_told(each) for each in refusal.problems]})


async def _stored(file_id: uuid.UUID) -> StoredFile:
    async with tenant_tx():
        row = await StoredFile.objects().where(StoredFile.id == file_id).first()
    if row is None:
        raise refuse("not_found", "file_id")
    return row


async def _kept(prepared: Prepared, file: dict[str, Any], kind: VersionKind) -> dict[str, Any]:
    """Keep a drawing under its key, as a new process where there is none; one that is there already is known."""
    process = await Process.objects().where(Process.key == file["key"]).first()
    if process is None:
        title = prepared.model.title or prepared.model.pool or PurePath(file["name"]).stem
        process = await create_process(ProcessCard(key=file["key"], title=title[:SHORT]))
    same = (ProcessVersion.process_id == process.id) & (ProcessVersion.xml_sha256 == prepared.sha256)
    known = await ProcessVersion.select(ProcessVersion.id).where(same).first()
    if known is not None:
        return {"state": KNOWN, "process_id": str(process.id), "version_id": str(known["id"])}
    version = await add_version(process.id, prepared, kind=kind, note=file["name"])
    return {"state": READ_IN, "process_id": str(process.id), "version_id": str(version.id)}


async def _done(run_id: uuid.UUID, place: int, result: dict[str, Any]) -> None:
    """Write down what became of the file at ``place``, unless another process has gone on with the batch."""
    async with tenant_tx(write=True):
        run = await ImportRun.objects().where(ImportRun.id == run_id).lock_rows("UPDATE").first()
        if run is None or run.line_done != place:
            raise RuntimeError(f"the batch is not at its file {place}")
        plan = json.loads(run.mapping)
        plan["files"][place] |= result
        run.mapping, run.line_done = json.dumps(plan, ensure_ascii=False), place + 1
        run.written += result["state"] == READ_IN
        run.known += result["state"] == KNOWN
        run.bad += result["state"] == REFUSED
        if run.line_done == run.total:
            run.state, run.finished_at = "finished", now()
            counts = {"written": run.written, "known": run.known, "bad": run.bad}
            await record("core.process_batch.finished", "import_run", run_id, **counts)
        await run.save()


async def _run(which: Any) -> ImportRun:
    row = await ImportRun.objects().where(which & (ImportRun.target == TARGET)).first()
    if row is None:
        raise refuse("not_found", "run_id")
    return row


def _told(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "field": problem.field, "params": {**problem.params}}
