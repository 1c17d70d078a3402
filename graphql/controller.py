"""The endpoint ``/graphql``.

A handler of our own over ``schema.execute``, not strawberry's Litestar controller: that one has one schema a class,
answers 200 where the specification wants 4xx, and relies on dependency injection by parameter name, which Litestar 2.25
deprecates. What is left of it here is two routes.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.types import ControllerRouterHandler
from strawberry.http.ides import get_graphql_ide_html

from leancity.core.config import Config
from leancity.core.idempotency.once import HEADER, REPLAYED
from leancity.core.identity.principal import current_principal
from leancity.core.tenancy.context import current_tenant
from leancity.graphql.cache import SchemaCache
from leancity.graphql.errors import RequestRefused, coded
from leancity.graphql.execution import Caller, execute, prepare
from leancity.graphql.http import JSON, MAX_BODY, PATH, RESPONSE, Params, answer_type, read_body, read_query
from leancity.graphql.repeats import once


def graphql_handlers(schemas: SchemaCache, config: Config) -> list[ControllerRouterHandler]:
    """Return the endpoint's routes. Each request is answered by the schema of the city it is for."""

    async def answer(params: Params, media_type: str, *, may_change: bool, key: str | None = None) -> Response[bytes]:
        schema = await schemas.schema_for(current_tenant().modules)
        stranger = current_principal().user_id is None
        caller = Caller(may_explore=config.is_development or not stranger, may_change=may_change)
        document = prepare(schema, params, caller)
        done = await once(key, params, document, lambda: execute(schema, params, document))
        response = _response(done.content, media_type, 200)
        if done.is_replayed:
            response.headers[REPLAYED] = "true"
        return response

    @get(PATH, include_in_schema=False)
    async def graphql_get(request: Request[Any, Any, Any]) -> Response[bytes]:
        accept = request.headers.get("accept", "")
        query = request.query_params
        if config.is_development and "query" not in query and "text/html" in accept:
            return Response(get_graphql_ide_html().encode(), media_type="text/html; charset=utf-8")
        media_type = answer_type(accept)
        try:
            return await answer(read_query(query), _required(media_type), may_change=False)
        except RequestRefused as refusal:
            return _refusal(refusal, media_type)

    @post(PATH, status_code=200, include_in_schema=False, request_max_body_size=MAX_BODY)
    async def graphql_post(request: Request[Any, Any, Any]) -> Response[bytes]:
        media_type = answer_type(request.headers.get("accept"))
        try:
            params = read_body(request.headers.get("content-type"), await request.body())
            return await answer(params, _required(media_type), may_change=True, key=request.headers.get(HEADER))
        except RequestRefused as refusal:
            return _refusal(refusal, media_type)

    return [graphql_get, graphql_post]


def _required(media_type: str | None) -> str:
    if media_type is None:
        raise RequestRefused([coded(f"Accept {RESPONSE} or {JSON}", "NOT_ACCEPTABLE")], status=406)
    return media_type


def _refusal(refusal: RequestRefused, media_type: str | None) -> Response[bytes]:
    """Answer a refused request. As plain JSON a well-formed one is answered with 200, whatever is wrong with it."""
    usual = 200 if media_type == JSON else 400
    response = _response({"errors": refusal.errors}, media_type or JSON, refusal.status or usual)
    if refusal.status == 405:
        response.headers["Allow"] = "POST"
    return response


def _response(content: dict[str, Any], media_type: str, status: int) -> Response[bytes]:
    return Response(
        msgspec.json.encode(content),
        media_type=f"{media_type}; charset=utf-8",
        status_code=status,
        headers={"Cache-Control": "no-store", "Vary": "Accept"},
    )
