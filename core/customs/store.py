"""The rows of customised items: what the city has set, beside what its region handed down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from leancity.core.customs.journal import BY_HAND, Cause, note
from leancity.core.customs.tables import CustomItem
from leancity.core.db.unit import tenant_tx
from leancity.core.tenancy.customs import UNTOUCHED, Layers


async def layers_of(collection: str) -> dict[str, Layers]:
    """Return the layers of a collection's items that are not as they were delivered, by key."""
    query = CustomItem.select(CustomItem.key, CustomItem.changed, CustomItem.handed_down)
    async with tenant_tx():
        rows = await query.where(CustomItem.collection == collection).order_by(CustomItem.key)
    return {row["key"]: Layers(json.loads(row["changed"]), json.loads(row["handed_down"])) for row in rows}


async def layers_at(collection: str, key: str) -> Layers:
    """Return the layers of one item."""
    query = CustomItem.select(CustomItem.changed, CustomItem.handed_down)
    async with tenant_tx():
        row = await query.where((CustomItem.collection == collection) & (CustomItem.key == key)).first()
    return Layers(json.loads(row["changed"]), json.loads(row["handed_down"])) if row else UNTOUCHED


@dataclass(frozen=True, kw_only=True)
class Stored:
    """The place of a collection that has none of its own."""

    collection: str

    async def read_all(self) -> dict[str, dict[str, Any]]:
        """Return what the city itself has set, by key."""
        return {key: dict(layers.own) for key, layers in (await layers_of(self.collection)).items() if layers.own}

    async def read(self, key: str) -> dict[str, Any] | None:
        """Return what the city itself has set of an item, None for nothing."""
        return dict((await layers_at(self.collection, key)).own) or None

    async def write(self, key: str, after: dict[str, Any] | None, cause: Cause = BY_HAND) -> None:
        """Set an item of the city, which is locked, or take the city's own from it."""
        async with tenant_tx(write=True):
            query = CustomItem.objects().where((CustomItem.collection == self.collection) & (CustomItem.key == key))
            row = await query.first() or CustomItem(collection=self.collection, key=key)
            before = json.loads(row.changed) or None
            row.changed = json.dumps(after or {}, ensure_ascii=False)
            await row.save()
            await note(self.collection, key, before, after, cause)
