"""What an import can fill: its fields as data, and the function that writes a batch of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from leancity.core.errors import Problem, StartupError, refuse
from leancity.core.plugins.gate import is_open, require_open
from leancity.core.plugins.manager import installed_modules

Values: TypeAlias = dict[str, Any]
"""One row: field name to str, datetime (UTC) or float; None where the file says nothing."""


class FieldKind(StrEnum):
    """How a cell is read. A choice becomes its key."""

    TEXT = "text"
    MOMENT = "moment"
    NUMBER = "number"
    CHOICE = "choice"


@dataclass(frozen=True, kw_only=True)
class ImportField:
    """A field of a target.

    ``aliases``: headers it is known by besides its name and titles. ``limit``: characters of a text. ``low``/``high``:
    of a number, both included. ``choices``: key to titles. ``not_before``: a moment field stated earlier, which this
    one may not precede.
    """

    name: str
    title: Mapping[str, str]
    kind: FieldKind = FieldKind.TEXT
    required: bool = False
    aliases: tuple[str, ...] = ()
    limit: int = 200
    low: float | None = None
    high: float | None = None
    choices: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    not_before: str | None = None


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """How many rows of a batch were written, and how many were in the city already."""

    written: int
    known: int


Write: TypeAlias = Callable[[Sequence[Values], str], Awaitable[BatchResult]]
Check: TypeAlias = Callable[[Values], Iterable[Problem]]


def _nothing_wrong(values: Values) -> Iterable[Problem]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Table:
    """What the rows of a file are. ``check`` tells what is wrong with a row whose fields are right one by one.

    Raises ``StartupError`` for what contradicts itself.
    """

    name: str
    title: Mapping[str, str]
    fields: tuple[ImportField, ...]
    check: Check = _nothing_wrong

    def __post_init__(self) -> None:
        seen: dict[str, ImportField] = {}
        for item in self.fields:
            if item.name in seen:
                raise StartupError(f"{self.name}: the field {item.name!r} is there twice")
            earlier = seen.get(item.not_before or "")
            if item.not_before is not None and (earlier is None or earlier.kind is not FieldKind.MOMENT):
                raise StartupError(f"{self.name}: {item.name}: no moment {item.not_before!r} stands before it")
            seen[item.name] = item


@dataclass(frozen=True, kw_only=True)
class ImportTarget(Table):
    """``name`` is ``<module>.<word>``; ``word`` is what the command calls it.

    ``write(rows, source)`` is called inside one writing unit of work a batch, ``source`` being the other system's name;
    what it wrote for a row it must find again by the row's own id there, so that a row is written once.
    """

    write: Write

    @property
    def word(self) -> str:
        return self.name.partition(".")[2]


def find_target(word: str) -> ImportTarget:
    """Return the target that ``word`` (``requests``, or ``<module>.requests``) names in the city being served.

    ``ModuleClosed``: the city hasn't its module. ``Refused``: nothing is called so, or several modules have it.
    """
    named = {target.name: target for target in all_targets() if word in (target.word, target.name)}
    if not named:
        raise refuse("import_target_unknown", "target", known=", ".join(sorted({t.word for t in all_targets()})))
    mine = [target for name, target in named.items() if is_open(name.partition(".")[0])]
    if len(mine) > 1:
        raise refuse("import_target_ambiguous", "target", choices=", ".join(sorted(target.name for target in mine)))
    target = mine[0] if mine else next(iter(named.values()))
    require_open(target.name)
    return target


def all_targets() -> list[ImportTarget]:
    """Return what the installed modules can import."""
    return [*installed_modules().import_targets.values()]
