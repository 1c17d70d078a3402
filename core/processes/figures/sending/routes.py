"""The addresses of the exports: of one process, with the cut in the query."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

from litestar import Request, get
from litestar.response import Stream

from leancity.core.audit.log import note_read
from leancity.core.cases.checks import keepable
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.processes.figures.cut import Asked, Cut, Mark, asked_for_each
from leancity.core.processes.figures.sending.table import cases_csv, steps_csv
from leancity.core.processes.figures.sending.xes import xes
from leancity.core.processes.versions.tables import Process

Queried = Request[Any, Any, Any]


@get("/processes/{process_id:uuid}/log.xes")
async def log_xes(request: Queried, process_id: uuid.UUID) -> Stream:
    """Answer the event log as XES."""
    wanted = await asked_for_each(_cut(request, process_id))
    async with tenant_tx():
        row = await Process.select(Process.key, Process.title).where(Process.id == process_id).first()
    if row is None:
        raise refuse("not_found", "process_id")
    return _stream(wanted, lambda cut: xes(cut, row["title"]), "application/xml", "log.xes")


@get("/processes/{process_id:uuid}/cases.csv")
async def cases_table(request: Queried, process_id: uuid.UUID) -> Stream:
    """Answer the cases as CSV."""
    return _stream(await asked_for_each(_cut(request, process_id)), cases_csv, "text/csv; charset=utf-8", "cases.csv")


@get("/processes/{process_id:uuid}/steps.csv")
async def steps_table(request: Queried, process_id: uuid.UUID) -> Stream:
    """Answer the steps as CSV."""
    return _stream(await asked_for_each(_cut(request, process_id)), steps_csv, "text/csv; charset=utf-8", "steps.csv")


def _stream(wanted: Asked, written: Callable[[Asked], AsyncIterator[str]], media_type: str, name: str) -> Stream:
    note_read("core.process_log.exported", "process", wanted.cut.process_id)
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
    }
    return Stream(written(wanted), media_type=media_type, headers=headers)


def _cut(request: Queried, process_id: uuid.UUID) -> Cut:
    query = request.query_params
    return Cut(
        process_id=process_id,
        since=_read(query.get("since"), "since", date.fromisoformat),
        until=_read(query.get("until"), "until", date.fromisoformat),
        mark=_read(query.get("mark"), "mark", Mark) or Mark.PRODUCTION,
        version_id=_read(query.get("version"), "version", uuid.UUID),
        unit_id=_read(query.get("unit"), "unit", uuid.UUID),
        channel=_read(query.get("channel"), "channel", keepable),
        log_id=_read(query.get("log"), "log", uuid.UUID),
    )


def _read(text: str | None, field: str, kind: Callable[[str], Any]) -> Any:
    if not text:
        return None
    try:
        return kind(text)
    except ValueError as error:
        raise refuse("process_cut_invalid", field) from error


HANDLERS = (log_xes, cases_table, steps_table)
