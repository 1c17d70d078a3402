"""The report of bad rows: all of them in a file, the first ones for the screen."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import IO

from leancity.core.errors import refuse
from leancity.core.i18n.catalogue import describe
from leancity.core.imports.lines import Line

COLUMNS = ("line", "field", "header", "code", "reason")
FIRST = 20


class Report:
    """Collects bad rows. ``path``: a CSV (UTF-8 with its mark) of ``COLUMNS``, a line for every thing wrong.

    ``headers`` tells each field's header in the file. The file is in ``locale``, for the people of the city mend it;
    ``first`` keeps the first ``FIRST`` things wrong in English, as the command speaks; ``told`` counts all of them.
    """

    def __init__(self, path: Path | None, headers: dict[str, str], locale: str) -> None:
        """Raise ``Refused`` when the file can't be written."""
        self._headers, self._locale = headers, locale
        self._file: IO[str] | None = None
        if path is not None:
            try:
                self._file = path.open("w", encoding="utf-8-sig", newline="")
            except OSError as error:
                raise refuse("import_report_unwritable", "report", reason=error.strerror or str(error)) from error
            csv.writer(self._file).writerow(COLUMNS)
        self.first: list[str] = []
        self.told = 0

    def add(self, line: Line) -> None:
        """Take a bad row."""
        for problem in line.problems:
            self.told += 1
            if len(self.first) < FIRST:
                where = f"{problem.field}: " if problem.field else ""
                self.first.append(f"line {line.number}: {where}{describe(problem, 'en')}")
            if self._file is not None:
                header = self._headers.get(problem.field or "", "")
                reason = describe(problem, self._locale)
                csv.writer(self._file).writerow([line.number, problem.field or "", header, problem.code, reason])

    def __enter__(self) -> Report:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._file is not None:
            self._file.close()
