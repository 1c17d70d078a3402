"""The parts of an archive, one behind the other, as a city brings them."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import BinaryIO

import msgspec

from leancity.core.db import rows
from leancity.core.db.rows import Shape
from leancity.core.db.unit import Unit, tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.vault import unseal
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.cards import Card
from leancity.core.tenancy.context import Tenant
from leancity.tenants.archive import directory
from leancity.tenants.archive.files import add_file, list_files, listed
from leancity.tenants.archive.format import (
    BYTES,
    CITY,
    DIRECTORY,
    FORMAT,
    LARGEST_ROW,
    MANIFEST,
    ROWS,
    SECRETS,
    TABLES,
    CityFacts,
    FileSum,
    Manifest,
    Sum,
    Summing,
    TableFacts,
    encoded,
    piece_name,
)
from leancity.tenants.archive.tar import TarWriter

_SLEEPING = "select count(*) from due where tenant_id = $1 and kind = 'job'"

OnProgress = Callable[[int, int], None]
"""Hears how much is done, and of how much."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """``sleeping``: jobs that wait in the city and have no turn in its copy."""

    manifest: Manifest
    sleeping: int


async def write(
    out: BinaryIO, tenant: Tenant, card: Card, *, is_copy: bool, with_secrets: bool, told: OnProgress
) -> Written:
    """Write the archive of the city being served."""
    with tempfile.TemporaryFile() as names:
        async with tenant_tx() as unit:
            await rows.read_exactly(unit)
            shapes = await rows.shapes(unit.connection)
            files = await list_files(unit, names)
            tables = [
                TableFacts(name=name, columns=shape.columns, rows=await rows.count(unit, shape))
                for name, shape in shapes.items()
            ]
            city = _facts(tenant, card, tuple(tables), files, is_copy=is_copy, with_secrets=with_secrets)
            writing = _Writing(out, city, told)
            await writing.add(CITY, encoded(city))
            sums = {
                table.name: await writing.rows(
                    TABLES,
                    table.name,
                    rows.lines(unit, shapes[table.name], table.columns, with_sealed=with_secrets),
                )
                for table in tables
            }
            routes = {
                name: await writing.rows(DIRECTORY, name, directory.lines(unit, name, is_copy=is_copy))
                for name in directory.COLUMNS
            }
            sealing = [shape for shape in shapes.values() if shape.sealed]
            secrets, left_out = {}, {}
            for shape in sealing:
                if with_secrets:
                    secrets[shape.name] = await writing.rows(SECRETS, shape.name, _secrets(unit, shape))
                elif left := sum([1 async for _ in _stored(unit, shape)]):
                    left_out[shape.name] = left
            sleeping = await unit.connection.fetchval(_SLEEPING, unit.tenant_id) if is_copy else 0
        manifest = Manifest(
            city=hashlib.sha256(encoded(city)).hexdigest(),
            tables=sums,
            directory=routes,
            secrets=secrets,
            files=await writing.files(names),
            left_out=left_out,
        )
        await writing.add(MANIFEST, encoded(manifest))
        await writing.close()
    return Written(manifest=manifest, sleeping=sleeping)


def _facts(
    tenant: Tenant, card: Card, tables: tuple[TableFacts, ...], files: int, *, is_copy: bool, with_secrets: bool
) -> CityFacts:
    manifests = installed_modules().manifests
    return CityFacts(
        format=FORMAT,
        platform=version("leancity"),
        exported_at=now(),
        slug=tenant.slug,
        title=tenant.title,
        zone=tenant.zone,
        locale=tenant.locale,
        kind=tenant.kind,
        region=card.region,
        revision=tenant.revision,
        plan=card.plan,
        limits=tenant.limits,
        created_at=card.created_at,
        hosts=card.hosts,
        modules={name: manifests[name].version if name in manifests else "" for name in card.modules},
        is_copy=is_copy,
        with_secrets=with_secrets,
        tables=tables,
        files=files,
    )


async def _stored(unit: Unit, shape: Shape) -> AsyncIterator[tuple[str, str, str]]:
    """Yield the id, the column and the stored form of every sealed value of a table."""
    for column in shape.sealed:
        async for id_, value in rows.sealed_values(unit, shape, column):
            yield id_, column, value


async def _secrets(unit: Unit, shape: Shape) -> AsyncIterator[str]:
    async for id_, column, value in _stored(unit, shape):
        yield msgspec.json.encode((id_, column, unseal(value))).decode()


class _Writing:
    """The archive being written. What blocks is done in a thread."""

    def __init__(self, out: BinaryIO, city: CityFacts, told: OnProgress) -> None:
        self._tar = TarWriter(out, int(city.exported_at.timestamp()))
        self._told = told
        self._done = 0
        self._whole = sum(table.rows for table in city.tables) + city.files

    async def add(self, name: str, content: bytes) -> None:
        await asyncio.to_thread(self._tar.add, name, content)

    async def rows(self, section: str, table: str, lines: AsyncIterator[str]) -> Sum:
        """Write rows, a part after so many or so much, and return their sum."""
        summing, piece, size, number = Summing(), list[bytes](), 0, 0

        async def put() -> None:
            nonlocal size, number
            number += 1
            content = b"".join(piece)
            await self.add(piece_name(section, table, number), content)
            summing.add(content, len(piece))
            if section == TABLES:
                self._progress(len(piece))
            piece.clear()
            size = 0

        async for line in lines:
            piece.append(line.encode() + b"\n")
            size += len(piece[-1])
            if len(piece[-1]) > LARGEST_ROW:
                raise refuse("archive_row_long", "slug", table=table, row=msgspec.json.decode(line)[0])
            if len(piece) == ROWS or size >= BYTES:
                await put()
        if piece:
            await put()
        return summing.sum()

    async def files(self, names: BinaryIO) -> FileSum:
        """Write the files that are listed."""
        count = size = 0
        digest = hashlib.sha256()
        for sha256, copy in listed(names):
            name, length = await add_file(self._tar, sha256, copy)
            digest.update(f"{name}\n".encode())
            count, size = count + 1, size + length
            self._progress(1)
        return FileSum(files=count, bytes=size, sha256=digest.hexdigest())

    async def close(self) -> None:
        await asyncio.to_thread(self._tar.close)

    def _progress(self, done: int) -> None:
        self._done += done
        self._told(self._done, self._whole)
