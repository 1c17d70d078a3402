"""Who may resolve a field: every field with a resolver says so, or the platform does not start."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.types import Info
from strawberry.types.base import StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.utils.await_maybe import await_maybe

from leancity.core.identity.principal import current_principal

Resolver: TypeAlias = Callable[..., Any]


def make_nullable(field: StrawberryField) -> None:
    """Let an error of ``field`` stay with it: without this it would take the fields beside it along."""
    if not isinstance(field.type, StrawberryOptional):
        field.type = StrawberryOptional(of_type=field.type)


class Guard(FieldExtension):
    """Resolves its field for holders of ``permission``, or for everybody for the reason ``public``."""

    def __init__(self, *, permission: str | None, public: str) -> None:
        """Raise ``ValueError`` unless exactly one of the two is given."""
        if (permission is None) == (not public):
            raise ValueError("a field declares either permission=<name> or public=<the reason>")
        self.permission = permission
        self.public = public

    def apply(self, field: StrawberryField) -> None:
        if self.permission is not None:
            make_nullable(field)

    def check(self) -> None:
        """Raise ``NotSignedIn`` or ``Forbidden``."""
        if self.permission is not None:
            current_principal().require(self.permission)

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info[Any, Any], **kwargs: Any) -> Any:
        self.check()
        return next_(source, info, **kwargs)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info[Any, Any], **kwargs: Any) -> Any:
        self.check()
        return await await_maybe(next_(source, info, **kwargs))  # a subscription answers a generator


def guard_of(field: StrawberryField) -> Guard | None:
    """Return the guard that ``field`` declares."""
    return next((extension for extension in field.extensions if isinstance(extension, Guard)), None)


def is_subscription(field: StrawberryField) -> bool:
    """Tell whether ``field`` was declared by ``subscription``."""
    return field.is_subscription and guard_of(field) is not None


def field(
    *, permission: str | None = None, public: str = "", name: str | None = None, description: str | None = None
) -> Callable[[Resolver], Any]:
    """Declare a field with a resolver, guarded by ``permission`` or open to everybody for the reason ``public``.

    A field with a permission is nullable in the schema whatever its resolver returns: who lacks the permission gets
    null and an error with the code NOT_SIGNED_IN or FORBIDDEN, and keeps the rest of the answer.
    """
    guard = Guard(permission=permission, public=public)

    def decorate(resolver: Resolver) -> StrawberryField:
        return strawberry.field(resolver, name=name, description=description, extensions=[guard])

    return decorate


def subscription(
    *, permission: str | None = None, public: str = "", name: str | None = None, description: str | None = None
) -> Callable[[Resolver], Any]:
    """Declare a subscription, guarded as ``field`` is: when it is asked for, and again at each of its events.

    The resolver is an async generator. It yields what has happened, by id, without having read it: the fields of what
    it yields are resolved in a city, a person and loaders of the event's own. It may read in ``tenant_tx()`` to decide
    whether to yield, never across a ``yield``, and awaits no loader.
    """
    guard = Guard(permission=permission, public=public)

    def decorate(resolver: Resolver) -> StrawberryField:
        return strawberry.field(resolver, name=name, description=description, extensions=[guard], is_subscription=True)

    return decorate
