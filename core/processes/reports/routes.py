"""The addresses of a report's files: for whom the report is, not for whoever knows the file's id."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from litestar import Request, get

from leancity.core.audit.log import note_read
from leancity.core.files.answer import FileAnswer, answer
from leancity.core.processes.reports.reading import report_file

Asked = Request[Any, Any, Any]


@get("/processes/reports/{report_id:uuid}/report.pdf")
async def report_pdf(request: Asked, report_id: uuid.UUID) -> FileAnswer:
    """Answer the report to be read and printed."""
    return await _answer(request, report_id, "pdf")


@get("/processes/reports/{report_id:uuid}/report.xlsx")
async def report_xlsx(request: Asked, report_id: uuid.UUID) -> FileAnswer:
    """Answer the report as a workbook."""
    return await _answer(request, report_id, "xlsx")


async def _answer(request: Asked, report_id: uuid.UUID, form: Literal["pdf", "xlsx"]) -> FileAnswer:
    row = await report_file(report_id, form)
    note_read("core.owner_report.fetched", "owner_report", report_id)
    return await answer(row, request.headers, is_head=False)


HANDLERS = (report_pdf, report_xlsx)
