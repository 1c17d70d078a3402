"""The collections that exist for the city being served: the kernel's, its modules', and every module's settings."""

from __future__ import annotations

from functools import lru_cache

from leancity.core.customs.branding import branding
from leancity.core.customs.calendar import calendar, calendar_days, calendars
from leancity.core.customs.collection import Collection, Place
from leancity.core.customs.names import names
from leancity.core.customs.roles import roles
from leancity.core.customs.store import Stored
from leancity.core.customs.targets import targets
from leancity.core.customs.texts import texts
from leancity.core.errors import NotSignedIn, refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.settings import TITLE
from leancity.core.plugins.manager import Modules, installed_modules
from leancity.core.settings.declaration import ModuleSettings
from leancity.core.tenancy.context import current_modules, current_tenant

SETTINGS = "settings"
CHANGE = "core.settings.change"


def collections() -> dict[str, Collection]:
    """Return the collections by name; those of a module that the city has not don't exist."""
    return dict(_collections(installed_modules(), current_modules(), current_tenant().locale))


@lru_cache(maxsize=256)
def _collections(modules: Modules, open_: frozenset[str], locale: str) -> dict[str, Collection]:
    kernel = [build(modules, open_) for build in (names, texts, targets, branding, calendar, calendars, calendar_days)]
    kernel.append(roles(modules, open_, locale))
    settings = [
        settings_collection(modules, module, kind)
        for module, kind in modules.settings.items()
        if module == "core" or module in open_
    ]
    theirs = [each for each in modules.customs.values() if each.module in open_]
    return {each.name: each for each in (*kernel, *settings, *theirs)}


def settings_collection(modules: Modules, module: str, kind: type[ModuleSettings]) -> Collection:
    """Return a module's settings as a collection of one item."""
    title = TITLE if module == "core" else modules.manifests[module].title
    return Collection(name=f"{module}.{SETTINGS}", title=title, item=kind, defaults={"": kind()})


def place_of(collection: Collection) -> Place:
    """Return where the items of a collection are kept."""
    return collection.place or Stored(collection=collection.name)


def permission_for(collection: Collection) -> str:
    """Return the permission to change a collection."""
    own = f"{collection.module}.settings.change"
    default = own if own in installed_modules().permissions else CHANGE
    return collection.permission or default


def changeable(name: str, field: str = "collection") -> Collection:
    """Return a collection that whoever asks may change; refuse one that does not exist here."""
    who = current_principal()
    if who.is_stranger:
        raise NotSignedIn  # a stranger learns nothing of which there are
    found = collections().get(name)
    if found is None:
        raise refuse("not_found", field)
    who.require(permission_for(found))
    return found


def changeables() -> list[Collection]:
    """Return the collections that whoever asks may change, by name; refuse who may change none."""
    who = current_principal()
    if who.is_stranger:
        raise NotSignedIn
    found = [each for _, each in sorted(collections().items()) if who.can(permission_for(each))]
    if not found:
        who.refuse(CHANGE)
    return found
