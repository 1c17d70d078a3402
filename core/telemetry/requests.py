"""The outermost layer of the web process: every request counted and traced, by the template of its route.

Paths are told nowhere: they carry ids, and a mailed link its secret.
"""

from __future__ import annotations

import time
from typing import Any

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from opentelemetry.trace import SpanKind

from leancity.core.telemetry.metrics import HANDSHAKES, REQUESTS, SOCKETS
from leancity.core.telemetry.spans import TRACEPARENT, span, tracer

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "none"


class Observed:
    """ASGI middleware around the door, which answers some requests itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self._request(scope, receive, send)
        elif scope["type"] == ScopeType.WEBSOCKET:
            await self._socket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _request(self, scope: Any, receive: Receive, send: Send) -> None:
        status = 500  # of what raises before it answers

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in METHODS else "other"
        begun = time.perf_counter()
        try:
            with span(
                method, kind=SpanKind.SERVER, parent=_parent(scope) if tracer() else "", http_request_method=method
            ) as opened:
                try:
                    await self.app(scope, receive, sending)
                finally:
                    route = _route(scope)
                    opened.update_name(f"{method} {route}")
                    opened.set_attribute("http.route", route)
                    opened.set_attribute("http.response.status_code", status)
        finally:
            REQUESTS.labels(method, _route(scope), f"{status // 100}xx").observe(time.perf_counter() - begun)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a socket. It lives too long for a span: its operations have spans of their own."""
        is_open = False

        async def sending(message: Message) -> None:
            nonlocal is_open
            if message["type"] == "websocket.accept" and not is_open:
                is_open = True
                SOCKETS.inc()
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            HANDSHAKES.labels("opened" if is_open else "refused").inc()
            if is_open:
                SOCKETS.dec()


def _route(scope: Any) -> str:
    return scope.get("path_template") or NO_ROUTE


def _parent(scope: Any) -> str:
    """Return the caller's W3C traceparent, "" where there is none. Its tracestate is free text, and not taken over."""
    for name, value in scope["headers"]:
        if name == b"traceparent":
            text = value.decode("latin-1")
            return text if TRACEPARENT.fullmatch(text) else ""
    return ""
