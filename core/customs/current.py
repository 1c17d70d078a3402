"""What a module reads of its collections: the items as they hold in the city being served, without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from leancity.core.customs.collection import Collection
from leancity.core.plugins.gate import require_open
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.layers import resolved
from leancity.core.tenancy.context import current_customs
from leancity.core.tenancy.customs import UNTOUCHED, Customs


def current_items(name: str) -> Mapping[str, Any]:
    """Return the items of the collection that a module declares, as instances of its structure, by key.

    Those that there are anyway come first, as declared, then the city's own. Raises ``ModuleClosed``.
    """
    require_open(name)
    return _items(installed_modules().customs[name], current_customs())


@lru_cache(maxsize=4_096)
def _items(collection: Collection, customs: Customs) -> Mapping[str, Any]:
    own = customs.of(collection.name)
    added = sorted(key for key, each in own.items() if any(each) and key not in collection.defaults)
    return MappingProxyType(
        {
            key: resolved(collection.item, *own.get(key, UNTOUCHED), collection.defaults.get(key)).settings
            for key in (*collection.defaults, *(key for key in added if collection.knows(key)))
        }
    )
