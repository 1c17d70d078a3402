"""What a workbook was understood to say: units, people, and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from leancity.core.errors import Problem
from leancity.core.i18n.catalogue import describe

SHOWN = 60
"""Characters of a cell that a finding shows."""


class Severity(StrEnum):
    """error: the line is not taken; warning: it is, with what was guessed or left out; note: it is, as it stands."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class UnitLine(msgspec.Struct, frozen=True, kw_only=True):
    """A unit. ``key`` is the file's own code, else made of the titles from the top; ``parent`` a key or "".

    ``kind`` and ``legal_form`` are those of ``core.identity.units``; ``head`` is a person's login or "".
    """

    key: str
    title: str
    parent: str
    kind: str
    legal_form: str
    inn: str
    head: str
    sheet: str
    row: int


class PersonLine(msgspec.Struct, frozen=True, kw_only=True):
    """A person. ``unit`` is a key or ""; ``phone`` is +7 and ten digits or ""; ``roles`` are as written."""

    login: str
    name: str
    position: str
    unit: str
    email: str
    phone: str
    roles: list[str]
    is_head: bool
    sheet: str
    row: int


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to know about a cell or a line. ``row`` counts from 1 (0: of the whole sheet or file).

    ``column`` is its letters, "" for the line. ``value`` is what stands there, shortened. ``code`` is a text's key.
    """

    severity: Severity
    code: str
    sheet: str = ""
    row: int = 0
    column: str = ""
    value: str = ""
    params: dict[str, str | int] = {}

    def told(self, locale: str) -> str:
        """Return what is found, for a person."""
        return describe(Problem(code=self.code, params={"value": self.value, **self.params}), locale)


class ColumnUse(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a sheet: its letters, its header as written, the field it fills ("" for none)."""

    column: str
    header: str
    field: str


class SheetUse(msgspec.Struct, frozen=True, kw_only=True):
    """What a sheet was taken for: ``units``, ``people`` or "" (not used).

    ``header_row`` counts from 1, 0 for none. ``skipped``: rows that hold no data, by why: above, header, numbering,
    total, footer, heading (a unit's title that was told before), unused.
    """

    name: str
    taken_for: str
    header_row: int
    rows: int
    columns: list[ColumnUse] = []
    skipped: dict[str, list[int]] = {}


class Organisation(msgspec.Struct, frozen=True, kw_only=True):
    """A workbook as it was understood; as JSON an onboarding keeps it."""

    file: str
    units: list[UnitLine]
    people: list[PersonLine]
    findings: list[Finding]
    sheets: list[SheetUse]

    def of(self, severity: Severity) -> list[Finding]:
        """Return the findings of a severity, in the file's order."""
        return [finding for finding in self.findings if finding.severity is severity]


def parse_organisation(kept: bytes | str) -> Organisation:
    """Read what ``organisation_json`` wrote."""
    return msgspec.json.decode(kept, type=Organisation)


def organisation_json(found: Organisation) -> str:
    """Return it as JSON."""
    return msgspec.json.encode(found).decode()


def shortened(value: str) -> str:
    """Return a value as a finding shows it."""
    return value if len(value) <= SHOWN else f"{value[: SHOWN - 1]}…"


def in_order(findings: Iterable[Finding], sheets: Iterable[str]) -> list[Finding]:
    """Return findings by sheet, row, column and code; those of the whole file first."""
    order = {name: place for place, name in enumerate(sheets)}
    return sorted(findings, key=lambda each: (order.get(each.sheet, -1), each.row, each.column, each.code))


class Findings:
    """Collects what is found."""

    def __init__(self) -> None:
        self.all: list[Finding] = []

    def error(self, code: str, place: tuple[str, int, str], value: str = "", **params: str | int) -> None:
        self._add(Severity.ERROR, code, place, value, params)

    def warning(self, code: str, place: tuple[str, int, str], value: str = "", **params: str | int) -> None:
        self._add(Severity.WARNING, code, place, value, params)

    def note(self, code: str, place: tuple[str, int, str], value: str = "", **params: str | int) -> None:
        self._add(Severity.NOTE, code, place, value, params)

    def _add(
        self, severity: Severity, code: str, place: tuple[str, int, str], value: str, params: dict[str, str | int]
    ) -> None:
        sheet, row, column = place
        self.all.append(
            Finding(
                severity=severity,
                code=code,
                sheet=sheet,
                row=row,
                column=column,
                value=shortened(value),
                params={name: shortened(each) if isinstance(each, str) else each for name, each in params.items()},
            )
        )
