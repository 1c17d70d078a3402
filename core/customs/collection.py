"""What may be customised, as data: a declared list of items, each a frozen structure like a module's settings.

    COLLECTION = Collection(
        name="parking.zones",
        title={"en": "Parking zones", "ru": "Парковочные зоны"},
        item=Zone,
        defaults={"centre": Zone(rate=100), "river": Zone(rate=60)},
        may_add=True,
    )

An item's fields are checked, explained and layered (city, region, default) by the same functions as settings. Where the
structure has a boolean field ``is_off``, a city switches an item off by it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from leancity.core.customs.journal import BY_HAND, Cause
from leancity.core.errors import Problem, StartupError
from leancity.core.settings.checks import fits
from leancity.core.settings.declaration import ModuleSettings, Words
from leancity.core.settings.declared import fields_of
from leancity.core.settings.values import written

Check: TypeAlias = Callable[[str, Any], Awaitable[Iterable[Problem]]]
"""What is wrong with an item as it would hold, by its key: problems that name its fields. May read the database."""

KEY = re.compile(r"[a-z0-9][a-z0-9_./-]{0,149}")


class Place(Protocol):
    """Where the items of a collection are kept that does not lie in ``custom_item``."""

    async def read_all(self) -> dict[str, dict[str, Any]]:
        """Return what the city itself has set, by key."""

    async def read(self, key: str) -> dict[str, Any] | None:
        """Return what the city itself has set of an item, None for nothing."""

    async def write(self, key: str, after: dict[str, Any] | None, cause: Cause = BY_HAND) -> None:
        """Set an item or, by None, take the city's own from it; writes the history. Refuses what does not fit."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Collection:
    """A list of customisable items.

    ``name`` is ``<module>.<plural>``; ``defaults`` the items that there are without the city, by key (lower-case words
    joined by ``_``, ``.``, ``/``, ``-``; "" in a collection of one). ``may_add``: a city makes further ones.
    ``permission`` is what a change asks for; without, the module's own ``<module>.settings.change`` where it declares
    one, else ``core.settings.change``. ``check`` finds what single fields don't show. ``own_only`` names fields that a
    region does not hand down. ``keys`` is what the key of an added item looks like;
    ``normal`` gives values the one form in which they are kept, so that equal ones are seen to be.
    """

    name: str
    title: Words
    item: type[ModuleSettings]
    defaults: Mapping[str, ModuleSettings] = field(default_factory=dict)
    may_add: bool = False
    permission: str | None = None
    check: Check | None = None
    own_only: frozenset[str] = frozenset()
    place: Place | None = None
    keys: re.Pattern[str] = KEY
    normal: Callable[[dict[str, Any]], dict[str, Any]] = dict

    @property
    def module(self) -> str:
        return self.name.partition(".")[0]

    def knows(self, key: str) -> bool:
        """Tell whether there is, or could be, an item of this key."""
        return key in self.defaults or (self.may_add and self.keys.fullmatch(key) is not None)


def checked_collections(given: Iterable[object]) -> dict[str, Collection]:
    """Return the collections of modules by name; raise ``StartupError`` naming the one that is wrong."""
    found: dict[str, Collection] = {}
    for collection in given:
        if not isinstance(collection, Collection):
            raise StartupError(f"register_customs returned {collection!r}, not a Collection")
        if collection.name.endswith(".settings"):
            raise StartupError(f"{collection.name}: that is the name of the module's settings")
        try:
            check_collection(collection)
        except StartupError as error:
            raise StartupError(f"{collection.name}: {error}") from error
        found[collection.name] = collection
    return found


def check_collection(collection: Collection) -> None:
    """Raise ``StartupError`` for a declaration that contradicts itself."""
    fields = fields_of(collection.item)
    if not all(collection.title.get(locale, "").strip() for locale in ("ru", "en")):
        raise StartupError("needs a title in ru and en")
    names = {each.name for each in fields}
    if odd := sorted(collection.own_only - names):
        raise StartupError(f"own_only: no such fields: {', '.join(odd)}")
    for key, item in collection.defaults.items():
        if type(item) is not collection.item:
            raise StartupError(f"{key!r}: {item!r} is no {collection.item.__name__}")
        if key and not collection.keys.fullmatch(key):
            raise StartupError(f"{key!r} can't be a key")
        for each in fields:
            value = written(getattr(item, each.name))
            if not ((value is None and each.is_optional) or fits(each, value)):
                raise StartupError(f"{key!r}: {each.name}: {value!r} does not fit its declaration")
