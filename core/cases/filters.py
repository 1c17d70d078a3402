"""Saved filters of the inbox: each person's own, by name."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.checks import LONG, SHORT, keepable, one_text
from leancity.core.cases.tables import CaseFilter
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal

MOST_FILTERS = 100


async def my_filters() -> list[CaseFilter]:
    """Return one's own filters by name."""
    owner = _owner()
    async with tenant_tx():
        return await CaseFilter.objects().where(CaseFilter.owner_id == owner).order_by(CaseFilter.name)


async def save_filter(name: str, wanted: Mapping[str, Any]) -> CaseFilter:
    """Keep a filter (the API's own input) under a new name; refuse one that is taken, or more than 100 filters."""
    owner, name = _owner(), one_text("name", name, limit=SHORT, required=True)
    async with tenant_tx(write=True):
        if await CaseFilter.count().where(CaseFilter.owner_id == owner) >= MOST_FILTERS:
            raise refuse("case_filters_full", "name", limit=MOST_FILTERS)
        row = CaseFilter(owner_id=owner, name=name, filter=_json(wanted))
        target = (CaseFilter.tenant_id, CaseFilter.owner_id, CaseFilter.name)
        if not await CaseFilter.insert(row).on_conflict(target, "DO NOTHING").returning(CaseFilter.id):
            raise refuse("case_filter_known", "name")
        await record("core.case_filter.saved", "case_filter", row.id)
    return row


async def rename_filter(filter_id: uuid.UUID, name: str) -> CaseFilter:
    """Give one's own filter another name; refuse one that is taken."""
    owner, name = _owner(), one_text("name", name, limit=SHORT, required=True)
    async with tenant_tx(write=True):
        # All of the owner's, so that two renamings can't take the same name between question and answer.
        rows = await CaseFilter.objects().where(CaseFilter.owner_id == owner).order_by(CaseFilter.id).lock_rows()
        row = next((row for row in rows if row.id == filter_id), None)
        if row is None:
            raise refuse("not_found", "filter_id")
        if any(other.name == name and other.id != row.id for other in rows):
            raise refuse("case_filter_known", "name")
        row.name = name
        await row.save([CaseFilter.name])
        await record("core.case_filter.renamed", "case_filter", row.id)
    return row


async def delete_filter(filter_id: uuid.UUID) -> None:
    """Remove one's own filter."""
    owner = _owner()
    async with tenant_tx(write=True):
        mine = (CaseFilter.id == filter_id) & (CaseFilter.owner_id == owner)
        if not await CaseFilter.delete().where(mine).returning(CaseFilter.id):
            raise refuse("not_found", "filter_id")
        await record("core.case_filter.deleted", "case_filter", filter_id)


def _json(wanted: Mapping[str, Any]) -> str:
    text = json.dumps(_keepable(wanted), ensure_ascii=False)
    if len(text) > LONG:
        raise refuse("too_long", "wanted", limit=LONG)
    return text


def _keepable(value: Any) -> Any:
    if isinstance(value, str):
        return keepable(value)
    if isinstance(value, Mapping):
        return {keepable(key): _keepable(each) for key, each in value.items()}
    return [_keepable(each) for each in value] if isinstance(value, list | tuple) else value


def _owner() -> uuid.UUID:
    who = current_principal()
    who.require("core.case.read")
    return who.account()
