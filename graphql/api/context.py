"""What one GraphQL operation carries, and its loaders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from graphql import DocumentNode
from strawberry.dataloader import DataLoader
from strawberry.types import Info

from leancity.core.db.unit import tenant_tx

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(kw_only=True)
class Context:
    """Made for one operation: the validated document, and loaders, which therefore never outlive a city or a person."""

    document: DocumentNode
    loaders: dict[str, DataLoader[Any, Any]] = field(default_factory=dict)


def loader(
    info: Info[Context, Any], key: str, batch: Callable[[list[K]], Awaitable[Sequence[V | BaseException]]]
) -> DataLoader[K, V]:
    """Return this operation's loader ``key`` (``<module>.<what>``), made at the first call.

    ``batch`` gets distinct keys and returns one value a key, in their order (an exception fails that key alone); it
    runs inside ``tenant_tx()``, in a task of its own: don't await a loader inside a ``tenant_tx()`` of yours.
    """

    async def in_unit(keys: list[K]) -> Sequence[V | BaseException]:
        async with tenant_tx():
            return await batch(keys)

    if key not in info.context.loaders:
        info.context.loaders[key] = DataLoader(load_fn=in_unit)
    return info.context.loaders[key]
