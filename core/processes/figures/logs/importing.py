"""Importing an event log: read whole and checked first, then written in batches of whole cases, resumable.

Nothing is written of a log with a bad line. The record of the run (``core.imports``) has the log's id; what it says is
done is committed with the cases that are, so that a killed import goes on, and one given again does nothing.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from leancity.core.audit.log import record
from leancity.core.cases.checks import SHORT, one_text
from leancity.core.clock.city import city_clock
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.files.fetching import fetched
from leancity.core.files.service import claimed_file
from leancity.core.files.tables import StoredFile
from leancity.core.identity.principal import current_principal
from leancity.core.ids import new_id
from leancity.core.imports.lines import Line, read_lines
from leancity.core.imports.mapping import FieldMapping, settled
from leancity.core.imports.runs import FINISHED, Plan
from leancity.core.imports.sources import open_source
from leancity.core.imports.tables import ImportRun
from leancity.core.imports.target import Values
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.processes.figures.logs.fields import log_target
from leancity.core.processes.figures.logs.pairing import DrawnNode, by_case, paired
from leancity.core.processes.figures.logs.writing import write_cases
from leancity.core.processes.figures.logs.xes import is_xes, open_xes, unpacked_head
from leancity.core.processes.figures.tables import ImportedLog
from leancity.core.processes.versions.tables import Process, ProcessNode, ProcessVersion

CHANGE = "core.process.change"
JOB = "core.processes.import_log"
TARGET = "core.process_log"
MOST_LINES = 500_000
"""Of one log: what is read is held in memory, some hundred bytes a line."""
CASES_AT_ONCE = 200
BAD_SHOWN = 20

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class LogWish:
    """What is to be imported and how. ``ends``: only a case whose last step is one of these (a node's id or title) is
    closed; empty: each of which nothing is open. ``version_id``: the drawing whose nodes the steps are; ``mapping`` is
    as every import's, its ``values["activity"]`` translates the log's words into a node's id or title."""

    process_id: uuid.UUID
    title: str
    version_id: uuid.UUID | None = None
    mapping: FieldMapping = field(default_factory=FieldMapping)
    ends: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class ReadLog:
    """A log read whole. ``bad`` lines are counted, the first of them in ``problems``; ``cases`` are empty then."""

    plan: Plan
    lines: int
    bad: int
    problems: Sequence[Line]
    cases: Mapping[str, Sequence[Values]]


@dataclass(frozen=True, kw_only=True)
class LogImport:
    """What became of a wish. ``log`` is None where lines are bad or only a check was asked for."""

    read: ReadLog
    log: ImportedLog | None


def read_log(path: Path, name: str, wish: LogWish) -> ReadLog:
    """Read a CSV, a workbook or an XES file, each plain or gzipped, in a thread of the caller's.

    ``Refused``: it can't be read at all, or the mapping doesn't fit it.
    """
    source = open_xes(path, name, most=MOST_LINES) if is_xes(unpacked_head(path)) else open_source(path)
    if source.total > MOST_LINES:
        raise refuse("process_log_too_long", "file", most=MOST_LINES)
    target = log_target()
    mapping = settled(target, wish.mapping, source.headers)
    plan = Plan(target=target, source=source, mapping=mapping, system=_system(wish))
    good: list[Values] = []
    problems: list[Line] = []
    bad = 0
    for line in read_lines(source, target, mapping, plan.zone):
        if not line.problems:
            good += [] if bad else [line.values]
            continue
        bad += 1
        good.clear()
        if bad <= BAD_SHOWN:
            problems.append(line)
    return ReadLog(plan=plan, lines=source.total, bad=bad, problems=problems, cases=by_case(good))


def _system(wish: LogWish) -> str:
    """Return what tells one import from another of the same file: whose steps its lines are, and when a case ends."""
    return "|".join([str(wish.process_id), str(wish.version_id or ""), *sorted(wish.ends)])


async def import_file(file_id: uuid.UUID, claim: str, wish: LogWish, *, is_check: bool = False) -> LogImport:
    """Check a log that was uploaded and, unless a line is bad or only a check was asked for, let a job import it."""
    current_principal().require(CHANGE)
    checked = await _checked(wish)
    row = await claimed_file(file_id, claim)
    async with fetched(row) as path:
        found = await asyncio.to_thread(read_log, path, row.name, checked)
    if found.bad or is_check:
        return LogImport(read=found, log=None)
    async with tenant_tx(write=True):
        log, is_new = await _begun(checked, found, row.name)
        if is_new:
            await enqueue(JOB, _payload(log, row.id, checked), queue="bulk")
    return LogImport(read=found, log=log)


async def import_path(path: Path, wish: LogWish, on_progress: OnProgress, *, is_check: bool = False) -> LogImport:
    """Do the same with a file of this machine, at once: what the command does."""
    current_principal().require(CHANGE)
    checked = await _checked(wish)
    found = await asyncio.to_thread(read_log, path, path.name, checked)
    if found.bad or is_check:
        return LogImport(read=found, log=None)
    async with tenant_tx(write=True):
        log, _ = await _begun(checked, found, path.name)
    await _write(log, checked, found, on_progress)
    return LogImport(read=found, log=log)


async def import_log(payload: dict[str, Any]) -> None:
    """Job, between transactions: write what was asked for, from where an earlier attempt has come to."""
    wish = msgspec.convert(payload["wish"], LogWish)
    async with tenant_tx():
        log = await ImportedLog.objects().where(ImportedLog.id == uuid.UUID(payload["log_id"])).first()
        row = await StoredFile.objects().where(StoredFile.id == uuid.UUID(payload["file_id"])).first()
    if log is None or row is None:  # the process was removed meanwhile
        return
    async with fetched(row) as path:
        found = await asyncio.to_thread(read_log, path, row.name, wish)
    await _write(log, wish, found, lambda done, total: None)


def _payload(log: ImportedLog, file_id: uuid.UUID, wish: LogWish) -> dict[str, Any]:
    return {"log_id": str(log.id), "file_id": str(file_id), "wish": msgspec.to_builtins(wish)}


async def _checked(wish: LogWish) -> LogWish:
    """Refuse a wish that names what is not there."""
    title = one_text("title", wish.title, limit=SHORT, required=True)
    async with tenant_tx():
        if not await Process.exists().where(Process.id == wish.process_id):
            raise refuse("not_found", "process_id")
        of_version = (ProcessVersion.id == wish.version_id) & (ProcessVersion.process_id == wish.process_id)
        if wish.version_id is not None and not await ProcessVersion.exists().where(of_version):
            raise refuse("not_found", "version_id")
    return LogWish(
        process_id=wish.process_id,
        title=title,
        version_id=wish.version_id,
        mapping=wish.mapping,
        ends=tuple(one_text("ends", end, limit=SHORT) for end in wish.ends),
    )


async def _begun(wish: LogWish, found: ReadLog, file_name: str) -> tuple[ImportedLog, bool]:
    """Return the log of this file by this wish, and whether it is new. Joins the open unit."""
    log_id = new_id()
    run = ImportRun(
        id=log_id,
        target=TARGET,
        source=wish.mapping.source or wish.title,
        file_name=file_name,
        file_digest=found.plan.source.digest,
        mapping=msgspec.json.encode(found.plan.mapping).decode(),
        fingerprint=found.plan.fingerprint,
        total=len(found.cases),
        actor_id=current_principal().user_id,
        started_at=now(),
    )
    same = (ImportRun.tenant_id, ImportRun.fingerprint)
    if not await ImportRun.insert(run).on_conflict(same, "DO NOTHING").returning(ImportRun.id):
        [first] = await ImportRun.objects().where(ImportRun.fingerprint == run.fingerprint)
        log = await ImportedLog.objects().where(ImportedLog.id == first.id).first()
        if log is not None:
            return log, False
        log_id = first.id  # its process's other log of it was removed: begin anew under the same record
        first.state, first.line_done, first.written = "started", 0, 0
        await first.save()
    log = ImportedLog(
        id=log_id,
        process_id=wish.process_id,
        title=wish.title,
        source=run.source,
        author_id=current_principal().user_id,
        at=now(),
    )
    await ImportedLog.insert(log)
    facts = {"process_id": wish.process_id, "file_digest": run.file_digest, "cases": run.total}
    await record("core.process_log.begun", "process_log", log.id, **facts)
    return log, True


async def _write(log: ImportedLog, wish: LogWish, found: ReadLog, on_progress: OnProgress) -> None:
    nodes, clock = await nodes_of(wish.version_id), await city_clock()
    cases = [*found.cases.items()]
    for begin in range(0, len(cases), CASES_AT_ONCE):
        some = [paired(name, rows, nodes, wish.ends) for name, rows in cases[begin : begin + CASES_AT_ONCE]]
        done = begin + len(some)
        async with tenant_tx(write=True):
            run = await ImportRun.objects().where(ImportRun.id == log.id).lock_rows("UPDATE").first()
            if run is None:
                raise RuntimeError("the record of the import is gone")
            if run.line_done >= done:
                continue
            log.events = await _events(log) + await write_cases(log, wish.version_id, some, clock)
            log.cases = run.line_done = run.written = done
            if done == len(cases):
                run.state, run.finished_at = FINISHED, now()
                await record("core.process_log.imported", "process_log", log.id, cases=log.cases, events=log.events)
            await run.save()
            await log.save([ImportedLog.cases, ImportedLog.events])
        on_progress(done, len(cases))


async def _events(log: ImportedLog) -> int:
    row = await ImportedLog.select(ImportedLog.events).where(ImportedLog.id == log.id).first()
    if row is None:
        raise RuntimeError("the log is gone")
    return int(row["events"])


async def nodes_of(version_id: uuid.UUID | None) -> dict[str, DrawnNode]:
    """Return the nodes of a drawing by their ids and titles, without regard to case; an id counts before a title."""
    if version_id is None:
        return {}
    async with tenant_tx():
        rows = await ProcessNode.objects().where(ProcessNode.version_id == version_id).order_by(ProcessNode.place)
    found = {
        row.node_id: DrawnNode(
            id=row.node_id, title=row.title or row.node_id, type=row.type, value_class=row.value_class
        )
        for row in rows
    }
    titled = {node.title.casefold(): node for node in reversed(found.values())}
    return titled | {name.casefold(): node for name, node in found.items()}
