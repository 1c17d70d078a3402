"""A report that is sent twice under one ``Idempotency-Key`` is filed once and answered twice."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable

from leancity.core.errors import refuse
from leancity.core.idempotency import once as keyed
from leancity.modules.city_problems.open311.arguments import Arguments
from leancity.modules.city_problems.open311.document import Value
from leancity.modules.city_problems.open311.keys import ARGUMENT


async def once(
    header: str | None, arguments: Arguments, run: Callable[[], Awaitable[list[Value]]]
) -> tuple[list[Value], bool]:
    """Return what ``run`` returns, or returned when it was asked for by this key before, and whether it was before.

    Raises ``Refused`` for a key that is none or stood for another report. The format that is asked for is no part of
    the request: a client may ask again in the other one.
    """
    if header is None:
        return await run(), False
    given = {name: [*values] for name, values in arguments.given.items() if name != ARGUMENT}
    attributes = {name: [*values] for name, values in arguments.attributes.items()}
    done = await keyed.once(header, [given, attributes], run, kept=json.dumps)
    if not isinstance(done, keyed.Earlier):
        return done, False
    if not done.answer:
        raise refuse("request_done", keyed.HEADER)
    found: list[Value] = json.loads(done.answer)
    return found, True
