"""What is asked for beside each row of a list is read once for all of them."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import TypeVar

from strawberry.types import Info

from leancity.core.cases.reads import Part, read_parts
from leancity.graphql.api import Context, loader

Found = TypeVar("Found")


async def found_by_id(
    info: Info[Context, None],
    what: str,
    read: Callable[[Collection[uuid.UUID]], Awaitable[Mapping[uuid.UUID, Found]]],
    id_: uuid.UUID,
) -> Found | None:
    """Return what ``read`` finds for one id, None where it finds nothing; ``what`` names the operation's loader."""

    async def batch(ids: list[uuid.UUID]) -> list[Found | None]:
        found = await read(ids)
        return [found.get(each) for each in ids]

    return await loader(info, f"core.{what}", batch).load(id_)


async def parts(info: Info[Context, None], table: type[Part], case_id: uuid.UUID) -> list[Part]:
    """Return the rows of ``table`` that hang on a case, oldest first."""
    return await found_by_id(info, table._meta.tablename, partial(read_parts, table), case_id) or []
