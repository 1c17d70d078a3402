"""A mutation with an ``Idempotency-Key``: sent twice, done once, answered twice.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec
import structlog
from graphql import DocumentNode, FieldNode, OperationType, get_operation_ast

from leancity.core.db.unit import carrying
from leancity.core.errors import Refused
from leancity.core.http.cookies import sets_cookies
from leancity.core.i18n.catalogue import text
from leancity.core.idempotency.keys import KeyedRequest, checked_key
from leancity.core.identity.principal import current_principal
from leancity.graphql.errors import RequestRefused, coded, refusal_errors
from leancity.graphql.http import Params

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_log = structlog.get_logger("leancity.graphql")


@dataclass(frozen=True, kw_only=True)
class Once:
    """An answer; ``is_replayed`` when it is that of an earlier request, which this one was not added to."""

    content: dict[str, Any]
    is_replayed: bool = False


async def once(
    header: str | None, params: Params, document: DocumentNode, run: Callable[[], Awaitable[dict[str, Any]]]
) -> Once:
    """Answer by ``run()``, or as the request with this key was answered before.

    A query needs no key and one that it has is not looked at. Raises ``RequestRefused`` for a key that is none, that
    stood for another request, and for more than one mutation under one key.
    """
    operation = get_operation_ast(document, params.operation_name or None)
    if header is None or operation is None or operation.operation is not OperationType.MUTATION:
        return Once(content=await run())
    roots = operation.selection_set.selections
    if len(roots) != 1 or not isinstance(roots[0], FieldNode):
        message = text("idempotency_key_for_one", current_principal().locale)
        raise RequestRefused([coded(message, "IDEMPOTENCY_KEY_FOR_ONE")])
    try:
        request = KeyedRequest.of(checked_key(header), _what(params))
        if not await request.is_done():
            with carrying(request):
                content = await run()
            if not request.repeated:
                if request.unit is not None and not sets_cookies():
                    await _keep(request, content)
                return Once(content=content)
        return await _again(request)
    except Refused as refusal:
        raise RequestRefused(refusal_errors(refusal), status=422) from refusal


async def _again(request: KeyedRequest) -> Once:
    answer = await request.answer()
    if answer:
        return Once(content=msgspec.json.decode(answer), is_replayed=True)
    message = text("request_done", current_principal().locale)
    return Once(content={"data": None, "errors": [coded(message, "REQUEST_DONE")]}, is_replayed=True)


async def _keep(request: KeyedRequest, content: dict[str, Any]) -> None:
    try:
        await request.keep(msgspec.json.encode(content).decode())
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:  # it was done, and is answered
        _log.warning("an answer could not be kept", exc_info=error)


def _what(params: Params) -> str:
    asked = [params.query, params.variables or {}, params.operation_name or ""]
    return hashlib.sha256(msgspec.json.encode(asked, order="deterministic")).hexdigest()
