"""The reviewed file: an aligned table of what each principal may, written by people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

FILE = Path(__file__).with_name("matrix.txt")
CELLS = frozenset({"+", "-", "m", "!"})
"""``m``: reached, but masked. ``!``: allowed today and should not be, a hole that is known and not mended yet."""

Cells: TypeAlias = Mapping[str, Mapping[str, str]]
"""Row to principal to cell."""


class TableError(ValueError):
    """The file can't be read; the message names the line."""


def read_table(text: str, principals: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the cells of the file. ``#`` begins a comment; the first line that is none names the principals."""
    lines = [(number, line.partition("#")[0].rstrip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line]
    if not lines or lines[0][1].split() != ["key", *principals]:
        raise TableError(f"the first line must be: key {' '.join(principals)}")
    found: dict[str, dict[str, str]] = {}
    for number, line in lines[1:]:
        words = line.split()
        key, cells = " ".join(words[: -len(principals)]), words[-len(principals) :]
        if not key or not CELLS.issuperset(cells):
            raise TableError(f"line {number}: a key and {len(principals)} cells of {' '.join(sorted(CELLS))}: {line}")
        if key in found:
            raise TableError(f"line {number}: {key} stands twice")
        found[key] = dict(zip(principals, cells, strict=True))
    return found


def without_plus(text: str, table: Cells) -> list[str]:
    """Return the keys that nobody may, without a comment on their line that says why."""
    explained = {" ".join(line.partition("#")[0].split()) for line in text.splitlines() if "#" in line}
    bare = []
    for key, cells in table.items():
        if not {"+", "m"} & {*cells.values()} and " ".join([key, *cells.values()]) not in explained:
            bare.append(key)
    return bare


def print_table(cells: Cells, keys: Iterable[str], principals: Sequence[str]) -> str:
    """Return the lines of a table of ``keys``, aligned."""
    keys = list(keys)
    width = max(len(key) for key in keys) + 2
    lines = ["key".ljust(width) + " ".join(principals)]
    for key in keys:
        row = " ".join(cells[key].get(name, "?").center(len(name)) for name in principals)
        lines.append((key.ljust(width) + row).rstrip())
    return "\n".join(lines)
