"""A mutation with an ``Idempotency-Key``: sent twice, done once, answered twice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
from graphql import DocumentNode, FieldNode, OperationType, get_operation_ast

from leancity.core.errors import Refused
from leancity.core.http.cookies import sets_cookies
from leancity.core.i18n.catalogue import text
from leancity.core.idempotency import once as keyed
from leancity.core.identity.principal import current_principal
from leancity.graphql.errors import RequestRefused, coded, refusal_errors
from leancity.graphql.http import Params


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
    what = [params.query, params.variables or {}, params.operation_name or ""]
    try:
        done = await keyed.once(header, what, run, kept=_kept)
    except Refused as refusal:
        raise RequestRefused(refusal_errors(refusal), status=422) from refusal
    return _again(done) if isinstance(done, keyed.Earlier) else Once(content=done)


def _kept(content: dict[str, Any]) -> str | None:
    return None if sets_cookies() else msgspec.json.encode(content).decode()


def _again(done: keyed.Earlier) -> Once:
    if done.answer:
        return Once(content=msgspec.json.decode(done.answer), is_replayed=True)
    message = text("request_done", current_principal().locale)
    return Once(content={"data": None, "errors": [coded(message, "REQUEST_DONE")]}, is_replayed=True)
