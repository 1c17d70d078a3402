"""A client of the WebSocket at ``/graphql``, as the front end is one."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PROTOCOL = "graphql-transport-ws"


class Socket:
    """An open socket. ``receive`` raises ``TimeoutError`` when nothing comes within ``patience`` seconds."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self._ids = (str(number) for number in itertools.count(1))

    async def send(self, type_: str, **more: Any) -> None:
        await self.connection.send(json.dumps({"type": type_, **more}))

    async def receive(self, *, patience: float = 10) -> dict[str, Any]:
        """Return the next message."""
        async with asyncio.timeout(patience):
            message: dict[str, Any] = json.loads(await self.connection.recv())
        return message

    async def initialise(self, payload: dict[str, Any] | None = None) -> None:
        await self.send("connection_init", **({} if payload is None else {"payload": payload}))
        answer = await self.receive()
        assert answer == {"type": "connection_ack"}, answer

    async def begin(self, query: str, variables: dict[str, Any] | None = None) -> str:
        """Ask for an operation and return its id."""
        id_ = next(self._ids)
        await self.send("subscribe", id=id_, payload={"query": query, "variables": variables})
        return id_

    async def graphql(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run a query or mutation and return the whole answer: ``data`` and ``errors``."""
        id_ = await self.begin(query, variables)
        answer = await self.receive()
        assert answer["id"] == id_, answer
        if answer["type"] == "error":
            return {"errors": answer["payload"]}
        result: dict[str, Any] = answer["payload"]
        assert await self.receive() == {"id": id_, "type": "complete"}
        return result

    async def closed(self, *, patience: float = 10) -> tuple[int, str, float]:
        """Return the code and the reason the server closes with, and the seconds until it did."""
        begun = time.monotonic()
        try:
            while True:
                await self.receive(patience=patience)
        except ConnectionClosed as closed:
            if closed.rcvd is None:
                raise AssertionError("the connection broke off") from closed
            return closed.rcvd.code, closed.rcvd.reason, time.monotonic() - begun


@asynccontextmanager
async def opened(host: str, port: int, headers: dict[str, str], subprotocol: str = PROTOCOL) -> AsyncIterator[Socket]:
    """Open a socket of the city at ``host``; a refused handshake raises websockets' ``InvalidStatus``."""
    connecting = connect(
        f"ws://{host}/graphql",
        host="127.0.0.1",
        port=port,
        subprotocols=[Subprotocol(subprotocol)],
        additional_headers=headers,
        proxy=None,
        max_size=None,
    )
    async with connecting as connection:
        yield Socket(connection)
