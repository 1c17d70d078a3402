"""One socket, from its handshake to its close."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import structlog
from litestar.types import Receive, Send

from leancity.core.audit.writing import AWAY
from leancity.core.config import Config
from leancity.graphql.cache import SchemaCache
from leancity.graphql.socket.bound import Bound, apart
from leancity.graphql.socket.looks import Looks
from leancity.graphql.socket.operations import Operations
from leancity.graphql.socket.protocol import (
    FAILED,
    FORBIDDEN,
    INIT_TIMEOUT,
    NOT_ACCEPTABLE,
    PROTOCOL,
    SILENT,
    TOO_BIG,
    TOO_MANY_INITS,
    TRY_LATER,
    UNAUTHORIZED,
    Close,
    Closing,
    Complete,
    Incoming,
    Init,
    Payload,
    Ping,
    Pong,
    Subscribe,
    ack,
    invalid,
    ping,
    pong,
    read,
)
from leancity.graphql.socket.registry import Registry
from leancity.graphql.socket.terms import Terms

_log = structlog.get_logger("leancity.graphql")


class Session:
    """A socket. ``bound`` is what it hangs on; ``checked`` the monotonic moment at which that was last seen to hold."""

    def __init__(
        self,
        receive: Receive,
        send: Send,
        bound: Bound,
        *,
        registry: Registry,
        looks: Looks,
        schemas: SchemaCache,
        config: Config,
        terms: Terms,
    ) -> None:
        self.bound = bound
        self.checked = time.monotonic()
        self._receive = receive
        self._transport = send
        self._registry = registry
        self._looks = looks
        self._terms = terms
        self._operations = Operations(schemas, config, terms, looks, self._send, self.close)
        self._end: asyncio.Future[Close | None] = asyncio.get_running_loop().create_future()
        self._gone = asyncio.Event()
        self._has_init = False
        self._is_ready = asyncio.Event()
        self._heard = self._pinged = time.monotonic()

    async def serve(self, subprotocols: Sequence[str]) -> None:
        """Accept the socket and return when it is closed."""
        self._registry.add(self)
        try:
            is_ours = PROTOCOL in subprotocols
            accept: Any = {"type": "websocket.accept", "subprotocol": PROTOCOL if is_ours else None, "headers": []}
            await self._transport(accept)
            end = await self._served() if is_ours else NOT_ACCEPTABLE
            if end is not None:
                with suppress(TimeoutError):  # of a client that reads nothing any more; the server drops it then
                    async with asyncio.timeout(self._terms.goodbye):
                        await self._transport(end.message())
        finally:
            self.close(None)
            self._registry.discard(self)
            self._gone.set()

    def close(self, close: Close | None) -> None:
        """End the socket, with ``close`` or because its other side has left. The first reason counts."""
        if not self._end.done():
            self._end.set_result(close)

    async def closed(self) -> None:
        """Wait until nothing of the socket is left."""
        await self._gone.wait()

    async def _served(self) -> Close | None:
        tasks = [apart(self._guarded(part)) for part in (self._read, self._await_init, self._keep_alive)]
        try:
            return await self._end
        finally:
            self._operations.drop_all()
            for task in tasks:
                task.cancel()

    async def _guarded(self, part: Callable[[], Awaitable[None]]) -> None:
        try:
            await part()
        except Closing as closing:
            self.close(closing.close)
        except AWAY as error:
            _log.error("the database is away", exc_info=error)
            self.close(TRY_LATER)
        except Exception as error:
            _log.error("unforeseen", exc_info=error)
            self.close(FAILED)

    async def _read(self) -> None:
        while True:
            message: Any = await self._receive()
            if message["type"] == "websocket.disconnect":
                self.close(None)
                return
            self._heard = time.monotonic()
            text = message.get("text")
            if text is None:
                raise Closing(invalid("Messages are texts"))
            if len(text.encode()) > self._terms.message_bytes:
                raise Closing(TOO_BIG)
            await self._take(read(text))

    async def _take(self, message: Incoming) -> None:
        match message:
            case Init(payload=payload):
                if self._has_init:
                    raise Closing(TOO_MANY_INITS)
                self._has_init = True
                await self._initialise(payload or {})
            case Ping(payload=payload):
                await self._send(pong(payload))
            case Pong():
                pass
            case Subscribe(id=id_, payload=params):
                if not self._is_ready.is_set():
                    raise Closing(UNAUTHORIZED)
                await self._operations.begin(id_, params, self.bound)
            case Complete(id=id_):
                self._operations.complete(id_)

    async def _initialise(self, payload: Payload) -> None:
        """Sign in with the payload's token, where it brings one: a page can't put a header on a handshake."""
        if "authorization" in payload:
            scheme, _, secret = str(payload["authorization"]).partition(" ")
            if scheme.lower() != "bearer":
                raise Closing(FORBIDDEN)
            self.bound = await self.bound.signed_in(secret.strip())
            if not self._registry.has_room(self.bound, besides=self):
                raise Closing(TRY_LATER)
        else:
            async with self.bound.entered(self._looks.of, is_used=True):
                pass
        self._is_ready.set()
        await self._send(ack())

    async def _await_init(self) -> None:
        try:
            async with asyncio.timeout(self._terms.init):
                await self._is_ready.wait()
        except TimeoutError as error:
            raise Closing(INIT_TIMEOUT) from error

    async def _keep_alive(self) -> None:
        """Ping, so that no proxy takes the socket for idle; close one that has not been heard of since the last."""
        while True:
            await asyncio.sleep(self._terms.keep_alive)
            if self._heard < self._pinged:
                raise Closing(SILENT)
            self._pinged = time.monotonic()
            await self._send(ping())

    async def _send(self, message: dict[str, Any]) -> None:
        if not self._end.done():
            sent: Any = {"type": "websocket.send", "text": msgspec.json.encode(message).decode()}
            await self._transport(sent)
