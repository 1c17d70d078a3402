"""Answers to a WebSocket's handshake, for those who know HTTP only."""

from __future__ import annotations

from litestar.enums import ScopeType
from litestar.types import Message, Scope, Send

FAILED = 1011  # the protocol's code for a server's error


def answering_handshake(scope: Scope, send: Send) -> Send:
    """Return ``send`` that makes an HTTP answer on a WebSocket's scope one to its handshake.

    Servers without the extension for it say 403 whatever the answer; a socket that is open by then is closed.
    """
    if scope["type"] != ScopeType.WEBSOCKET:
        return send
    can_answer = "websocket.http.response" in (scope.get("extensions") or {})
    is_open = False

    async def sending(message: Message) -> None:
        nonlocal is_open
        if message["type"] == "websocket.accept":
            is_open = True
        if not message["type"].startswith("http.response."):
            await send(message)
        elif can_answer and not is_open:
            await send({**message, "type": f"websocket.{message['type']}"})  # type: ignore[arg-type]
        elif message["type"] == "http.response.start":
            await send({"type": "websocket.close", "code": FAILED, "reason": ""})

    return sending
