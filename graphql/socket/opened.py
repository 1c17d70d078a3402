"""What of a socket others see."""

from __future__ import annotations

from typing import Protocol

from leancity.graphql.socket.bound import Bound
from leancity.graphql.socket.protocol import Close


class Open(Protocol):
    """An open socket. ``checked``: when ``bound`` was last seen to hold, in monotonic seconds."""

    bound: Bound
    checked: float

    def close(self, close: Close | None) -> None:
        """End the socket; the first reason counts."""

    async def closed(self) -> None:
        """Wait until nothing of the socket is left."""
