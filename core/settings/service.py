"""A city's settings: reading, explaining and changing them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

import structlog

from leancity.core.customs.known import settings_collection
from leancity.core.customs.service import put
from leancity.core.errors import NotSignedIn, refuse
from leancity.core.identity.principal import current_principal
from leancity.core.plugins.gate import require_open
from leancity.core.plugins.manager import Modules
from leancity.core.settings.changes import validated
from leancity.core.settings.declaration import ModuleSettings
from leancity.core.settings.layers import Resolved, resolved
from leancity.core.settings.store import stored
from leancity.core.tenancy.context import current_tenant

Settings = TypeVar("Settings", bound=ModuleSettings)
log = structlog.get_logger()


async def settings_of(module: str, kind: type[Settings]) -> Settings:
    """Return the city's settings of ``module``: what the city has set, over what its region has, over the defaults."""
    return (await _resolved(module, kind)).settings


async def explained(modules: Modules, module: str) -> Resolved[ModuleSettings]:
    """Return the city's settings of ``module`` and where each is from, for who may change them."""
    return await _resolved(module, _changeable(modules, module))


async def change_settings(modules: Modules, module: str, changes: Any, *, path: str = "changes") -> ModuleSettings:
    """Change some of a module's settings and return them all; what is not named stays, None goes back to inherited.

    ``changes``: an object, field to JSON value. Raises ``Refused`` naming below ``path`` each field that does not fit.
    A change lies in the history of the collection ``<module>.settings`` (``core.customs``) and can be undone there.
    """
    kind = _changeable(modules, module)
    values = validated(kind, changes, path)
    if values:
        await put(settings_collection(modules, module, kind), "", values, path=path)
    return await settings_of(module, kind)


async def _resolved(module: str, kind: type[Settings]) -> Resolved[Settings]:
    require_open(module)
    found = resolved(kind, *await stored(module))
    for name, layers in found.dropped.items():
        for origin in layers:
            _tell(current_tenant().slug, module, name, origin)
    return found


@lru_cache(maxsize=4096)  # settings are read at every request: once is told once
def _tell(city: str, module: str, name: str, origin: str) -> None:
    log.warning("a stored setting does not fit any more", city=city, module=module, setting=name, origin=origin)


def _changeable(modules: Modules, module: str) -> type[ModuleSettings]:
    """Return the structure of a module's settings, which whoever asks must be allowed to change.

    That is by the module's own permission ``<module>.settings.change`` where it declares one, else by the kernel's.
    """
    who = current_principal()
    if who.is_stranger:
        raise NotSignedIn  # a stranger learns nothing of which modules there are
    require_open(module)
    if module not in modules.settings:
        raise refuse("not_found", "module")
    own = f"{module}.settings.change"
    who.require(own if own in modules.permissions else "core.settings.change")
    return modules.settings[module]
