"""Composes the schema a city sees: the kernel's root fields and those of its modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from functools import partial
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.tools import create_type
from strawberry.types.base import get_object_definition
from strawberry.types.execution import ExecutionContext
from strawberry.types.field import StrawberryField

from leancity.core.plugins.manager import Modules
from leancity.graphql.api.guard import Guard
from leancity.graphql.api.scalars import SCALARS
from leancity.graphql.execution import Prepared
from leancity.graphql.gate import ModuleGate
from leancity.graphql.kernel import MUTATIONS, QUERIES, SUBSCRIPTIONS
from leancity.graphql.kernel.setting_inputs import settings_argument

SETTINGS_CHANGE = "settings_change"


class Schema(strawberry.Schema):
    """Strawberry's schema without its log: ``errors`` logs what has to be, once."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Do nothing."""


def kernel_types() -> tuple[tuple[type, ...], tuple[type, ...], tuple[type, ...]]:
    """Return the kernel's query, mutation and subscription classes."""
    return QUERIES, MUTATIONS, SUBSCRIPTIONS


def build_schema(modules: Modules, subscribed: frozenset[str]) -> Schema:
    """Compose one schema: a query field per module named after it, flat mutations and subscriptions, behind its gate.

    The contributions are taken as ``check_contributions`` has found them.
    """
    kernel_queries, kernel_mutations, kernel_subscriptions = kernel_types()
    queries = list(_copied(kernel_queries))
    mutations = list(_copied(kernel_mutations))
    _offer_settings(mutations, modules, subscribed)
    subscriptions = list(_copied(kernel_subscriptions))
    extra: list[type] = []
    for name, types in modules.graphql().items():
        if name not in subscribed:
            continue
        if types.query is not None:
            queries.append(_module_field(name, types.query))
        if types.mutation is not None:
            mutations += _copied([types.mutation], ModuleGate(name))
        if types.subscription is not None:
            subscriptions += _copied([types.subscription], ModuleGate(name))
        extra += types.extra
    schema = Schema(
        query=create_type("Query", queries),
        mutation=create_type("Mutation", mutations) if mutations else None,
        subscription=create_type("Subscription", subscriptions) if subscriptions else None,
        types=extra,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[Prepared],
    )
    _guard_events(schema)
    return schema


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


def _offer_settings(mutations: Iterable[StrawberryField], modules: Modules, subscribed: frozenset[str]) -> None:
    """Let ``settingsChange`` choose from the modules of this schema; what it was declared with knows the kernel's."""
    for field in mutations:
        if field.python_name == SETTINGS_CHANGE:
            field.arguments = [settings_argument(modules.settings, subscribed)]


def _module_field(name: str, root: type) -> StrawberryField:
    """Return the field that opens a module. It is nullable: an error inside stays with the module."""

    def resolver() -> Any:
        return root()

    resolver.__name__ = name  # create_type keys fields by it
    resolver.__annotations__["return"] = root | None
    return strawberry.field(resolver, extensions=[ModuleGate(name)])


def _guard_events(schema: Schema) -> None:
    """Ask the guards of a subscription at each event too: strawberry asks them when its source is opened only."""
    root = schema._schema.subscription_type
    for field in root.fields.values() if root else ():
        declared: StrawberryField = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF]
        field.resolve = partial(_event, [each for each in declared.extensions if isinstance(each, Guard | ModuleGate)])


def _event(guards: list[Guard | ModuleGate], event: Any, *_args: Any, **_kwargs: Any) -> Any:
    for guard in reversed(guards):  # the last one is the outermost
        guard.check()
    return event
