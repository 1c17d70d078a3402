"""The bytes of a city in the file store: counted, removed, looked for again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

from leancity.core.files.store import store
from leancity.core.files.threads import storing
from leancity.core.moment import now

AT_ONCE = 16
_AHEAD = timedelta(days=1)  # of this machine's clock: what is half-written now goes too, whatever a server's clock says


async def bytes_of(slug: str) -> tuple[int, int]:
    """Return how many files of the city are stored, and their bytes."""
    files = size = 0
    async for keys in _pages(slug):
        sizes = await asyncio.gather(*(storing(store().size, key) for key in keys))
        files += len(keys)
        size += sum(each or 0 for each in sizes)
    return files, size


async def remove_bytes(slug: str, told: Callable[[int], None]) -> None:
    """Remove all files of the city, and what killed processes have half-written; once more changes nothing."""
    async for keys in _pages(slug):
        await asyncio.gather(*(storing(store().delete, key) for key in keys))
        told(len(keys))
    await storing(store().tidy, slug, now() + _AHEAD)


async def _pages(slug: str) -> AsyncIterator[list[str]]:
    pages = store().pages(slug)
    while (page := await storing(next, pages, None)) is not None:
        for start in range(0, len(page), AT_ONCE):
            yield [key for key, _ in page[start : start + AT_ONCE]]
