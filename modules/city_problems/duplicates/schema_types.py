"""What the schema says of a report beside others: how many stand behind it, what it repeats and what repeats it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from leancity.modules.city_problems.duplicates.joining import supported_by_me, supporters_of
from leancity.modules.city_problems.duplicates.originals import links_of
from leancity.modules.city_problems.reading import PublicReport, reports_by_id
from leancity.modules.city_problems.seen import seen_among

MOST_SHOWN = 50
"""Duplicates of one report that are listed."""


async def supporters(ids: list[uuid.UUID]) -> list[int]:
    """Load how many people support reports."""
    found = await supporters_of(ids)
    return [found.get(each, 0) for each in ids]


async def supported(ids: list[uuid.UUID]) -> list[bool]:
    """Load of reports whether the viewer supports them."""
    mine = await supported_by_me(ids)
    return [each in mine for each in ids]


async def originals(ids: list[uuid.UUID]) -> list[list[PublicReport]]:
    """Load what reports are duplicates of, as far as the viewer may see it."""
    onward, _ = await links_of(ids, most=MOST_SHOWN)
    return await _shown(ids, onward)


async def duplicates(ids: list[uuid.UUID]) -> list[list[PublicReport]]:
    """Load the duplicates of reports, as far as the viewer may see them, the newest first."""
    _, back = await links_of(ids, most=MOST_SHOWN)
    return await _shown(ids, back)


async def _shown(ids: Sequence[uuid.UUID], links: Mapping[uuid.UUID, Sequence[uuid.UUID]]) -> list[list[PublicReport]]:
    seen = await seen_among({other for others in links.values() for other in others})
    rows = {row.id: row for row in await reports_by_id([*seen])} if seen else {}
    return [[rows[other] for other in links.get(each, ()) if other in rows] for each in ids]
