"""What was changed by whom, and taking it back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leancity.core.customs.collection import Collection
from leancity.core.customs.journal import REGION, UNDO, Cause, lock_city
from leancity.core.customs.known import changeable, changeables, place_of
from leancity.core.customs.service import undone, write
from leancity.core.customs.tables import CustomChange
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import NotSignedIn, Problem, Refused, refuse
from leancity.core.identity.principal import current_principal

FIELD = "change_id"


async def history(
    collection: str | None = None,
    key: str | None = None,
    *,
    limit: int,
    after: tuple[datetime, uuid.UUID] | None = None,
) -> list[CustomChange]:
    """Return changes, newest first: of an item, of a collection, or of all that whoever asks may change.

    ``after``: moment and id of the last change that is known already.
    """
    query = CustomChange.objects().where(_wanted(collection, key))
    if after is not None:
        at, id_ = after
        earlier = (CustomChange.at == at) & (CustomChange.id < id_)
        query = query.where((CustomChange.at < at) | earlier).where(CustomChange.at <= at)
    async with tenant_tx():
        return await query.order_by(CustomChange.at, CustomChange.id, ascending=False).limit(limit)


async def count_history(collection: str | None = None, key: str | None = None) -> int:
    """Return how many changes there are."""
    async with tenant_tx():
        return int(await CustomChange.count().where(_wanted(collection, key)))


async def undo(change_id: uuid.UUID) -> CustomChange:
    """Put back what stood there before a change, as a change of its own, and return that.

    Refused where something else stands there by now than the change has left, and for what a region handed down.
    """
    if current_principal().is_stranger:
        raise NotSignedIn
    async with tenant_tx(write=True):
        await lock_city()
        row = await CustomChange.objects().where(CustomChange.id == change_id).first()
        if row is None:
            raise refuse("not_found", FIELD)
        found = changeable(row.collection, FIELD)
        if row.source == REGION:
            raise refuse("custom_of_region", FIELD)
        before, after = value_of(row.before), value_of(row.after)
        there = await place_of(found).read(row.key)
        if there != after:
            raise refuse("custom_changed_since", FIELD, now=_told(there))
        await _put_back(found, row, before, after)
        query = CustomChange.objects().where(CustomChange.undoes_id == change_id)
        [made] = await query.order_by(CustomChange.at, CustomChange.id, ascending=False).limit(1)
    return made


async def _put_back(
    found: Collection, row: CustomChange, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> None:
    try:
        await write(found, row.key, before, Cause(source=UNDO, undoes_id=row.id), path=FIELD)
    except Refused as refused:  # the input has one field; which part of the item it is, the message tells
        raise Refused(
            *(Problem(code=each.code, field=FIELD, params=each.params) for each in refused.problems)
        ) from None
    await undone(found, row.key, after, before)


def value_of(stored: str | None) -> dict[str, Any] | None:
    """Return what a change keeps of an item before or after, None for nothing of the city's own."""
    found: dict[str, Any] | None = None if stored is None else json.loads(stored)
    return found


def _told(there: Mapping[str, Any] | None) -> str:
    return "—" if there is None else json.dumps(dict(there), ensure_ascii=False)


def _wanted(collection: str | None, key: str | None) -> Any:
    """Return the condition for what is asked and may be seen."""
    if collection is not None:
        wanted = CustomChange.collection == changeable(collection).name
        return wanted if key is None else wanted & (CustomChange.key == key)
    return CustomChange.collection.is_in([each.name for each in changeables()])
