"""What a city has customised, at hand without asking the database: it hangs on the ``Tenant``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple


class Layers(NamedTuple):
    """Of one item, field to JSON value: what the city has set itself, and what its region handed down."""

    own: Mapping[str, Any]
    handed_down: Mapping[str, Any]


UNTOUCHED = Layers({}, {})


@dataclass(frozen=True, eq=False)
class Customs:
    """The layers of every customised item, by collection and key.

    Equal to itself only, so that what is made of it may be remembered by it: all that serve one revision of a city in
    this process share one.
    """

    items: Mapping[str, Mapping[str, Layers]] = field(default_factory=dict)

    def of(self, collection: str) -> Mapping[str, Layers]:
        """Return the layers of a collection's customised items, by key."""
        return self.items.get(collection, _NONE)


_NONE: Mapping[str, Layers] = MappingProxyType({})
NOTHING = Customs()
