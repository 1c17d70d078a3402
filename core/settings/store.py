"""Reading and locking the one row that a city has of a module's settings."""

from __future__ import annotations

import json
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.settings.tables import SettingRow


async def stored(module: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the city has set of a module's settings, and what its region handed down."""
    async with tenant_tx():
        row = (
            await SettingRow.select(SettingRow.changed, SettingRow.handed_down)
            .where(SettingRow.module == module)
            .first()
        )
    return (json.loads(row["changed"]), json.loads(row["handed_down"])) if row else ({}, {})


async def locked(module: str) -> SettingRow:
    """Return the row, made where there is none, locked until the open unit of work ends."""
    async with tenant_tx(write=True):
        # Two who are first at once would otherwise both insert, and one would fail.
        await SettingRow.insert(SettingRow(module=module)).on_conflict(
            (SettingRow.tenant_id, SettingRow.module), "DO NOTHING"
        )
        [row] = await SettingRow.objects().where(SettingRow.module == module).lock_rows("UPDATE")
    return row
