"""An endpoint in this process, behind the real door, with a module of subscriptions; and sockets to it.

The web process has only the modules that are installed, and the terms of the product.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import strawberry
from litestar import Litestar
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Close

from leancity.core.config import Config
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.http.door import Door
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit
from leancity.core.plugins.manager import installed_modules
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.socket import PROTOCOL, Socket
from leancity.graphql.api import Context, Payload, field, loader, mutation, subscription
from leancity.graphql.cache import SchemaCache
from leancity.graphql.socket.handler import graphql_socket
from leancity.graphql.socket.terms import Terms

READ, AUDIT = "city_ticks.tick.read", "city_ticks.tick.audit"
SOURCES: list[str] = []
"""What is running of the subscriptions' sources."""
MUTATED: list[str] = []
LOADED: list[int] = []


async def doubled(numbers: list[int]) -> list[int]:
    LOADED.append(len(numbers))
    return [number * 2 for number in numbers]


@strawberry.type
class CityTicksTick:
    number: int

    @field(public="test")
    async def units(self) -> int:
        async with tenant_tx():
            return int(await OrgUnit.count())

    @field(public="test")
    async def double(self, info: strawberry.Info[Context, None]) -> int:
        return await loader(info, "city_ticks.double", doubled).load(self.number)

    @field(public="test")
    async def who(self) -> str:
        return current_principal().name

    @field(permission=AUDIT)
    async def secret(self) -> str:
        return "a secret"


@strawberry.type
class CityTicksQuery:
    @field(public="test")
    async def wait(self, seconds: float) -> bool:
        await asyncio.sleep(seconds)
        return True


@strawberry.type
class CityTicksPayload(Payload):
    done: bool = True


@strawberry.type
class CityTicksMutation:
    @mutation(public="test")
    async def city_ticks_wait(self, seconds: float) -> CityTicksPayload:
        MUTATED.append("begun")
        await asyncio.sleep(seconds)
        MUTATED.append("done")
        return CityTicksPayload()


@strawberry.type
class CityTicksSubscription:
    @subscription(permission=READ, description="Numbers, from 0.")
    async def city_ticks(self, until: int = 1_000_000, every: float = 0.05) -> AsyncGenerator[CityTicksTick, None]:
        SOURCES.append("running")
        try:
            for number in range(until):
                yield CityTicksTick(number=number)
                await asyncio.sleep(every)
        finally:
            SOURCES.remove("running")

    @subscription(public="test")
    async def city_ticks_broken(self, refused: bool = False) -> AsyncGenerator[CityTicksTick, None]:
        yield CityTicksTick(number=0)
        if refused:
            raise refuse("not_found")
        raise RuntimeError("password=hunter2")


class Line:
    """The client's end of an ASGI connection."""

    def __init__(self) -> None:
        self.to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.to_client: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def hear(self) -> Any:
        """Return the next event, as the server does to an application."""
        return await self.to_app.get()

    async def tell(self, message: Any) -> None:
        """Take an event of the application."""
        await self.to_client.put(message)

    async def send(self, text: str) -> None:
        await self.to_app.put({"type": "websocket.receive", "text": text})

    async def recv(self) -> str:
        message = await self.to_client.get()
        if message["type"] == "websocket.close":
            await self.to_client.put(message)  # for whoever asks again
            raise ConnectionClosedError(Close(message["code"], message["reason"]), None)
        assert message["type"] == "websocket.send", message
        return str(message["text"])


class Endpoint:
    """``/graphql`` of all cities, in this event loop."""

    def __init__(self, terms: Terms | None = None) -> None:
        config = Config()
        handler = graphql_socket(SchemaCache(installed_modules()), config, terms or Terms())
        self.app = Door(Litestar([handler], openapi_config=None), config)

    @asynccontextmanager
    async def socket(
        self,
        city: City,
        as_: TestUser | None = None,
        *,
        headers: dict[str, str] | None = None,
        initialised: bool = True,
    ) -> AsyncIterator[Socket]:
        sent = {"Host": city.host, "Origin": f"http://{city.host}", **(headers or {})}
        if as_ is not None:
            sent["Authorization"] = f"Bearer {as_.token}"
        line = Line()
        scope: Any = {
            "type": "websocket",
            "path": "/graphql",
            "raw_path": b"/graphql",
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in sent.items()],
            "client": ("127.0.0.1", 1),
            "subprotocols": [PROTOCOL],
            "state": {},
        }
        await line.to_app.put({"type": "websocket.connect"})
        served = asyncio.create_task(self.app(scope, line.hear, line.tell))
        try:
            accepted = await asyncio.wait_for(line.to_client.get(), 10)
            assert accepted["type"] == "websocket.accept", accepted
            socket = Socket(cast("ClientConnection", line))  # it sends and receives, no more
            if initialised:
                await socket.initialise()
            yield socket
        finally:
            await line.to_app.put({"type": "websocket.disconnect", "code": 1000})
            await asyncio.wait_for(served, 10)
