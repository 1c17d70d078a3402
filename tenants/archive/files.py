"""The bytes of a city's files: which there are, out of the store, and into another one."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from typing import BinaryIO

from leancity.core.db.unit import Unit
from leancity.core.errors import refuse
from leancity.core.files.store import key_of, store
from leancity.core.files.threads import storing
from leancity.core.tenancy.context import current_tenant
from leancity.tenants.archive.format import FILE, file_name
from leancity.tenants.archive.tar import CHUNK, Part, TarWriter

# Rows with equal bytes share them.
_NAMES = """
select distinct sha256 collate "C" as sha256, copy collate "C" as copy from stored_file where tenant_id = $1
order by 1, 2
"""


async def list_files(unit: Unit, names: BinaryIO) -> int:
    """Write into ``names`` what bytes the city's rows name, and return how many."""
    count = 0
    async for row in unit.connection.cursor(_NAMES, unit.tenant_id, prefetch=500):
        names.write(f"{row['sha256']} {row['copy']}\n".encode())
        count += 1
    return count


def listed(names: BinaryIO) -> Iterator[tuple[str, str]]:
    """Yield the SHA-256 and the copy of each of those bytes, in the order of their names."""
    names.seek(0)
    for line in names:
        sha256, _, copy = line.decode().removesuffix("\n").partition(" ")
        yield sha256, copy


async def sum_of_names(unit: Unit) -> str:
    """Return the SHA-256 over the names of the parts that the city's rows ask for, as the manifest has it."""
    digest = hashlib.sha256()
    async for row in unit.connection.cursor(_NAMES, unit.tenant_id, prefetch=500):
        digest.update(f"{file_name(row['sha256'], row['copy'])}\n".encode())
    return digest.hexdigest()


async def add_file(tar: TarWriter, sha256: str, copy: str) -> tuple[str, int]:
    """Write bytes of the city being served into an archive; return the part's name and size.

    Refuses bytes that are missing, and such as are not those that they are called by.
    """
    name = file_name(sha256, copy)
    return name, await storing(_add, tar, name, key_of(sha256, copy), sha256)


def _add(tar: TarWriter, name: str, key: str, sha256: str) -> int:
    size = store().size(key)
    if size is None:
        raise refuse("archive_file_missing", "slug", file=key)
    digest = hashlib.sha256()
    tar.begin(name, size)
    for start in range(0, size, CHUNK):
        length = min(CHUNK, size - start)
        try:
            content = store().read(key, start, length)
        except FileNotFoundError as error:  # removed just now
            raise refuse("archive_file_missing", "slug", file=key) from error
        if len(content) != length:
            raise refuse("archive_file_damaged", "slug", file=key)
        digest.update(content)
        tar.write(content)
    if digest.hexdigest() != sha256:
        raise refuse("archive_file_damaged", "slug", file=key)
    return size


def check_file(part: Part) -> tuple[str, str]:
    """Read a file's part through and return the SHA-256 and the copy; refuse bytes that its name doesn't tell."""
    sha256, copy = _named(part)
    digest = hashlib.sha256()
    for chunk in part.chunks():
        digest.update(chunk)
    if digest.hexdigest() != sha256:
        raise refuse("archive_sum_wrong", "file", part=part.name)
    return sha256, copy


def take_file(part: Part, slug: str) -> None:
    """Put a file's bytes into the store, unless they are there already."""
    sha256, _ = _named(part)
    key = f"{slug}/{part.name.partition('/')[2]}"
    if store().size(key) == part.size:
        return
    digest = hashlib.sha256()
    with tempfile.TemporaryFile(dir=store().incoming()) as file:
        for chunk in part.chunks():
            digest.update(chunk)
            file.write(chunk)
        if digest.hexdigest() != sha256:
            raise refuse("archive_sum_wrong", "file", part=part.name)
        store().put(file, key)


async def remove_files() -> None:
    """Remove all bytes of the city being served."""
    pages = store().pages(current_tenant().slug)
    while (page := await storing(next, pages, None)) is not None:
        for key, _ in page:
            await storing(store().delete, key)


def _named(part: Part) -> tuple[str, str]:
    match = FILE.fullmatch(part.name)
    if match is None:
        raise refuse("archive_part_wrong", "file", part=part.name)
    return match[2], match[3] or ""
