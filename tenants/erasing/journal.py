"""What an erasure must know when it is given again: kept in the file store, beside the cities, until all is done.

The city itself is no place for it, for it goes; and it is not on the operator's machine, which may be another one next
time. It names nobody.
"""

from __future__ import annotations

import io

import msgspec

from leancity.core.files.store import store
from leancity.core.files.threads import storing

_FOLDER = ".erasing"  # no city is called so


class Journal(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An erasure that is under way. ``begun_at`` is UTC in ISO 8601.

    ``found`` counts the rows of each table, ``files`` and ``size`` (bytes) what was stored, all before anything was
    removed. ``erased`` is None until every table was emptied; then the rows that were removed from each.
    """

    tenant_id: int
    slug: str
    title: str
    kind: str
    locale: str
    hosts: list[str]
    reason: str
    asked_by: str
    begun_at: str
    found: dict[str, int]
    files: int
    size: int
    erased: dict[str, int] | None = None
    is_statistics_forgotten: bool = False


async def written(slug: str) -> Journal | None:
    """Return the journal of an erasure that was begun and not finished."""
    size = await storing(store().size, _key(slug))
    if size is None:
        return None
    return msgspec.json.decode(await storing(store().read, _key(slug), 0, size), type=Journal)


async def write(journal: Journal) -> None:
    """Keep the journal, in the place of what it said before; when this returns it survives a power cut."""
    await storing(store().put, io.BytesIO(msgspec.json.encode(journal)), _key(journal.slug))


async def forget(slug: str) -> None:
    """Remove the journal of an erasure that is finished."""
    await storing(store().delete, _key(slug))


def _key(slug: str) -> str:
    return f"{_FOLDER}/{slug}.json"
