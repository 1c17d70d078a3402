"""A report that is sent twice under one ``Idempotency-Key`` is filed once and answered twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable

import asyncpg
import structlog

from leancity.core.db.unit import carrying
from leancity.core.errors import refuse
from leancity.core.idempotency.keys import KeyedRequest, checked_key
from leancity.modules.city_problems.open311.arguments import Arguments
from leancity.modules.city_problems.open311.document import Value
from leancity.modules.city_problems.open311.keys import ARGUMENT

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_log = structlog.get_logger()


async def once(
    header: str | None, arguments: Arguments, run: Callable[[], Awaitable[list[Value]]]
) -> tuple[list[Value], bool]:
    """Return what ``run`` returns, or returned when it was asked for by this key before, and whether it was before.

    Raises ``Refused`` for a key that is none or stood for another report. The format that is asked for is no part of
    the request: a client may ask again in the other one.
    """
    if header is None:
        return await run(), False
    request = KeyedRequest.of(checked_key(header), _what(arguments))
    if not await request.is_done():
        with carrying(request):
            content = await run()
        if not request.repeated:
            if request.unit is not None:
                await _keep(request, content)
            return content, False
    answer = await request.answer()
    if not answer:
        raise refuse("request_done", HEADER)
    found: list[Value] = json.loads(answer)
    return found, True


async def _keep(request: KeyedRequest, content: list[Value]) -> None:
    try:
        await request.keep(json.dumps(content))
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:  # it was done, and is answered
        _log.warning("an answer could not be kept", exc_info=error)


def _what(arguments: Arguments) -> str:
    given = {name: [*values] for name, values in arguments.given.items() if name != ARGUMENT}
    attributes = {name: [*values] for name, values in arguments.attributes.items()}
    return hashlib.sha256(json.dumps([given, attributes], sort_keys=True).encode()).hexdigest()
