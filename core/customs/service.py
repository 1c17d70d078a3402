"""What a city customises: reading, explaining and changing it. Settings, names, roles: all go this one way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from leancity.core.audit.log import record
from leancity.core.customs.collection import Collection
from leancity.core.customs.journal import BY_HAND, REGION, Cause, lock_city
from leancity.core.customs.known import SETTINGS, changeable, collections, place_of
from leancity.core.customs.store import layers_at, layers_of
from leancity.core.customs.tables import CustomChange
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.jobs.outbox import enqueue
from leancity.core.settings.changes import validated
from leancity.core.settings.declaration import ModuleSettings
from leancity.core.settings.layers import Resolved, resolved
from leancity.core.settings.values import written
from leancity.core.tenancy.context import current_tenant
from leancity.core.tenancy.customs import UNTOUCHED, Layers
from leancity.core.tenancy.limits import TenantKind

__all__ = ["Item", "change", "collections", "explained", "explained_one", "last_source", "own", "put"]

HAND_DOWN = "core.hand_down"
VALUES = "values"
MOST_ADDED = 1_000
"""Items that a city may add to a collection."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """An item as it holds in the city. ``is_added``: there is none of this key without the city or its region."""

    collection: str
    key: str
    resolved: Resolved[ModuleSettings]
    is_added: bool

    @property
    def is_off(self) -> bool:
        """Whether it is switched off, by the field that some structures have for it."""
        return getattr(self.resolved.settings, "is_off", False) is True


async def explained(collection: str) -> list[Item]:
    """Return all items of a collection, those that there are anyway first, with whose each value is."""
    found = changeable(collection)
    stored = await _all_layers(found)
    added = sorted(key for key, each in stored.items() if any(each) and key not in found.defaults and found.knows(key))
    return [item_of(found, key, stored.get(key, UNTOUCHED)) for key in (*found.defaults, *added)]


async def explained_one(collection: str, key: str) -> Item | None:
    """Return an item, None where there is none of the key."""
    found = changeable(collection)
    layers = (await _all_layers(found)).get(key)
    if not (key in found.defaults or (layers is not None and any(layers) and found.knows(key))):
        return None
    return item_of(found, key, layers or UNTOUCHED)


def item_of(collection: Collection, key: str, layers: Layers) -> Item:
    """Return an item as it holds where these are its layers."""
    start = collection.defaults.get(key)
    found = resolved(collection.item, layers.own, layers.handed_down, start)
    return Item(collection=collection.name, key=key, resolved=found, is_added=start is None)


async def own(collection: str) -> dict[str, dict[str, Any]]:
    """Return what the city itself has set, by key: the fields that it has set, as JSON values."""
    found = changeable(collection)
    rows = await place_of(found).read_all()
    return {key: values for key, values in rows.items() if found.knows(key)}


async def change(collection: str, key: str, values: Mapping[str, Any] | None, *, source: str = "") -> bool:
    """Set fields of an item, add one, or (None) go back to what is inherited; tell whether anything has changed.

    ``values``: field to JSON value; what is not named stays, None goes back to inherited. Where nothing changes nothing
    is written. ``source`` is "" for a person's change, ``profile:<name>`` for a profile's. Raises ``Refused`` naming
    ``collection``, ``key`` or each ``values.<field>`` that does not fit.
    """
    found = changeable(collection)
    given = None if values is None else validated(found.item, values, VALUES)
    return await put(found, key, given, cause=Cause(source=source), path=VALUES)


async def last_source(collection: str, key: str) -> str | None:
    """Return the source of the newest change of what the city itself has set of an item, None if it never was."""
    found = changeable(collection)
    query = CustomChange.select(CustomChange.source).where(
        (CustomChange.collection == found.name) & (CustomChange.key == key) & (CustomChange.source != REGION)
    )
    async with tenant_tx():
        row = await query.order_by(CustomChange.at, CustomChange.id, ascending=False).first()
    return None if row is None else str(row["source"])


async def put(
    found: Collection, key: str, given: Mapping[str, Any] | None, *, cause: Cause = BY_HAND, path: str = VALUES
) -> bool:
    """Change an item by fields that fit their declaration; permissions are the caller's to ask. See ``change``."""
    place = place_of(found)
    async with tenant_tx(write=True):
        await lock_city()
        before = await place.read(key)
        if not (found.knows(key) or (given is None and before is not None)):
            raise refuse("custom_key_unknown", "key", key=key)
        after = None if given is None else _merged(found, before, given)
        if after == before:
            if given is not None and not before and key not in found.defaults:
                raise refuse("required", path)
            return False
        if before is None and key not in found.defaults:
            await _check_room(found)
        await write(found, key, after, cause, path=path)
        if found.place is None:
            await _told(found, key, sorted(given if given is not None else before or {}), cause.source)
    return True


async def write(found: Collection, key: str, after: dict[str, Any] | None, cause: Cause, *, path: str) -> None:
    """Write an item of the city, which is locked, once it has been checked as a whole."""
    if after is not None and found.check is not None:
        layers = UNTOUCHED if found.place is not None else await layers_at(found.name, key)
        item = item_of(found, key, Layers(after, layers.handed_down))
        if problems := [*await found.check(key, item.resolved.settings)]:
            raise Refused(*_below(path, found, problems))
    try:
        await place_of(found).write(key, after, cause)
    except Refused as refused:
        raise Refused(*_below(path, found, refused.problems)) from refused


async def _told(found: Collection, key: str, fields: list[str], source: str) -> None:
    """Record a change, and ask for its handing down where a region has made it."""
    if found.name.endswith(f".{SETTINGS}"):
        await record("core.settings.changed", "module", fields=fields, module=found.module)
    else:
        await record("core.custom.changed", "custom_item", collection=found.name, key=key, fields=fields, source=source)
    if current_tenant().kind is TenantKind.REGION:
        await enqueue(HAND_DOWN, {"collection": found.name}, order_key=f"{HAND_DOWN} {found.name}")


async def undone(found: Collection, key: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    """Record that an item of the city went back from ``before`` to ``after``."""
    if found.place is None:
        fields = sorted(name for name in {*(before or {}), *(after or {})} if _at(before, name) != _at(after, name))
        await _told(found, key, fields, "undo")


def _at(values: Mapping[str, Any] | None, name: str) -> Any:
    return (values or {}).get(name)


async def _all_layers(found: Collection) -> dict[str, Layers]:
    if found.place is None:
        return await layers_of(found.name)
    rows = await found.place.read_all()
    return {key: Layers(_differing(found, key, values), {}) for key, values in rows.items()}


def _differing(found: Collection, key: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a place of its own holds that is not the default: such a place keeps whole items."""
    start = found.defaults.get(key)
    return {name: each for name, each in values.items() if start is None or each != written(getattr(start, name))}


async def _check_room(found: Collection) -> None:
    added = [key for key in await place_of(found).read_all() if key not in found.defaults]
    if len(added) >= MOST_ADDED:
        raise refuse("custom_too_many", "key", limit=MOST_ADDED)


def _merged(found: Collection, before: Mapping[str, Any] | None, given: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the fields that the city has set afterwards, as JSON has them; None for none."""
    kept = {name: value for name, value in {**(before or {}), **given}.items() if value is not None}
    return found.normal(json.loads(json.dumps(kept))) or None


def _below(path: str, found: Collection, problems: Iterable[Problem]) -> list[Problem]:
    """Return problems of an item's fields as those of the input that they came by."""
    names = set(found.item.__struct_fields__)
    return [
        replace(each, field=f"{path}.{each.field}") if (each.field or "").partition(".")[0] in names else each
        for each in problems
    ]
