"""Open data: the reports as CSV, without personal data."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import AsyncIterator, Iterable
from datetime import datetime

from litestar import get
from litestar.response import Stream

from leancity.modules.city_problems.reading import Filter, PublicReport, list_reports

COLUMNS = ("number", "title", "text", "address", "status", "outcome", "opened_at", "closed_at", "due_at", "lat", "lon")
PAGE = 500


@get("/reports.csv")
async def reports_csv() -> Stream:
    """Answer all reports, newest first; times are UTC."""
    # The first page is read before the answer begins: who may not see the list is told so with a status of its own.
    return Stream(_lines(await _page(None)), media_type="text/csv; charset=utf-8")


async def _page(after: tuple[datetime, uuid.UUID] | None) -> list[PublicReport]:
    return await list_reports(Filter(), after=after, limit=PAGE)


async def _lines(rows: list[PublicReport]) -> AsyncIterator[str]:
    yield _line(COLUMNS)
    while rows:
        for row in rows:
            yield _line([_cell(row, column) for column in COLUMNS])
        rows = await _page((rows[-1].opened_at, rows[-1].id))


def _cell(row: PublicReport, column: str) -> object:
    value = getattr(row, column)
    # A spreadsheet would run a text that begins like a formula.
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")) else value


def _line(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()
