"""Mutations: a payload with typed user errors, and the decorator that fills them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.types import Info
from strawberry.types.base import StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from leancity.core.errors import Problem, Refused
from leancity.core.i18n.catalogue import describe
from leancity.core.identity.principal import current_principal
from leancity.graphql.api.context import Context
from leancity.graphql.api.guard import Guard, Resolver, make_nullable


@strawberry.type(description="One thing wrong with what was asked, for the user to mend.")
class UserError:
    field: str | None = strawberry.field(description="Path of the input field, null when no single one is at fault.")
    code: str = strawberry.field(description="Stable, for programs.")
    message: str = strawberry.field(description="For a person, in their language.")


@strawberry.type
class Payload:
    """What every mutation's payload type inherits. All other fields are optional and default to None."""

    errors: list[UserError] = strawberry.field(
        default_factory=list, description="Empty when it was done; otherwise nothing was changed."
    )


def user_error(problem: Problem) -> UserError:
    """Return ``problem`` in the requester's language, its field spelled as the schema spells it."""
    path = problem.field and ".".join(to_camel_case(part) for part in problem.field.split("."))
    return UserError(field=path, code=problem.code, message=describe(problem, current_principal().locale))


class Refusals(FieldExtension):
    """Turns ``Refused`` into the payload's ``errors``. The service's transaction has ended by then."""

    def apply(self, field: StrawberryField) -> None:
        make_nullable(field)

    async def resolve_async(
        self, next_: Callable[..., Any], source: Any, info: Info[Context, Any], **kwargs: Any
    ) -> Any:
        try:
            result = await next_(source, info, **kwargs)
        except Refused as refusal:
            return payload_type(info._field)(errors=[user_error(problem) for problem in refusal.problems])
        info.context.loaders.clear()  # what an earlier payload loaded may just have been changed
        return result


def payload_type(field: StrawberryField) -> Any:
    """Return the type that a mutation's field resolves to."""
    return field.type.of_type if isinstance(field.type, StrawberryOptional) else field.type


def is_mutation(field: StrawberryField) -> bool:
    """Tell whether ``field`` was declared by ``mutation``."""
    return any(isinstance(extension, Refusals) for extension in field.extensions)


def mutation(
    *, permission: str | None = None, public: str = "", description: str | None = None
) -> Callable[[Resolver], Any]:
    """Declare a mutation, guarded as ``field`` is. It resolves to a subclass of ``Payload``.

    The resolver awaits a service, which opens ``tenant_tx(write=True)`` itself and has committed when it returns; the
    payload's fields are read afterwards. ``Refused`` becomes ``errors``, all else an error of the operation; the field
    is nullable in the schema, so that one failing mutation does not hide what those beside it have committed.
    """
    guard = Guard(permission=permission, public=public)

    def decorate(resolver: Resolver) -> StrawberryField:
        # The last extension is the outermost.
        extensions: list[FieldExtension] = [Refusals(), guard]
        return strawberry.field(resolver, description=description, extensions=extensions)

    return decorate
