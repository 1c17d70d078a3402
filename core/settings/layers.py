"""What holds in a city: its own value, else what its region handed down, else the default. One function, for settings
and for all that is customised (``core.customs``).

A stored value that the declaration no longer takes is passed over, and stays stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Generic, TypeVar

from leancity.core.settings.checks import fits
from leancity.core.settings.declaration import ModuleSettings
from leancity.core.settings.declared import fields_of
from leancity.core.settings.fields import SettingField
from leancity.core.settings.values import written

Settings = TypeVar("Settings", bound=ModuleSettings)


class Origin(StrEnum):
    """Whose value it is."""

    CITY = "city"
    REGION = "region"
    MODULE = "module"


@dataclass(frozen=True, kw_only=True)
class Explained:
    """A setting's value, whose it is, and the one that would hold without the city's own. Both in JSON form."""

    field: SettingField
    value: Any
    origin: Origin
    inherited: Any


@dataclass(frozen=True, kw_only=True)
class Resolved(Generic[Settings]):
    """``dropped``: what is stored and not taken, by name and by whose it is."""

    settings: Settings
    fields: tuple[Explained, ...]
    dropped: Mapping[str, Mapping[Origin, Any]]


def resolved(
    kind: type[Settings], own: Mapping[str, Any], handed_down: Mapping[str, Any], start: Settings | None = None
) -> Resolved[Settings]:
    """Return what holds of ``kind`` where the city has set ``own`` and its region handed down the other.

    ``start`` holds the defaults where they are not the class's own.
    """
    layers = {Origin.CITY: own, Origin.REGION: handed_down}
    dropped: dict[str, dict[Origin, Any]] = {}
    explained = []
    fields = fields_of(kind)
    if start is not None:
        fields = tuple(replace(field, default=written(getattr(start, field.name))) for field in fields)
    for field in fields:
        held = [(Origin.MODULE, field.default)]
        for origin in (Origin.REGION, Origin.CITY):
            if field.name in layers[origin]:
                value = layers[origin][field.name]
                if fits(field, value):
                    held.insert(0, (origin, value))
                else:
                    dropped.setdefault(field.name, {})[origin] = value
        origin, value = held[0]
        inherited = next(each for whose, each in held if whose is not Origin.CITY)
        explained.append(Explained(field=field, value=value, origin=origin, inherited=inherited))
    for origin, layer in layers.items():
        for name in sorted(layer.keys() - {field.name for field in fields}):
            dropped.setdefault(name, {})[origin] = layer[name]
    settings = kind(**{each.field.name: each.field.read(each.value) for each in explained})
    return Resolved(settings=settings, fields=tuple(explained), dropped=dropped)
