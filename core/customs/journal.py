"""The history of what a city customises: who changed what, from what to what, and which change took it back.

Whoever changes something customised locks the city first, then anything else: two who change at once come one after
the other, and each sees what the other has done.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leancity.core.customs.tables import CustomChange
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now

UNDO = "undo"
REGION = "region"

_LOCK = "select revision from tenant where id = $1 for no key update"
_REVISE = "update tenant set revision = revision + 1 where id = $1"


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why a change is made: ``source`` as in ``CustomChange``, and the change that it takes back."""

    source: str = ""
    undoes_id: uuid.UUID | None = None


BY_HAND = Cause()


async def lock_city() -> None:
    """Lock what the city has customised until the open, writing unit of work ends."""
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_LOCK, unit.tenant_id)


async def note(
    collection: str,
    key: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
    cause: Cause = BY_HAND,
) -> uuid.UUID:
    """Add a change to the history of the city, which is locked, and return its id; what was read before is old now."""
    return (await note_all(collection, {key: (before, after)}, cause))[0]


async def note_all(
    collection: str,
    changes: Mapping[str, tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]],
    cause: Cause = BY_HAND,
) -> list[uuid.UUID]:
    """Add changes of several items, each from what to what."""
    moment, actor_id = now(), current_principal().user_id
    rows = [
        CustomChange(
            at=moment,
            collection=collection,
            key=key,
            before=_written(before),
            after=_written(after),
            source=cause.source,
            actor_id=actor_id,
            undoes_id=cause.undoes_id,
        )
        for key, (before, after) in changes.items()
    ]
    if rows:
        async with tenant_tx(write=True) as unit:
            await CustomChange.insert(*rows)
            await unit.connection.execute(_REVISE, unit.tenant_id)
    return [row.id for row in rows]


def _written(values: Mapping[str, Any] | None) -> str | None:
    return None if values is None else json.dumps(dict(values), ensure_ascii=False, sort_keys=True)
