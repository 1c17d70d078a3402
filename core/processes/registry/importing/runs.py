"""A registry's file as a job: asked for, watched while it is read, gone on with where a worker was killed.

Its record is a run of ``core.imports``. ``mapping`` holds what was asked for, what became of the lines, and what is
wrong with the file as a whole; it is committed with the lines that it tells of. ``fingerprint`` is what is at work: the
same file is not read twice at once, and may be read again when it is done.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.files.fetching import fetched
from leancity.core.files.kinds import MB
from leancity.core.files.service import claimed_file
from leancity.core.files.tables import StoredFile
from leancity.core.identity.principal import acting_as, current_principal
from leancity.core.identity.rights import principals_for
from leancity.core.imports.runs import FINISHED
from leancity.core.imports.tables import ImportRun
from leancity.core.jobs.outbox import enqueue
from leancity.core.jobs.queues import Queue
from leancity.core.moment import now
from leancity.core.notifications.subjects import REGISTRY_IMPORT, ask_to_tell_of
from leancity.core.processes.registry.checking import CHANGE
from leancity.core.processes.registry.importing.fields import KINDS
from leancity.core.processes.registry.importing.reading import Book
from leancity.core.processes.registry.importing.resolving import Fate, Told
from leancity.core.processes.registry.importing.running import Elsewhere, foreseen, read_registry, write_lines

JOB = "core.import_registry"
TARGET = "core.registry"
LARGEST = 20 * MB
"""Bytes of a file of a registry."""
MOST_TOLD = 1_000
"""Lines that are told one by one: those refused first, then what is changed."""
_ORDER = [fate.value for fate in (Fate.REFUSED, Fate.CHANGED, Fate.CREATED)]


async def begin_import(file_id: uuid.UUID, claim: str, *, kind: str | None, is_preview: bool) -> ImportRun:
    """Let a file that the caller has uploaded be read; ``kind`` names the sheet that a CSV is.

    Of a file that is being read already it is that run which is returned.
    """
    who = current_principal()
    who.require(CHANGE)
    if kind is not None and kind not in KINDS:
        raise refuse("registry_sheet_unknown", "kind", kinds=", ".join(KINDS))
    file = await claimed_file(file_id, claim)
    if file.size > LARGEST:
        raise refuse("file_too_large", "file_id", limit=LARGEST // MB)
    asked = {"kind": kind, "is_preview": is_preview}
    run = ImportRun(
        target=TARGET,
        source="registry",
        file_name=file.name,
        file_digest=str(file.sha256),
        mapping=json.dumps({**asked, "file_id": str(file.id)}),
        fingerprint=hashlib.sha256(json.dumps([TARGET, str(file.sha256), asked]).encode()).hexdigest(),
        total=0,
        actor_id=who.user_id,
        started_at=now(),
    )
    async with tenant_tx(write=True):
        same = (ImportRun.tenant_id, ImportRun.fingerprint)
        if not await ImportRun.insert(run).on_conflict(same, "DO NOTHING").returning(ImportRun.id):
            run = await _run(ImportRun.fingerprint == run.fingerprint)
        else:
            await record("core.registry_import.begun", "import_run", run.id, is_preview=is_preview)
        # Asked for anew of a run whose job has been given up; one that is still at it is not disturbed.
        queue: Queue = "interactive" if is_preview else "bulk"
        await enqueue(JOB, {"run_id": str(run.id)}, queue=queue)
    return run


async def read_import(run_id: uuid.UUID) -> ImportRun:
    """Return a run, how far it has come and what became of its lines."""
    current_principal().require(CHANGE)
    async with tenant_tx():
        return await _run(ImportRun.id == run_id)


async def import_file(payload: dict[str, Any]) -> None:
    """Job, between transactions: read the file of a run as whoever sent it, from where it has come to."""
    run_id = uuid.UUID(payload["run_id"])
    async with tenant_tx():
        run = await _run(ImportRun.id == run_id)
        asked = json.loads(run.mapping)
        file = await StoredFile.objects().where(StoredFile.id == uuid.UUID(asked["file_id"])).first()
    who = current_principal() if run.actor_id is None else (await principals_for([run.actor_id])).get(run.actor_id)
    if run.state == FINISHED:
        return
    try:
        if who is None or not who.can(CHANGE):
            raise refuse("process_sender_barred", "file_id")
        if file is None:
            raise refuse("not_found", "file_id")
        with acting_as(who):
            async with fetched(file) as path:
                book = await read_registry(path, file.name, asked["kind"])
            await _work(run, book, is_preview=asked["is_preview"])
    except Refused as refused:
        await _refused(run_id, refused)
    except Elsewhere:
        return


async def _work(run: ImportRun, book: Book, *, is_preview: bool) -> None:
    if is_preview:
        told = await foreseen(book)
        async with tenant_tx(write=True):
            await _keep(run.id, book, 0, told, book.total)
        return
    done = run.line_done

    async def keep(told: Sequence[Told], upto: int) -> bool:
        nonlocal done
        before, done = done, upto
        return await _keep(run.id, book, before, told, upto)

    await write_lines(book, keep, done=done)


async def _keep(run_id: uuid.UUID, book: Book, before: int, told: Sequence[Told], done: int) -> bool:
    """Write down what became of some lines; False where the run is not where it was."""
    run = await ImportRun.objects().where(ImportRun.id == run_id).lock_rows("UPDATE").first()
    if run is None or run.state == FINISHED or run.line_done != before:
        return False
    kept = json.loads(run.mapping)
    kept |= {"unread": [*book.unread], "sheets": _sheets(kept.get("sheets"), book, told)}
    kept["lines"] = _lines([*kept.get("lines", ()), *map(_as_json, told)])
    run.mapping, run.total, run.line_done = json.dumps(kept, ensure_ascii=False), book.total, done
    fates = [each.fate for each in told]
    run.written += fates.count(Fate.CREATED) + fates.count(Fate.CHANGED)
    run.known += fates.count(Fate.UNCHANGED)
    run.bad += fates.count(Fate.REFUSED)
    if done == book.total:
        await _finish(run)
    await run.save()
    return True


async def _refused(run_id: uuid.UUID, refused: Refused) -> None:
    """Write down why the file as a whole is none; nobody tries it again."""
    async with tenant_tx(write=True):
        run = await ImportRun.objects().where(ImportRun.id == run_id).lock_rows("UPDATE").first()
        if run is None or run.state == FINISHED:
            return
        wrong = [_told(problem) for problem in refused.problems]
        run.mapping = json.dumps({**json.loads(run.mapping), "problems": wrong}, ensure_ascii=False)
        await _finish(run)
        await run.save()


async def _finish(run: ImportRun) -> None:
    run.state, run.finished_at, run.fingerprint = FINISHED, now(), f"{run.fingerprint}:{run.id}"
    counts = {"written": run.written, "known": run.known, "bad": run.bad}
    await record("core.registry_import.finished", "import_run", run.id, file_digest=run.file_digest, **counts)
    if not json.loads(run.mapping)["is_preview"]:  # a preview is waited for
        await ask_to_tell_of(REGISTRY_IMPORT, run.id, [run.actor_id])


def _sheets(kept: Sequence[dict[str, Any]] | None, book: Book, told: Iterable[Told]) -> list[dict[str, Any]]:
    """Return the counts of the sheets with those of further lines added."""
    new = [
        {"sheet": sheet.name, "kind": sheet.kind.name, "unused": [*sheet.unused], **dict.fromkeys(Fate, 0)}
        for sheet in book.sheets
    ]
    sheets = [dict(sheet) for sheet in kept or new]
    by_name = {sheet["sheet"]: sheet for sheet in sheets}
    for each in told:
        by_name[each.sheet][each.fate.value] += 1
    return sheets


def _lines(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    wanted = [line for line in lines if line["fate"] in _ORDER]
    return sorted(wanted, key=lambda line: _ORDER.index(line["fate"]))[:MOST_TOLD]


def _as_json(told: Told) -> dict[str, Any]:
    return {
        "sheet": told.sheet,
        "line": told.line,
        "name": told.name,
        "fate": told.fate.value,
        "changed": [*told.changed],
        "problems": [_told(problem) for problem in told.problems],
    }


def _told(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "field": problem.field, "params": {**problem.params}}


async def _run(which: Any) -> ImportRun:
    row = await ImportRun.objects().where(which & (ImportRun.target == TARGET)).first()
    if row is None:
        raise refuse("not_found", "run_id")
    return row
