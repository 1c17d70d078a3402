"""Bringing a registry in from a file: shown first, then written some lines at a time, the bad ones told and left out.

Every batch is a transaction of its own, and a line that is in the city already changes nothing: whoever is killed on
the way goes on, or begins again, without a row being there twice.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.files.threads import examining
from leancity.core.identity.principal import current_principal
from leancity.core.processes.registry.checking import CHANGE
from leancity.core.processes.registry.importing.directory import Directory
from leancity.core.processes.registry.importing.reading import Book, read_book
from leancity.core.processes.registry.importing.resolving import Fate, Resolver, Told
from leancity.core.processes.registry.importing.writing import write
from leancity.core.tenancy.context import current_tenant

LINES_AT_ONCE = 1_000
_LOCK = 1_249
_ONE_AT_A_TIME = "select pg_advisory_xact_lock($1, $2)"

Keep: TypeAlias = Callable[[Sequence[Told], int], Awaitable[bool]]
"""Takes, in the transaction that wrote them, what became of some lines and how many of the book are done.

False: another process has gone on with the book meanwhile, so nothing of this is written."""


class Elsewhere(Exception):
    """Another process has gone on with the book."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a file's lines, or would: ``is_preview``. ``counts`` by kind of sheet, then by fate."""

    book: Book
    told: tuple[Told, ...]
    is_preview: bool

    @property
    def counts(self) -> Mapping[str, Mapping[Fate, int]]:
        found: dict[str, dict[Fate, int]] = {}
        for each in self.told:
            of = found.setdefault(each.kind, dict.fromkeys(Fate, 0))
            of[each.fate] += 1
        return found

    @property
    def refused(self) -> int:
        return sum(each.fate is Fate.REFUSED for each in self.told)


async def import_registry(path: Path, name: str, *, kind: str | None = None, is_preview: bool = False) -> Outcome:
    """Import a file of this machine, called ``name``, at once; ``is_preview`` only tells what it would do.

    Good lines are written, bad ones are told. ``Refused`` where the file as a whole is none.
    """
    current_principal().require(CHANGE)
    book = await read_registry(path, name, kind)
    if is_preview:
        return Outcome(book=book, told=tuple(await foreseen(book)), is_preview=True)
    told: list[Told] = []

    async def keep(some: Sequence[Told], done: int) -> bool:
        told.extend(some)
        if done == book.total:
            counts = Outcome(book=book, told=tuple(told), is_preview=False).counts
            await record("core.registry.imported", "registry", file_digest=book.digest, counts=counts)
        return True

    await write_lines(book, keep)
    return Outcome(book=book, told=tuple(told), is_preview=False)


async def read_registry(path: Path, name: str, kind: str | None) -> Book:
    """Read a file without standing in anybody's way; ``Refused``: see ``read_book``."""
    return await examining(read_book, path, name, current_tenant().zone_info, kind)


async def foreseen(book: Book) -> list[Told]:
    """Return what would become of the lines of a book; nothing is written."""
    async with tenant_tx() as unit:
        directory = await Directory.read(unit, locked=False)
    return await examining(Resolver(current_tenant().zone_info).resolve, book.lines(), directory)


async def write_lines(book: Book, keep: Keep, *, done: int = 0) -> None:
    """Write the lines of a book behind the first ``done``, which an earlier attempt has written.

    ``Elsewhere``: another process has gone on with it.
    """
    resolver = Resolver(current_tenant().zone_info)
    if done:
        async with tenant_tx() as unit:
            resolver.resolve(islice(book.lines(), done), await Directory.read(unit, locked=False))
    # A book without a line is done at once, by a batch of nothing.
    for begin in range(done, max(book.total, 1), LINES_AT_ONCE):
        some = [*islice(book.lines(), begin, begin + LINES_AT_ONCE)]
        async with tenant_tx(write=True) as unit:
            # Two imports of one city would each make the rows that both lack, and the second refer to none of them.
            await unit.connection.execute(_ONE_AT_A_TIME, _LOCK, unit.tenant_id)
            told = resolver.resolve(some, await Directory.read(unit, locked=True))
            if any(each.row is not None for each in told):
                await write(unit, told)
            if not await keep(told, begin + len(some)):
                raise Elsewhere
