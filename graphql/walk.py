"""Walks the type definitions that root classes reach, as they were declared.

Strawberry's composed schema can't be asked instead: of two classes with one GraphQL name and equal fields it silently
keeps the first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryContainer, StrawberryObjectDefinition, get_object_definition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.union import StrawberryUnion

_NAMES = NameConverter()


@dataclass(frozen=True, kw_only=True)
class Named:
    """A named type: its GraphQL name, the Python object that declares it, its fields, interfaces or members."""

    name: str
    declared: Any
    fields: tuple[StrawberryField, ...] = field(default=(), compare=False)
    related: tuple[Any, ...] = field(default=(), compare=False)

    @property
    def is_ours(self) -> bool:
        """Tell whether the platform declared it, not a module."""
        return str(getattr(self.declared, "__module__", "")).startswith("leancity.graphql.")


def field_types(of: StrawberryField) -> Iterator[Any]:
    """Yield the type of a field and of its arguments."""
    yield of.type
    for argument in of.arguments:
        yield argument.type


def reachable(types: Iterable[Any]) -> Iterator[Named]:
    """Yield every named type behind ``types`` once, two of one name when they are declared twice."""
    waiting = list(types)
    seen: set[Named] = set()
    while waiting:
        type_ = waiting.pop()
        while isinstance(type_, LazyType | StrawberryContainer):
            type_ = type_.resolve_type() if isinstance(type_, LazyType) else type_.of_type
        named = _named(type_)
        if named is None or named in seen:
            continue
        seen.add(named)
        yield named
        for declared in named.fields:
            waiting += field_types(declared)
        waiting += named.related


def _named(type_: Any) -> Named | None:
    """Return the definition of a type, None for the scalars of GraphQL, strawberry and ours."""
    if isinstance(type_, StrawberryUnion):
        return Named(name=_NAMES.from_union(type_), declared=tuple(type_.types), related=tuple(type_.types))
    if isinstance(type_, StrawberryEnumDefinition):
        return Named(name=type_.name, declared=type_.wrapped_cls)
    definition = type_ if isinstance(type_, StrawberryObjectDefinition) else get_object_definition(type_)
    if definition is None:
        scalar = getattr(type_, "_scalar_definition", None)
        return None if scalar is None else Named(name=scalar.name, declared=type_)
    name, fields, interfaces = _NAMES.from_type(definition), definition.fields, definition.interfaces
    while definition.concrete_of is not None:  # Connection[Report] is a new class at every place that names it
        definition = definition.concrete_of
    return Named(name=name, declared=definition.origin, fields=tuple(fields), related=tuple(interfaces))
