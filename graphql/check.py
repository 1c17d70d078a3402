"""Checks at start what the modules add to the schema. Every schema a city sees is a part of what is checked here."""

from __future__ import annotations

import inspect
from dataclasses import MISSING
from typing import Any

from strawberry.schema.name_converter import NameConverter
from strawberry.types.base import StrawberryOptional, get_object_definition
from strawberry.types.field import StrawberryField
from strawberry.types.unset import UNSET
from strawberry.utils.str_converters import capitalize_first, to_camel_case

from leancity.core.errors import StartupError
from leancity.core.plugins.manager import Modules
from leancity.graphql.api.guard import guard_of, is_subscription
from leancity.graphql.api.mutations import Payload, is_mutation, payload_type
from leancity.graphql.kernel.setting_inputs import settings_input
from leancity.graphql.schema import kernel_types, root_fields
from leancity.graphql.walk import Named, field_types, reachable

KERNEL = "kernel"
_NAMES = NameConverter()


def check_contributions(modules: Modules) -> None:
    """Raise ``StartupError``, naming the module, for

    * a field with a resolver that declares neither a permission nor why it is public, or an unknown permission, or has
      an argument that may be left out and no default for it;
    * a type, a mutation or a subscription without its module's prefix;
    * two types, two query fields, two mutations or two subscriptions of one name;
    * a mutation that was not declared by ``mutation`` or does not resolve to a ``Payload``;
    * a subscription that is no async generator declared by ``subscription``.
    """
    check = _Check(modules)
    queries, mutations, subscriptions = kernel_types()
    for root in queries:
        check.root(KERNEL, root, "Query")
    for root in mutations:
        check.mutations(KERNEL, root)
    for root in subscriptions:
        check.subscriptions(KERNEL, root)
    for name, kind in modules.settings.items():
        check.types(name, [settings_input(name, kind)])
    for name, contribution in modules.graphql().items():
        if contribution.query is not None:
            check.claim(name, f"Query.{to_camel_case(name)}", contribution.query)
            check.types(name, [contribution.query])
        if contribution.mutation is not None:
            check.mutations(name, contribution.mutation)
        if contribution.subscription is not None:
            check.subscriptions(name, contribution.subscription)
        check.types(name, contribution.extra)


class _Check:
    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._claimed: dict[str, tuple[str, Any]] = {}

    def claim(self, owner: str, name: str, declared: Any) -> None:
        """Note who declares ``name``; nobody else may."""
        first, already = self._claimed.setdefault(name, (owner, declared))
        if already != declared:
            raise StartupError(f"{owner}: {name} is declared twice, first by {first}")

    def root(self, owner: str, root: type, kind: str) -> None:
        """Check a class whose fields stand flat on ``kind``: Query, Mutation or Subscription."""
        if get_object_definition(root) is None:
            raise StartupError(f"{owner}: {root!r} is not a strawberry type")
        for field in root_fields(root):
            self.claim(owner, f"{kind}.{_NAMES.get_graphql_name(field)}", field)
            self.guard(owner, f"{root.__name__}.{field.python_name}", field)
            self.types(owner, field_types(field))

    def mutations(self, owner: str, root: type) -> None:
        self.root(owner, root, "Mutation")
        for field in root_fields(root):
            name = field.python_name
            self.prefix(owner, "mutation", name)
            if not is_mutation(field):
                raise StartupError(f"{owner}: {name!r} must be declared by leancity.graphql.api.mutation")
            self.payload(owner, name, payload_type(field))

    def subscriptions(self, owner: str, root: type) -> None:
        self.root(owner, root, "Subscription")
        for field in root_fields(root):
            name = field.python_name
            self.prefix(owner, "subscription", name)
            if not is_subscription(field) or not _is_stream(field):
                raise StartupError(
                    f"{owner}: {name!r} must be an async generator declared by leancity.graphql.api.subscription"
                )

    def prefix(self, owner: str, kind: str, name: str) -> None:
        if owner != KERNEL and not name.startswith(f"{owner}_"):
            raise StartupError(f"{owner}: the {kind} {name!r} must start with '{owner}_'")

    def payload(self, owner: str, mutation: str, payload: Any) -> None:
        definition = get_object_definition(payload)
        if definition is None or not issubclass(payload, Payload):
            raise StartupError(f"{owner}: the mutation {mutation!r} must resolve to a subclass of Payload")
        for field in definition.fields:
            if not field.base_resolver and field.default is MISSING and field.default_factory is MISSING:
                raise StartupError(f"{owner}: {payload.__name__}.{field.python_name} needs the default None")

    def types(self, owner: str, types: Any) -> None:
        prefix = capitalize_first(to_camel_case(owner))
        for named in reachable(types):
            self.claim(owner, named.name, named.declared)
            if owner != KERNEL and not named.is_ours and not _has_prefix(named, prefix):
                raise StartupError(f"{owner}: the GraphQL type {named.name!r} must start with {prefix!r}")
            for field in named.fields:
                if field.base_resolver or field.extensions:
                    self.guard(owner, f"{named.name}.{field.python_name}", field)

    def guard(self, owner: str, place: str, field: StrawberryField) -> None:
        guard = guard_of(field)
        if guard is None:
            raise StartupError(f"{owner}: {place} declares neither a permission nor why it is public")
        if guard.permission is not None:
            self._modules.check_permission(guard.permission, f"{owner}: {place}")
        for argument in field.arguments:
            if isinstance(argument.type, StrawberryOptional) and argument.default is UNSET:
                raise StartupError(f"{owner}: {place}: {argument.python_name} may be left out and needs a default")


def _is_stream(field: StrawberryField) -> bool:
    return field.base_resolver is not None and inspect.isasyncgenfunction(field.base_resolver.wrapped_func)


def _has_prefix(named: Named, prefix: str) -> bool:
    """Tell whether the name is the prefix and perhaps more words: ``ParkingZone`` is not ``park``'s."""
    return named.name.startswith(prefix) and not named.name[len(prefix) :][:1].islower()
