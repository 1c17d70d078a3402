"""Whether an archive may be taken here: read through once, with nothing written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leancity.core.db.rows import Shape
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.plugins.manager import Modules
from leancity.tenants.archive.files import check_file
from leancity.tenants.archive.format import SECRETS, CityFacts, Manifest
from leancity.tenants.archive.reading import Piece, opened
from leancity.tenants.archive.tar import Part


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What an archive that adds up holds."""

    city: CityFacts
    manifest: Manifest


def check(
    path: Path, identities: Sequence[Any], modules: Modules, shapes: Mapping[str, Shape], told: Callable[[int], None]
) -> Checked:
    """Read an archive through, all its bytes; refuse one that does not add up or that this installation can't hold.

    Blocks. ``told`` hears how many bytes of it are read.
    """
    city: CityFacts | None = None
    with opened(path, identities) as archive:
        for each in archive.read():
            match each:
                case CityFacts():
                    city = each
                    _check_fits(city, modules, shapes)
                case Piece(section=section) if section == SECRETS:
                    _check_secrets(each, shapes)
                case Part():
                    check_file(each)
                case Manifest() if city is not None:
                    return Checked(city=city, manifest=each)
            told(archive.place)
    raise AssertionError("an archive that is read without a refusal ends in its manifest")


def _check_fits(city: CityFacts, modules: Modules, shapes: Mapping[str, Shape]) -> None:
    problems = [
        Problem(code="archive_module_missing", field="file", params={"module": name, "version": version})
        for name, version in sorted(city.modules.items())
        if name not in modules.serving(city.kind)
    ]
    for table in city.tables:
        shape = shapes.get(table.name)
        if not table.rows:
            continue
        if shape is None:
            problems.append(Problem(code="archive_table_unknown", field="file", params={"table": table.name}))
            continue
        unknown = [column for column in table.columns if column not in shape.types]
        missing = sorted(shape.required - {*table.columns})
        problems += [_column("archive_column_unknown", table.name, column) for column in unknown]
        problems += [_column("archive_column_missing", table.name, column) for column in missing]
    if problems:
        raise Refused(*problems)


def _column(code: str, table: str, column: str) -> Problem:
    return Problem(code=code, field="file", params={"table": table, "column": column})


def _check_secrets(piece: Piece, shapes: Mapping[str, Shape]) -> None:
    shape = shapes.get(piece.table)
    for _, column, _ in piece.rows:
        if shape is None or column not in shape.sealed:
            raise refuse("archive_part_wrong", "file", part=piece.name)
