"""Doing a request with an ``Idempotency-Key`` once, by whatever door it comes.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg
import msgspec
import structlog

from leancity.core.db.unit import carrying
from leancity.core.idempotency.keys import KeyedRequest, checked_key

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
"""The header of an answer that is an earlier request's."""
_log = structlog.get_logger()

T = TypeVar("T")


@dataclass(frozen=True)
class Earlier:
    """The request was done before; ``answer`` is what was kept of it, "" where nothing was."""

    answer: str


async def once(
    header: str, what: Any, run: Callable[[], Awaitable[T]], *, kept: Callable[[T], str | None]
) -> T | Earlier:
    """Return what ``run`` returns, or that the request was done before under this key.

    ``what`` is all that the request asks for, as plain data; ``kept`` returns the text to keep of an answer, None where
    none may be. Raises ``Refused`` for a key that is none or stood for another request.
    """
    digest = hashlib.sha256(msgspec.json.encode(what, order="deterministic")).hexdigest()
    request = KeyedRequest.of(checked_key(header), digest)
    if not await request.is_done():
        with carrying(request):
            content = await run()
        if not request.repeated:
            if request.unit is not None and (answer := kept(content)) is not None:
                await _keep(request, answer)
            return content
    return Earlier(await request.answer())


async def _keep(request: KeyedRequest, answer: str) -> None:
    try:
        await request.keep(answer)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:  # it was done, and is answered
        _log.warning("an answer could not be kept", exc_info=error)
