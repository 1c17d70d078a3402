"""The one route of Open311: everything below it is answered in the format that was asked for, errors too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from litestar import Request, Response, route
from litestar.exceptions import HTTPException, NotFoundException

from leancity.core.cases.checks import keepable
from leancity.core.errors import Forbidden, NotSignedIn, Refused, refuse
from leancity.core.idempotency.once import HEADER, REPLAYED
from leancity.core.identity.attempts import Locked
from leancity.core.identity.principal import acting_as, current_principal
from leancity.modules.city_problems import service
from leancity.modules.city_problems.open311 import errors, keys, updates
from leancity.modules.city_problems.open311.arguments import Arguments, read
from leancity.modules.city_problems.open311.discovery import discovery
from leancity.modules.city_problems.open311.document import FORMATS, XML, Document, Format
from leancity.modules.city_problems.open311.filing import file
from leancity.modules.city_problems.open311.once import once
from leancity.modules.city_problems.open311.place import JURISDICTION, require_jurisdiction
from leancity.modules.city_problems.open311.request_document import ROOT, requests_document
from leancity.modules.city_problems.open311.requests import exists, numbered, selected
from leancity.modules.city_problems.open311.selection import numbers_of, selection_of
from leancity.modules.city_problems.open311.services import definition, services

LARGEST_BODY = 512 * 1024  # bytes of a form

Asked = Request[Any, Any, Any]


@dataclass(frozen=True, kw_only=True)
class Call:
    """What is asked for: ``name`` is what stands behind the resource in the path."""

    arguments: Arguments
    name: str = ""
    key: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Awaitable[Document]]


@route("/open311/{rest:path}", http_method=["GET", "POST"], request_max_body_size=LARGEST_BODY)
async def open311(request: Asked, rest: str) -> Response[bytes]:
    """Answer discovery and GeoReport v2, as XML or JSON by the extension of the path."""
    if not (await service.settings()).is_open311_on:
        raise NotFoundException
    stem, _, extension = keepable(rest).strip("/").rpartition(".")
    format_ = FORMATS.get(extension, XML)
    headers: dict[str, str] = {}
    try:
        if extension not in FORMATS:
            raise refuse("city_problems.open311_format_unknown", formats=", ".join(FORMATS))
        status, document = 200, await _answer(request, stem, headers)
    except Refused as refused:
        status, document = _refusal(refused)
    except (Forbidden, NotSignedIn):
        status, document = _refusal(refuse("city_problems.open311_key_lacking", keys.ARGUMENT))
    except Locked as locked:
        headers["Retry-After"] = str(60 * locked.minutes)
        status, document = _refusal(refuse("too_many_requests", minutes=locked.minutes))
    return _written(status, document, format_, headers)


async def _answer(request: Asked, stem: str, headers: dict[str, str]) -> Document:
    handlers, name = _resource(stem)
    if request.method not in handlers:
        headers["Allow"] = ", ".join(handlers)
        raise refuse("city_problems.open311_method", methods=", ".join(handlers))
    arguments = read(request.scope["query_string"], await _body(request), request.headers.get("content-type", ""))
    with acting_as(await keys.caller(arguments.one(keys.ARGUMENT))):
        await require_jurisdiction(arguments.one(JURISDICTION))
        call = Call(arguments=arguments, name=name, key=request.headers.get(HEADER), headers=headers)
        return await handlers[request.method](call)


async def _body(request: Asked) -> bytes:
    if request.method == "GET":
        return b""
    try:
        return await request.body()
    except HTTPException as error:
        if error.status_code != 413:
            raise
        raise refuse("city_problems.open311_body_large", limit=LARGEST_BODY // 1024) from None


def _resource(stem: str) -> tuple[Mapping[str, Handler], str]:
    """Return what a path leads to, by method, and the name in it; refuse a path that leads nowhere."""
    if stem in _RESOURCES:
        return _RESOURCES[stem], ""
    version, _, rest = stem.partition("/")
    collection, _, name = rest.partition("/")
    handlers = _MEMBERS.get(f"{version}/{collection}")
    if handlers is None or not name:
        raise refuse("not_found")
    return handlers, name


def _refusal(refused: Refused) -> tuple[int, Document]:
    problems = refused.problems
    return errors.status_of(problems), errors.document_of(problems, current_principal().locale)


def _written(status: int, document: Document, format_: Format, headers: dict[str, str]) -> Response[bytes]:
    return Response(
        format_.write(document), status_code=status, headers={**headers, "Content-Type": format_.content_type}
    )


async def _discovery(call: Call) -> Document:
    return await discovery()


async def _services(call: Call) -> Document:
    return await services()


async def _definition(call: Call) -> Document:
    return await definition(call.name)


async def _requests(call: Call) -> Document:
    numbers = numbers_of(call.arguments)
    found = await numbered(numbers) if numbers else await selected(await selection_of(call.arguments))
    return await requests_document(found, is_extended=call.arguments.is_on("extensions"))


async def _request(call: Call) -> Document:
    found = await numbered([call.name])
    if not found:
        raise refuse("not_found", "service_request_id")
    return await requests_document(found, is_extended=call.arguments.is_on("extensions"))


async def _file(call: Call) -> Document:
    keys.require_key()
    await keys.count_filing()
    content, is_repeated = await once(call.key, call.arguments, lambda: file(call.arguments))
    if is_repeated:
        call.headers[REPLAYED] = "true"
    return Document(root=ROOT, content=content)


async def _token(call: Call) -> Document:
    """Answer for a number: reports get theirs at once, so that it is its own token."""
    if not await exists(call.name):
        raise refuse("not_found", "token")
    return Document(root=ROOT, content=[{"service_request_id": call.name, "token": call.name}])


async def _updates(call: Call) -> Document:
    return await updates.updates(call.arguments)


_RESOURCES: Mapping[str, Mapping[str, Handler]] = {
    "discovery": {"GET": _discovery},
    "v2/requests": {"GET": _requests, "POST": _file},
    "v2/servicerequestupdates": {"GET": _updates},
    "v2/services": {"GET": _services},
}
_MEMBERS: Mapping[str, Mapping[str, Handler]] = {
    "v2/requests": {"GET": _request},
    "v2/services": {"GET": _definition},
    "v2/tokens": {"GET": _token},
}
