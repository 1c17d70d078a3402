"""Resolving and changing a city's settings."""

from __future__ import annotations

import json
from typing import Any, TypeVar

import msgspec

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import NotSignedIn, refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.settings import CoreSettings
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


async def settings_to_change(modules: Modules, module: str) -> ModuleSettings:
    """Return the city's settings of ``module`` for who may change them."""
    return await settings_of(module, _changeable(modules, module))


async def change_settings(modules: Modules, module: str, changes: Any) -> ModuleSettings:
    """Change some of a module's settings and return them all; raise ``Refused`` naming the field that does not fit.

    ``changes``: an object, field to value.
    """
    kind = _changeable(modules, module)
    if not isinstance(changes, dict):
        raise refuse("settings_invalid", "changes", reason="Expected `object`")
    async with tenant_tx(write=True):
        row = await SettingRow.objects().where(SettingRow.module == module).lock_rows("UPDATE").first()
        changed = {**(json.loads(row.changed) if row else {}), **changes}
        try:
            settings = msgspec.convert(changed, kind)
        except msgspec.ValidationError as error:
            raise refuse("settings_invalid", "changes", reason=str(error)) from error
        row = row or SettingRow(module=module)
        row.changed = json.dumps(changed)
        await row.save()
        await record("core.settings.changed", "module", fields=sorted(changes), module=module)
    return settings


def _changeable(modules: Modules, module: str) -> type[ModuleSettings]:
    """Return the structure of a module's settings, which whoever asks must be allowed to change.

    That is by the module's own permission ``<module>.settings.change`` where it declares one, else by the kernel's.
    """
    who = current_principal()
    if who.is_stranger:
        raise NotSignedIn  # a stranger learns nothing of which modules there are
    require_open(module)
    kinds: dict[str, type[ModuleSettings]] = {"core": CoreSettings, **dict(modules.collect("register_settings"))}
    if module not in kinds:
        raise refuse("not_found", "module")
    own = f"{module}.settings.change"
    who.require(own if own in modules.permissions else "core.settings.change")
    return kinds[module]
