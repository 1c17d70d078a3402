"""GraphQL over HTTP: what a request must look like, and which media type answers it.

https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message
from typing import Any

import msgspec

from leancity.graphql.errors import RequestRefused, coded

PATH = "/graphql"
JSON = "application/json"
RESPONSE = "application/graphql-response+json"
MAX_BODY = 1_000_000  # bytes; files go to a signed URL

_OFFERED = {
    RESPONSE: RESPONSE,
    JSON: JSON,
    "application/*": RESPONSE,
    "*/*": RESPONSE,
}


class Params(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """The parameters of a well-formed request."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


def answer_type(accept: str | None) -> str | None:
    """Return the media type to answer with, None when the client takes none of ours (406)."""
    if not accept or not accept.strip():
        return RESPONSE
    best, best_quality = None, 0.0
    for part in accept.split(","):
        media_type, parameters = _media_type(part)
        offered = _OFFERED.get(media_type)
        if offered and _is_utf8(parameters) and _quality(parameters) > best_quality:  # of equals, the first listed
            best, best_quality = offered, _quality(parameters)
    return best


def read_body(content_type: str | None, body: bytes) -> Params:
    """Return the parameters of a POST.

    Only JSON is taken: a page of another site can't send it without a preflight, which is what keeps cookies from being
    used by strangers.
    """
    media_type, parameters = _media_type(content_type or "")
    if media_type != JSON or not _is_utf8(parameters):
        raise _refused("Send application/json in UTF-8", "UNSUPPORTED_MEDIA_TYPE", 415)
    if body.lstrip()[:1] == b"[":
        raise _refused("Send one operation at a time: batches are not taken", "BATCH_REFUSED", 400)
    try:
        return msgspec.json.decode(body, type=Params)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _malformed(error) from error


def read_query(query: Mapping[str, str]) -> Params:
    """Return the parameters of a GET: ``variables`` and ``extensions`` are JSON, an empty one counts as absent."""
    try:
        given: dict[str, Any] = {"query": query["query"]} if "query" in query else {}
        given["operationName"] = query.get("operationName") or None
        for name in ("variables", "extensions"):
            given[name] = msgspec.json.decode(query[name]) if query.get(name) else None
        return msgspec.convert(given, Params)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _malformed(error) from error


def _malformed(error: Exception) -> RequestRefused:
    message = str(error) if isinstance(error, msgspec.ValidationError) else "The request is not JSON"
    return _refused(message, "BAD_REQUEST", 400)


def _refused(message: str, code: str, status: int) -> RequestRefused:
    return RequestRefused([coded(message, code)], status=status)


def _media_type(header: str) -> tuple[str, Message]:
    parsed = Message()
    parsed["content-type"] = header.strip()
    name = header.partition(";")[0].strip().lower()
    return name, parsed


def _is_utf8(parameters: Message) -> bool:
    return str(parameters.get_param("charset", "utf-8")).lower() in {"utf-8", "utf8"}


def _quality(parameters: Message) -> float:
    try:
        return float(str(parameters.get_param("q", "1")))
    except ValueError:
        return 0.0
