"""Lines of a file against the city: what each would do, and the rows that would be written.

A line is found again by its key, an operation by its function and place, a use by its function and system; so a file
may be given twice. What a file leaves empty stays as it is, and nothing is ever removed. A stage is taken for a
function that is new; later it is moved by people.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from leancity.core.errors import Problem
from leancity.core.ids import new_id
from leancity.core.imports.lines import Line
from leancity.core.imports.target import FieldKind, Values
from leancity.core.processes.registry.checking import FITS
from leancity.core.processes.registry.importing.directory import Directory, Natural
from leancity.core.processes.registry.importing.fields import KINDS, KOPECKS, SheetKind
from leancity.core.processes.registry.importing.reading import Sheet

_WHOLE = frozenset({*FITS, "place"})
_ONLY_NEW = frozenset({"stage"})
_COLUMNS: Mapping[str, Callable[[Any], Any]] = {
    "hourly_rate": lambda roubles: round(roubles * KOPECKS),
    "error_share": lambda percent: percent / 100,
    "is_active": lambda said: said == "yes",
    "is_connected": lambda said: said == "yes",
    **dict.fromkeys(_WHOLE, int),
}
"""How a field's value becomes its column's."""


class Fate(StrEnum):
    """What a line does, or would do."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Told:
    """A line of a sheet: its fate, the fields it changes, or what is wrong with it. ``row`` is what it writes."""

    sheet: str
    kind: str
    line: int
    name: str
    fate: Fate
    changed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    row: Mapping[str, Any] | None = None


class Resolver:
    """What lines have said so far: of two lines about one row the later is refused, however far they are apart."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self.seen: dict[tuple[str, Natural], int] = {}

    def resolve(self, lines: Iterable[tuple[Sheet, Line]], directory: Directory) -> list[Told]:
        """Return what becomes of each line; ``directory`` takes the good ones in."""
        return [_told(sheet, line, directory, self) for sheet, line in lines]


def _told(sheet: Sheet, line: Line, directory: Directory, resolver: Resolver) -> Told:
    kind, name = sheet.kind, str(line.values.get("key") or line.values.get("function") or "")[:60]

    def fated(fate: Fate, **more: Any) -> Told:
        return Told(sheet=sheet.name, kind=kind.name, line=line.number, name=name, fate=fate, **more)

    if line.problems:
        return fated(Fate.REFUSED, problems=line.problems)
    given, problems = _columns(kind, line.values, directory, resolver.zone)
    if problems:
        return fated(Fate.REFUSED, problems=tuple(problems))
    natural = _natural(kind, given)
    first = resolver.seen.setdefault((sheet.name, natural), line.number)
    if first != line.number:
        again = Problem(code="registry_line_twice", field=_NATURAL[kind.name][-1][0], params={"line": first})
        return fated(Fate.REFUSED, problems=(again,))
    before = directory.rows[kind.name].get(natural)
    if before is None:
        nothing = {_column(kind, field.name): None for field in kind.fields}
        defaults = {_column(kind, name): _cell(name, value) for name, value in kind.defaults.items()}
        row = {"id": new_id(), **nothing, **defaults, **given}
        directory.add(kind.name, natural, row)
        return fated(Fate.CREATED, row=row)
    row = {**before, **{name: value for name, value in given.items() if name not in _ONLY_NEW}}
    changed = tuple(name for name, value in row.items() if before[name] != value)
    if not changed:
        return fated(Fate.UNCHANGED)
    directory.add(kind.name, natural, row)
    return fated(Fate.CHANGED, changed=changed, row=row)


def _columns(
    kind: SheetKind, values: Values, directory: Directory, zone: ZoneInfo
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the columns that a line fills, and what is wrong with its references and numbers."""
    given: dict[str, Any] = {}
    problems: list[Problem] = []
    for field in kind.fields:
        value = values[field.name]
        if value is None:
            continue
        if field.name in kind.refers:
            meant = directory.meant(kind.refers[field.name], value, field.name)
            if isinstance(meant, Problem):
                problems.append(meant)
                continue
            value = meant
        elif field.name in _WHOLE and value != int(value):
            params = {"value": f"{value:g}"}
            problems.append(Problem(code="registry_number_whole", field=field.name, params=params))
            continue
        elif field.kind is FieldKind.MOMENT:
            value = _day(value, zone)
        given[_column(kind, field.name)] = value if isinstance(value, uuid.UUID) else _cell(field.name, value)
    return given, problems


def _cell(name: str, value: Any) -> Any:
    return _COLUMNS[name](value) if name in _COLUMNS else value


def _column(kind: SheetKind, field: str) -> str:
    return f"{field}_id" if field in kind.refers else field


def _day(value: datetime, zone: ZoneInfo) -> object:
    return value.astimezone(zone).date()


def _natural(kind: SheetKind, given: Mapping[str, Any]) -> Natural:
    return tuple(given[column] for _, column in _NATURAL[kind.name])


_NATURAL: Mapping[str, tuple[tuple[str, str], ...]] = {
    **dict.fromkeys(KINDS, (("key", "key"),)),
    "operations": (("function", "function_id"), ("place", "place")),
    "uses": (("function", "function_id"), ("system", "system_id")),
}
"""Field and column of what a row is found again by."""
