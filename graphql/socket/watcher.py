"""Looks every second whether what each socket hangs on still holds, and closes those for which it does not.

Per city one look at the directory and one question for all its credentials, however many sockets hang on them.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable

import structlog

from leancity.core.audit.writing import AWAY
from leancity.graphql.socket.bound import Bound
from leancity.graphql.socket.looks import seen
from leancity.graphql.socket.opened import Open
from leancity.graphql.socket.protocol import FORBIDDEN, TRY_LATER
from leancity.graphql.socket.terms import Terms

AT_ONCE = 2  # connections that looking takes from the pool
_log = structlog.get_logger("leancity.graphql")


async def watch(opened: Callable[[], Iterable[Open]], terms: Terms) -> None:
    """Watch the sockets that are open, for ever."""
    await asyncio.gather(_look_at_all(opened, terms), _close_unseen(opened, terms))


async def _look_at_all(opened: Callable[[], Iterable[Open]], terms: Terms) -> None:
    places = asyncio.Semaphore(AT_ONCE)
    while True:
        await asyncio.sleep(terms.watch)
        cities: dict[int, list[tuple[Open, Bound]]] = defaultdict(list)
        for socket in opened():
            cities[socket.bound.tenant_id].append((socket, socket.bound))
        looks = [_look(places, tenant_id, sockets, terms.blind) for tenant_id, sockets in cities.items()]
        await asyncio.gather(*looks)


async def _close_unseen(opened: Callable[[], Iterable[Open]], terms: Terms) -> None:
    """Close what nobody could look at: whether it still may be open is then unknown."""
    while True:
        await asyncio.sleep(terms.watch)
        for socket in opened():
            if time.monotonic() - socket.checked > terms.blind:
                socket.close(TRY_LATER)


async def _look(places: asyncio.Semaphore, tenant_id: int, sockets: list[tuple[Open, Bound]], patience: float) -> None:
    try:
        async with places, asyncio.timeout(patience):
            await _compare(tenant_id, sockets)
    except AWAY as error:
        _log.warning("sockets can't be looked at", exc_info=error)
    except Exception as error:  # one city's trouble leaves the others watched
        _log.error("unforeseen", exc_info=error)


async def _compare(tenant_id: int, sockets: list[tuple[Open, Bound]]) -> None:
    begun = time.monotonic()
    ids = {bound.credential_id for _, bound in sockets if bound.credential_id is not None}
    tenant, found = await seen(tenant_id, "", ids)
    for socket, bound in sockets:
        principal = bound.credential_id and found.get(bound.credential_id)
        if bound.holds_for(tenant) and bound.holds_with(principal or None):
            socket.checked = begun
        else:
            socket.close(FORBIDDEN)
