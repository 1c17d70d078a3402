"""The open sockets of this process."""

from __future__ import annotations

import asyncio

from leancity.core.http.client import network_of
from leancity.graphql.socket.bound import Bound, apart
from leancity.graphql.socket.opened import Open
from leancity.graphql.socket.protocol import RESTART
from leancity.graphql.socket.terms import Terms
from leancity.graphql.socket.watcher import watch


class Registry:
    """Counts the sockets, and has them watched as long as there are any."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._open: set[Open] = set()
        self._watcher: asyncio.Task[None] | None = None

    def all(self) -> list[Open]:
        return list(self._open)

    def has_room(self, bound: Bound, *, besides: Open | None = None) -> bool:
        """Tell whether one more socket may be open for a credential, for a stranger from its address."""
        others = self._open - {besides}
        alike = sum(_counted(other.bound) == _counted(bound) for other in others)
        terms = self._terms
        most = terms.sockets_of_stranger if bound.credential_id is None else terms.sockets_of_credential
        return len(others) < terms.sockets and alike < most

    def add(self, socket: Open) -> None:
        self._open.add(socket)
        if self._watcher is None or self._watcher.done():
            self._watcher = apart(watch(self.all, self._terms))

    def discard(self, socket: Open) -> None:
        self._open.discard(socket)
        if not self._open and self._watcher is not None:
            self._watcher.cancel()
            self._watcher = None

    async def close_all(self) -> None:
        """Close every socket with 1012 and wait until they are gone, or for as long as a goodbye takes."""
        going = self.all()
        for socket in going:
            socket.close(RESTART)
        if going:
            tasks = [asyncio.create_task(socket.closed()) for socket in going]
            await asyncio.wait(tasks, timeout=self._terms.goodbye)


def _counted(bound: Bound) -> object:
    return bound.credential_id or network_of(bound.client.address)
