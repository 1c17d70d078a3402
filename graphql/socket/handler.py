"""The WebSocket at ``/graphql``."""

from __future__ import annotations

from typing import Any

from litestar import WebSocket, websocket
from litestar.handlers import WebsocketRouteHandler

from leancity.core.config import Config
from leancity.core.http.problems import send_problem
from leancity.graphql.cache import SchemaCache
from leancity.graphql.http import PATH
from leancity.graphql.socket.bound import Bound
from leancity.graphql.socket.looks import Looks
from leancity.graphql.socket.registry import Registry
from leancity.graphql.socket.session import Session
from leancity.graphql.socket.stopping import close_before_stopping
from leancity.graphql.socket.terms import Terms

USUAL = Terms()


def graphql_socket(schemas: SchemaCache, config: Config, terms: Terms = USUAL) -> WebsocketRouteHandler:
    """Return the route of the sockets of this process.

    The door has entered a city and a person for the handshake. They are noted, and left: a socket's work is done in
    tasks that enter them anew.
    """
    registry, looks = Registry(terms), Looks()

    @websocket(PATH)
    async def handler(socket: WebSocket[Any, Any, Any]) -> None:
        close_before_stopping(registry)
        bound = Bound.here()
        await socket.receive()  # websocket.connect
        if not registry.has_room(bound):
            await send_problem(socket.send, 503, "too_many_sockets", bound.locale)
            return
        session = Session(
            socket.receive,
            socket.send,
            bound,
            registry=registry,
            looks=looks,
            schemas=schemas,
            config=config,
            terms=terms,
        )
        await session.serve(socket.scope["subprotocols"])

    return handler
