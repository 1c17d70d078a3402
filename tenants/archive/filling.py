"""Writing an archive's rows and files into the city that arrives, and holding that they are all there."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from leancity.core.db import rows
from leancity.core.db.rows import Cells, Shape
from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.errors import refuse
from leancity.core.files.threads import storing
from leancity.core.identity.vault import seal
from leancity.core.tenancy.arriving import finish_arrival, still_arriving
from leancity.core.tenancy.context import current_tenant
from leancity.tenants.archive import directory
from leancity.tenants.archive.checking import Checked
from leancity.tenants.archive.files import sum_of_names, take_file
from leancity.tenants.archive.format import DIRECTORY, ROWS, TABLES, Sum, Summing
from leancity.tenants.archive.reading import Piece, opened
from leancity.tenants.archive.tar import Part

_row = msgspec.json.Decoder(list[str | None])


class Filling:
    """One run of it. ``table`` is what is being written, for who has to say what went wrong."""

    def __init__(
        self,
        path: Path,
        identities: Sequence[Any],
        checked: Checked,
        shapes: Mapping[str, Shape],
        told: Callable[[int], None],
    ) -> None:
        self.table = ""
        self._path = path
        self._identities = identities
        self._checked = checked
        self._shapes = shapes
        self._told = told
        self._columns = {table.name: table.columns for table in checked.city.tables}

    async def run(self) -> None:
        """Write what is not there yet, in the city being served; refuse where it is not the archive's in the end."""
        with ExitStack() as stack:
            # What has to wait for other rows waits on the disk: references, and what leads to the city.
            late = [name for name, shape in self._shapes.items() if shape.later]
            later = {name: stack.enter_context(tempfile.TemporaryFile()) for name in late}
            routes = {name: stack.enter_context(tempfile.TemporaryFile()) for name in directory.COLUMNS}
            archive = stack.enter_context(opened(self._path, self._identities))
            reading = archive.read()
            while (each := await asyncio.to_thread(next, reading, None)) is not None:
                match each:
                    case Piece(section=section) if section == TABLES:
                        await self._fill(each, later.get(each.table))
                    case Piece(section=section) if section == DIRECTORY:
                        _keep(routes[each.table], each.rows)
                    case Piece():
                        await self._put_secrets(each)
                    case Part():
                        await storing(take_file, each, current_tenant().slug)
                self._told(archive.place)
            for name, file in later.items():
                await self._link(name, file)
            await self._finish(routes)

    async def _fill(self, piece: Piece, later: BinaryIO | None) -> None:
        """Insert rows; a batch whose last one is there is there."""
        self.table, shape, columns = piece.table, self._shapes[piece.table], self._columns[piece.table]
        async with _writing() as unit:
            if not await rows.has(unit, shape, str(piece.rows[-1][0])):
                await rows.fill(unit, shape, columns, piece.rows)
        if later is not None:
            places = [columns.index(column) for column in shape.later if column in columns]
            links = ([row[0], *(row[place] for place in places)] for row in piece.rows)
            _keep(later, [link for link in links if any(link[1:])])

    async def _link(self, table: str, file: BinaryIO) -> None:
        """Let rows point to those that were written after them."""
        self.table = table
        for batch in _kept(file):
            shape = self._shapes[table]
            columns = ["id", *(column for column in shape.later if column in self._columns[table])]
            async with _writing() as unit:
                await rows.put(unit, shape, columns, batch)

    async def _put_secrets(self, piece: Piece) -> None:
        """Seal values with this installation's key."""
        self.table, shape = piece.table, self._shapes[piece.table]
        for column in shape.sealed:
            sealed = [(id_, seal(str(value))) for id_, name, value in piece.rows if name == column]
            async with _writing() as unit:
                await rows.put(unit, shape, ("id", column), sealed)

    async def _finish(self, routes: Mapping[str, BinaryIO]) -> None:
        """Write what leads to the city, hold that all is the archive's, and let the city be."""
        manifest, city = self._checked.manifest, self._checked.city
        async with _writing() as unit:
            await rows.read_exactly(unit)
            for name, file in routes.items():
                self.table = name
                for batch in _kept(file):
                    if await directory.fill(unit, name, batch) != len(batch):
                        if await directory.are_anothers(unit, name, batch):
                            raise refuse("archive_city_here", "file", city=city.slug)
                        raise refuse("archive_rows_refused", "file", table=name, reason="they lead to nothing")
                found = await _summed(directory.lines(unit, name, is_copy=city.is_copy))
                _hold(name, found, manifest.directory[name])
            for name, shape in self._shapes.items():
                columns = self._columns.get(name, shape.columns)
                if name in manifest.tables and manifest.tables[name].rows:
                    lines = rows.lines(unit, shape, columns, with_sealed=city.with_secrets)
                    _hold(name, await _summed(lines), manifest.tables[name])
                elif await rows.count(unit, shape):
                    raise refuse("archive_rows_differ", "file", table=name)
            if await sum_of_names(unit) != manifest.files.sha256:
                raise refuse("archive_rows_differ", "file", table="stored_file")
            await finish_arrival(unit, city.region)


@asynccontextmanager
async def _writing() -> AsyncIterator[Unit]:
    """Open a unit that writes rows of the arriving city."""
    async with tenant_tx(write=True) as unit:
        await still_arriving(unit)
        await rows.write_plainly(unit)
        yield unit


def _keep(file: BinaryIO, found: Sequence[Cells]) -> None:
    file.writelines(msgspec.json.encode(row) + b"\n" for row in found)


def _kept(file: BinaryIO) -> Iterator[list[Cells]]:
    """Yield what was kept, some rows at a time."""
    file.seek(0)
    batch: list[Cells] = []
    for line in file:
        batch.append(_row.decode(line))
        if len(batch) == ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


async def _summed(lines: AsyncIterator[str]) -> Sum:
    summing = Summing()
    async for line in lines:
        summing.add(line.encode() + b"\n", 1)
    return summing.sum()


def _hold(table: str, found: Sum, wanted: Sum) -> None:
    if found != wanted:
        raise refuse("archive_rows_differ", "file", table=table)
