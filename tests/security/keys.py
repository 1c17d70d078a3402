"""The rows of the matrix, as the schema with every module on has them; what comes of them is never generated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from graphql import GraphQLField, GraphQLObjectType, GraphQLOutputType, get_named_type
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from leancity.graphql.api.connections import Connection, Edge
from leancity.graphql.api.guard import Guard, guard_of
from leancity.graphql.gate import ModuleGate
from leancity.graphql.schema import Schema

OPEN = "open"
"""The class of plain attributes and of fields that are public for a reason."""
STRUCTURE = frozenset({"PageInfo", "UserError"})
"""Types that hold nothing of the city, as connections and edges do: they are asked with the field that leads there."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A root field (its ``type`` is a root) or the fields of one permission class of an object type."""

    key: str
    type: str
    fields: tuple[str, ...]
    guards: tuple[Guard, ...]
    is_root: bool


Fields: TypeAlias = dict[str, GraphQLField]


def declared(field: GraphQLField) -> StrawberryField:
    """Return the declaration that a field of the schema was made from."""
    found: StrawberryField = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
    return found


def rows_of(schema: Schema) -> list[Row]:
    """Return the rows in the order of the file: queries, what modules add to them, mutations, subscriptions, types."""
    query, mutation = schema._schema.query_type, schema._schema.mutation_type
    subscription = schema._schema.subscription_type
    if query is None or mutation is None or subscription is None:
        raise TypeError("the schema lacks a root")
    modules = [_named(field.type) for field in query.fields.values() if _is_module(field)]
    roots = [query, *modules, mutation, subscription]
    found = [row for root in roots for row in _root_rows(root)]
    others = sorted(schema._schema.type_map.items())
    for name, type_ in others:
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__") and type_ not in roots:
            found += [row for row in _type_rows(type_) if row.guards or not is_structure(type_)]
    return found


def is_structure(type_: GraphQLObjectType) -> bool:
    """Tell whether a type only carries others: a page, its rows, an error."""
    definition = type_.extensions.get("strawberry-definition")
    origin = definition.concrete_of if isinstance(definition, StrawberryObjectDefinition) else None
    return type_.name in STRUCTURE or (origin is not None and origin.origin in {Connection, Edge})


def _is_module(field: GraphQLField) -> bool:
    return any(isinstance(each, ModuleGate) for each in declared(field).extensions)


def _named(type_: GraphQLOutputType) -> GraphQLObjectType:
    named = get_named_type(type_)
    if not isinstance(named, GraphQLObjectType):
        raise TypeError(f"{named} is no object type")
    return named


def _root_rows(root: GraphQLObjectType) -> Iterator[Row]:
    for name, field in sorted(root.fields.items()):
        guard = guard_of(declared(field))
        guards = () if guard is None or guard.permission is None else (guard,)
        yield Row(key=f"{root.name}.{name}", type=root.name, fields=(name,), guards=guards, is_root=True)


def _type_rows(type_: GraphQLObjectType) -> Iterator[Row]:
    classes: dict[str, Fields] = {}
    for name, field in sorted(type_.fields.items()):
        guard = guard_of(declared(field))
        classes.setdefault(OPEN if guard is None else guard.permission or OPEN, {})[name] = field
    for permission, fields in sorted(classes.items(), key=lambda item: (item[0] != OPEN, item[0])):
        found = [guard_of(declared(field)) for field in fields.values()]
        guards = tuple(guard for guard in found if guard is not None and guard.permission is not None)
        key = f"{type_.name} [{permission}]"
        yield Row(key=key, type=type_.name, fields=tuple(fields), guards=guards, is_root=False)
