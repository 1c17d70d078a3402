"""The messages of ``graphql-transport-ws``.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

import msgspec

from leancity.graphql.http import Params

PROTOCOL = "graphql-transport-ws"
_LONGEST_REASON = 123  # bytes, of a close frame

Id: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Payload: TypeAlias = dict[str, Any]


class Init(msgspec.Struct, tag="connection_init", frozen=True):
    payload: Payload | None = None


class Ping(msgspec.Struct, tag="ping", frozen=True):
    payload: Payload | None = None


class Pong(msgspec.Struct, tag="pong", frozen=True):
    payload: Payload | None = None


class Subscribe(msgspec.Struct, tag="subscribe", frozen=True):
    """Asks for an operation of any kind."""

    id: Id
    payload: Params


class Complete(msgspec.Struct, tag="complete", frozen=True):
    id: Id


Incoming: TypeAlias = Init | Ping | Pong | Subscribe | Complete
_incoming: msgspec.json.Decoder[Incoming] = msgspec.json.Decoder(Incoming)


@dataclass(frozen=True, kw_only=True)
class Close:
    """How a socket ends."""

    code: int
    reason: str

    def message(self) -> Any:
        """Return the message of ASGI; a reason that is too long for the wire is cut."""
        reason = self.reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
        return {"type": "websocket.close", "code": self.code, "reason": reason}


RESTART = Close(code=1012, reason="The server restarts")
TOO_BIG = Close(code=1009, reason="The message is too big")
TRY_LATER = Close(code=1013, reason="Try again later")
UNAUTHORIZED = Close(code=4401, reason="Unauthorized")
FORBIDDEN = Close(code=4403, reason="Forbidden")
NOT_ACCEPTABLE = Close(code=4406, reason="Subprotocol not acceptable")
INIT_TIMEOUT = Close(code=4408, reason="Connection initialisation timeout")
TOO_MANY_INITS = Close(code=4429, reason="Too many initialisation requests")
SILENT = Close(code=4499, reason="No answer to a ping")
FAILED = Close(code=4500, reason="Internal server error")


def invalid(why: str) -> Close:
    return Close(code=4400, reason=why)


def duplicate(id_: str) -> Close:
    return Close(code=4409, reason=f"Subscriber for {id_} already exists")


class Closing(Exception):
    """The socket has to be closed."""

    def __init__(self, close: Close) -> None:
        super().__init__(close.reason)
        self.close = close


def read(text: str) -> Incoming:
    """Return the message; raise ``Closing`` (4400) for what is none."""
    try:
        return _incoming.decode(text)
    except (msgspec.MsgspecError, UnicodeError) as error:
        why = str(error) if isinstance(error, msgspec.ValidationError) else "The message is not JSON"
        raise Closing(invalid(why)) from error


def ack() -> dict[str, Any]:
    return {"type": "connection_ack"}


def ping() -> dict[str, Any]:
    return {"type": "ping"}


def pong(payload: Payload | None) -> dict[str, Any]:
    return {"type": "pong"} if payload is None else {"type": "pong", "payload": payload}


def next_(id_: str, result: dict[str, Any]) -> dict[str, Any]:
    return {"id": id_, "type": "next", "payload": result}


def error(id_: str, errors: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the message that ends an operation which can't be executed, or be executed any further."""
    return {"id": id_, "type": "error", "payload": errors}


def complete(id_: str) -> dict[str, Any]:
    return {"id": id_, "type": "complete"}
