"""One verb over many cases, each in its own transaction."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from leancity.core.errors import Forbidden, NotSignedIn, Problem, Refused, refuse
from leancity.core.log import current_request_id
from leancity.core.plugins.gate import ModuleClosed

MOST = 500
log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class BulkResult:
    """What became of one of them: no ``problems``, and it is done."""

    id: uuid.UUID
    problems: tuple[Problem, ...] = ()

    @property
    def is_ok(self) -> bool:
        return not self.problems


async def bulk(ids: Sequence[uuid.UUID], verb: Callable[[uuid.UUID], Awaitable[object]]) -> list[BulkResult]:
    """Do ``verb`` to each of at most 500 ids, in order and each once; what fails does not stop the rest.

    Call it outside any unit of work, for the verb opens one of its own each time:
    ``await bulk(ids, lambda id: move(id, "close", outcome="fixed"))``.
    """
    if len(ids) > MOST:
        raise refuse("case_bulk_too_many", "ids", limit=MOST)
    return [BulkResult(id=one, problems=await _problems(one, verb)) for one in dict.fromkeys(ids)]


async def _problems(one: uuid.UUID, verb: Callable[[uuid.UUID], Awaitable[object]]) -> tuple[Problem, ...]:
    try:
        await verb(one)
    except Refused as refused:
        return refused.problems
    except Forbidden:
        return (Problem(code="forbidden"),)
    except NotSignedIn:
        return (Problem(code="not_signed_in"),)
    except ModuleClosed:
        return (Problem(code="not_found"),)
    except Exception as error:  # one broken case must not take the others along; its transaction is rolled back
        log.error("a bulk action failed", case=str(one), exc_info=error)
        return (Problem(code="internal", params={"request_id": current_request_id()}),)
    return ()
