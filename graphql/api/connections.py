"""Lists as Relay connections with keyset cursors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Generic, TypeVar

import strawberry

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.graphql.api.cursor import Keyset, decode_cursor, encode_cursor
from leancity.graphql.api.guard import field

PAGE_DEFAULT = 25
PAGE_MAX = 100

Node = TypeVar("Node")
Row = TypeVar("Row")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="One row of a page and its place in the list.")
class Edge(Generic[Node]):
    node: Node
    cursor: str


@strawberry.type(description="One page of a list.")
class Connection(Generic[Node]):
    edges: list[Edge[Node]]
    page_info: PageInfo
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @field(public="counts exactly the rows that the list, which is guarded, shows to this principal")
    async def total_count(self) -> int:
        return await self.count()


async def connection(
    list_name: str,
    *,
    keyset: tuple[type, ...],
    first: int | None,
    after: str | None,
    fetch: Callable[[int, Keyset | None], Awaitable[Sequence[Row]]],
    count: Callable[[], Awaitable[int]],
    key: Callable[[Row], Keyset],
    node: Callable[[Row], Node],
    loaded: bool = False,
) -> Connection[Node]:
    """Return the page of ``first`` rows (1..100, 25 when None) that follow the cursor ``after``.

    ``fetch(limit, after)`` returns up to ``limit`` rows that follow the keyset ``after`` in the list's order, which
    must be a total one; ``key`` gives a row's keyset, ``keyset`` its types. ``count()`` counts the whole list and is
    awaited only when ``totalCount`` is asked for. Both run inside ``tenant_tx()``; those of a list that hangs on the
    rows of another await loaders, which open units of their own: ``loaded`` lets both run outside. ``list_name`` is
    ``<module>.<list>`` with whatever else changes the order. Refuses with ``page_size_invalid`` and ``cursor_invalid``.
    """
    unit: Callable[[], AbstractAsyncContextManager[Any]] = nullcontext if loaded else tenant_tx
    size = PAGE_DEFAULT if first is None else first
    if not 1 <= size <= PAGE_MAX:
        raise refuse("page_size_invalid", "first", limit=PAGE_MAX)
    position = None if after is None else decode_cursor(after, list_name, keyset)

    async def counted() -> int:
        async with unit():
            return await count()

    async with unit():
        rows = await fetch(size + 1, position)  # one more row tells whether a next page exists
    edges = [Edge(node=node(row), cursor=encode_cursor(list_name, key(row))) for row in rows[:size]]
    page_info = PageInfo(
        has_next_page=len(rows) > size,
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    return Connection(edges=edges, page_info=page_info, count=counted)


async def connection_by_key(
    list_name: str,
    *,
    first: int | None,
    after: str | None,
    fetch: Callable[..., Awaitable[Sequence[Any]]],
    count: Callable[[], Awaitable[int]],
    node: Callable[[Any], Node],
) -> Connection[Node]:
    """Return a page of a list whose rows stand by their ``key``; ``fetch(limit=…, after=…)`` those after a key."""

    async def fetched(limit: int, keyset: Keyset | None) -> Sequence[Any]:
        return await fetch(limit=limit, after=None if keyset is None else keyset[0])

    return await connection(
        list_name,
        keyset=(str,),
        first=first,
        after=after,
        fetch=fetched,
        count=count,
        key=lambda row: (row.key,),
        node=node,
    )
