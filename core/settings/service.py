"""Resolving and changing a city's settings."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.plugins.gate import require_open
from leancity.core.plugins.manager import Modules
from leancity.core.settings.declaration import ModuleSettings
from leancity.core.settings.tables import SettingRow

Settings = TypeVar("Settings", bound=ModuleSettings)


async def settings_of(module: str, kind: type[Settings]) -> Settings:
    """Return the city's settings of ``module``: what the city has changed over the module's defaults."""
    require_open(module)
    async with tenant_tx():
        row = await SettingRow.select(SettingRow.changed).where(SettingRow.module == module).first()
    return msgspec.convert(json.loads(row["changed"]) if row else {}, kind)


async def change_settings(modules: Modules, module: str, changes: dict[str, Any]) -> ModuleSettings:
    """Change some of a module's settings and return them all; raise ``Refused`` naming the field that does not fit."""
    require_open(module)
    kinds: dict[str, type[ModuleSettings]] = dict(modules.collect("register_settings"))
    if module not in kinds:
        raise refuse("not_found", "module")
    async with tenant_tx(write=True):
        row = await SettingRow.objects().where(SettingRow.module == module).lock_rows("UPDATE").first()
        changed = {**(json.loads(row.changed) if row else {}), **changes}
        try:
            settings = msgspec.convert(changed, kinds[module])
        except msgspec.ValidationError as error:
            raise refuse("settings_invalid", "changes", reason=str(error)) from error
        row = row or SettingRow(module=module)
        row.changed = json.dumps(changed)
        await row.save()
        await record("core.settings.changed", "module", fields=sorted(changes), module=module)
    return settings
