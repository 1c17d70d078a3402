"""Composes the schema a city sees: the kernel's root fields and those of its modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type
from strawberry.types.base import get_object_definition
from strawberry.types.execution import ExecutionContext
from strawberry.types.field import StrawberryField

from leancity.core.plugins.manager import Modules
from leancity.graphql.api.scalars import SCALARS
from leancity.graphql.execution import Prepared
from leancity.graphql.gate import ModuleGate
from leancity.graphql.kernel import MUTATIONS, QUERIES


class Schema(strawberry.Schema):
    """Strawberry's schema without its log: ``errors`` logs what has to be, once."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Do nothing."""


def kernel_types() -> tuple[tuple[type, ...], tuple[type, ...]]:
    """Return the kernel's query and mutation classes."""
    return QUERIES, MUTATIONS


def build_schema(modules: Modules, subscribed: frozenset[str]) -> Schema:
    """Compose one schema: a query field per module named after it, flat mutations, each behind the module's gate.

    The contributions are taken as ``check_contributions`` has found them.
    """
    kernel_queries, kernel_mutations = kernel_types()
    queries = list(_copied(kernel_queries))
    mutations = list(_copied(kernel_mutations))
    extra: list[type] = []
    for name, types in modules.graphql().items():
        if name not in subscribed:
            continue
        if types.query is not None:
            queries.append(_module_field(name, types.query))
        if types.mutation is not None:
            mutations += _copied([types.mutation], ModuleGate(name))
        extra += types.extra
    return Schema(
        query=create_type("Query", queries),
        mutation=create_type("Mutation", mutations) if mutations else None,
        types=extra,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[Prepared],
    )


def root_fields(root: type) -> list[StrawberryField]:
    """Return the fields of a root class."""
    return get_object_definition(root, strict=True).fields


def _copied(roots: Iterable[type], *gates: ModuleGate) -> Iterator[StrawberryField]:
    """Yield the roots' fields behind ``gates``. Copies: a class, and so its fields, is shared by all schemas."""
    for root in roots:
        for field in root_fields(root):
            gated = copy(field)
            gated.extensions = [*field.extensions, *gates]  # the last one is the outermost
            yield gated


def _module_field(name: str, root: type) -> StrawberryField:
    """Return the field that opens a module. It is nullable: an error inside stays with the module."""

    def resolver() -> Any:
        return root()

    resolver.__name__ = name  # create_type keys fields by it
    resolver.__annotations__["return"] = root | None
    return strawberry.field(resolver, extensions=[ModuleGate(name)])
