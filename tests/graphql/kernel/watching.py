"""Watching on a socket, as a screen does."""

from __future__ import annotations

import asyncio
from typing import Any

from leancity.core.db.engine import pool
from leancity.core.testing.city import City
from leancity.core.testing.socket import Socket

_WAITS = "select exists (select from announcement where tenant_id = $1)"


async def all_told(city: City) -> None:
    """Wait until what has happened so far was told, to whoever listened then."""
    async with asyncio.timeout(60):
        while await pool().fetchval(_WAITS, city.tenant.id):  # noqa: ASYNC110 - the scheduler is another process
            await asyncio.sleep(0.02)


async def message_of(socket: Socket, *, patience: float) -> dict[str, Any]:
    """Return the next message that is no ping, which clients answer."""
    while (message := await socket.receive(patience=patience))["type"] == "ping":
        await socket.send("pong")
    return message


async def is_silent(socket: Socket) -> bool:
    """Tell whether nothing comes for a while."""
    try:
        async with asyncio.timeout(0.5):
            message = await message_of(socket, patience=30)
    except TimeoutError:
        return True
    raise AssertionError(message)


async def change_of(socket: Socket, *, patience: float = 30) -> Any:
    """Return the next event's only root field."""
    message = await message_of(socket, patience=patience)
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    (change,) = message["payload"]["data"].values()
    return change


async def watching(socket: Socket, query: str, **variables: Any) -> Any:
    """Begin to watch and return the first event, with which the watching begins."""
    await socket.begin(query, variables)
    change = await change_of(socket)
    assert change["isResync"]
    return change


async def refusal(socket: Socket, query: str, **variables: Any) -> str:
    await socket.begin(query, variables)
    message = await message_of(socket, patience=30)
    assert message["type"] == "error", message
    return str(message["payload"][0]["extensions"]["code"])
