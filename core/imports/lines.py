"""Reading a row by a mapping: its values, or everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from leancity.core.errors import Problem
from leancity.core.imports.mapping import FORMATS, FieldMapping, choice_keys, translations
from leancity.core.imports.moments import moment_of, wall_clock
from leancity.core.imports.problems import Unreadable
from leancity.core.imports.sources import Cell, Source, same
from leancity.core.imports.target import FieldKind, ImportField, Table, Values

_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
# 1 854,60: blanks of three kinds stand between thousands.
_THOUSANDS = re.compile(r"(?<=\d)[ \u00a0\u202f](?=\d{3}(?!\d))")
_SHOWN = 60  # characters of a cell that a reason quotes


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A row of the file and the line it begins on: either its ``values``, or what is wrong with it."""

    number: int
    values: Values
    problems: tuple[Problem, ...]


class Wrong(Exception):
    """A cell is not what its field asks for."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code, self.params = code, params


Reader: TypeAlias = Callable[[Any, Values], Any]
"""Turns a cell that is not empty into the field's value; the fields before it are read already."""
Column: TypeAlias = tuple[ImportField, int, dict[str, str], Reader]
"""A field, the number of its cell, what the file's words for it mean, and how the rest is read."""


def read_lines(source: Source, target: Table, mapping: FieldMapping, zone: ZoneInfo) -> Iterator[Line]:
    """Yield the rows of a file by a settled mapping; ``zone`` is the one of times written without any."""
    columns = {same(header): n for n, header in enumerate(source.headers) if header}
    readers: list[Column] = [
        (field, columns[same(mapping.fields[field.name])], translations(field, mapping), _reader(field, mapping, zone))
        for field in target.fields
        if field.name in mapping.fields
    ]
    nothing = dict.fromkeys(field.name for field in target.fields)
    width = len(source.headers)
    for number, cells in source.rows():
        if isinstance(cells, Unreadable):
            yield _bad(number, Problem(code="import_line_broken", params={"reason": str(cells)}))
        elif len(cells) != width:
            params = {"cells": len(cells), "headers": width}
            yield _bad(number, Problem(code="import_line_length", params=params))
        else:
            yield _line(number, cells, readers, dict(nothing), target)


def _bad(number: int, problem: Problem) -> Line:
    return Line(number=number, values={}, problems=(problem,))


def _line(
    number: int,
    cells: Sequence[Cell],
    readers: Sequence[Column],
    values: Values,
    target: Table,
) -> Line:
    problems = []
    for field, column, meant, read in readers:
        try:
            values[field.name] = _value(field, cells[column], meant, read, values)
        except Wrong as wrong:
            problems.append(Problem(code=wrong.code, field=field.name, params=wrong.params))
    if not problems:
        problems = [*target.check(values)]
    return Line(number=number, values=values, problems=tuple(problems))


def _value(field: ImportField, cell: Cell, meant: dict[str, str], read: Reader, values: Values) -> Any:
    if isinstance(cell, datetime) and field.kind is not FieldKind.MOMENT:
        cell = cell.isoformat(" ")
    if isinstance(cell, str):
        cell = cell.replace("\0", "").strip()  # PostgreSQL keeps no zero byte
        if meant:
            cell = meant.get(same(cell), cell).strip()
    if cell:
        return read(cell, values)
    if field.required:
        raise Wrong("required")
    return None


def _reader(field: ImportField, mapping: FieldMapping, zone: ZoneInfo) -> Reader:
    match field.kind:
        case FieldKind.MOMENT:
            return _moments(field, mapping, zone)
        case FieldKind.NUMBER:
            return _numbers(field)
        case FieldKind.CHOICE:
            return _choices(field)
        case FieldKind.TEXT:
            return _texts(field)


def _texts(field: ImportField) -> Reader:
    def read(text: str, _: Values) -> str:
        if len(text) > field.limit:
            raise Wrong("too_long", limit=field.limit)
        return text

    return read


def _choices(field: ImportField) -> Reader:
    keys = choice_keys(field)

    def read(text: str, _: Values) -> str:
        if (key := keys.get(same(text))) is None:
            raise Wrong("import_choice_unknown", value=text[:_SHOWN], choices=", ".join(field.choices))
        return key

    return read


def _numbers(field: ImportField) -> Reader:
    low, high = field.low, field.high

    def read(written: str, _: Values) -> float:
        text = _THOUSANDS.sub("", written)
        if not _NUMBER.fullmatch(text):
            raise Wrong("import_number_invalid", value=text[:_SHOWN])
        number = float(text.replace(",", "."))
        if not isfinite(number):
            raise Wrong("import_number_invalid", value=text[:_SHOWN])
        if (low is not None and number < low) or (high is not None and number > high):
            raise Wrong("import_number_outside", value=text[:_SHOWN], low=low, high=high)
        return number

    return read


def _moments(field: ImportField, mapping: FieldMapping, zone: ZoneInfo) -> Reader:
    formats = mapping.formats or FORMATS
    wall = wall_clock(formats)

    def read(cell: Cell, values: Values) -> datetime:
        written = wall(cell) if isinstance(cell, str) else cell
        if written is None:
            raise Wrong("import_moment_invalid", value=str(cell)[:_SHOWN], formats=" | ".join(formats))
        earliest: datetime | None = values[field.not_before] if field.not_before else None
        try:
            moment = moment_of(written, zone, earliest)
        except OverflowError as error:
            raise Wrong("import_moment_unlikely", value=str(cell)[:_SHOWN]) from error
        if earliest is not None and moment < earliest:
            raise Wrong("import_moment_before", value=str(cell)[:_SHOWN], other=field.not_before)
        return moment

    return read
