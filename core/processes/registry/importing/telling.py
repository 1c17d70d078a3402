"""What became of a file's lines, for a screen and as a table to mend it by."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import describe
from leancity.core.processes.registry.importing.resolving import Fate
from leancity.core.processes.registry.importing.running import Outcome

COLUMNS = ("sheet", "line", "field", "header", "code", "reason")
FIRST = 20


def reasons(outcome: Outcome, locale: str) -> Iterator[tuple[str, int, str, str, str, str]]:
    """Yield every thing that is wrong, by ``COLUMNS``."""
    headers = {sheet.name: sheet.headers for sheet in outcome.book.sheets}
    for told in outcome.told:
        for problem in told.problems:
            header = headers[told.sheet].get(problem.field or "", "")
            reason = describe(problem, locale)
            yield told.sheet, told.line, problem.field or "", header, problem.code, reason


def write_report(path: Path, outcome: Outcome, locale: str) -> None:
    """Write all that is wrong as a CSV (UTF-8 with its mark); ``Refused`` where the file can't be written."""
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(COLUMNS)
            rows.writerows(reasons(outcome, locale))
    except OSError as error:
        raise refuse("import_report_unwritable", "report", reason=error.strerror or str(error)) from error


def lines(outcome: Outcome, locale: str) -> Iterator[str]:
    """Yield what a person at a terminal reads: counts a sheet, then the first things wrong."""
    for sheet in outcome.book.sheets:
        counts = outcome.counts.get(sheet.kind.name, {})
        told = ", ".join(f"{fate.value} {counts.get(fate, 0)}" for fate in Fate)
        yield f"{sheet.name}: {told}"
        if sheet.unused:
            yield f"  not used: {', '.join(sheet.unused)}"
    for name in outcome.book.unread:
        yield f"{name}: nothing of a registry"
    wrong = [*reasons(outcome, locale)]
    for name, line, field, _, _, reason in wrong[:FIRST]:
        yield f"{name}, line {line}: {field + ': ' if field else ''}{reason}"
    if len(wrong) > FIRST:
        yield f"and {len(wrong) - FIRST} more; --report FILE lists them all"


def facts(outcome: Outcome, locale: str) -> dict[str, Any]:
    """Return the same for a program."""
    return {
        "file": outcome.book.file,
        "isPreview": outcome.is_preview,
        "counts": {kind: {fate.value: n for fate, n in fates.items()} for kind, fates in outcome.counts.items()},
        "unread": [*outcome.book.unread],
        "problems": [dict(zip(COLUMNS, each, strict=True)) for each in reasons(outcome, locale)],
    }
