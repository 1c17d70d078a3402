"""Errors over HTTP: RFC 9457 problem+json with the title in the reader's language."""

from __future__ import annotations

import json
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.types import Send

from leancity.core.errors import Forbidden, NotSignedIn, Refused
from leancity.core.i18n.catalogue import describe, text
from leancity.core.identity.principal import current_principal
from leancity.core.log import current_request_id
from leancity.core.plugins.gate import ModuleClosed

PROBLEM = "application/problem+json"
log = structlog.get_logger()


def problem(status: int, code: str, locale: str, **more: Any) -> dict[str, Any]:
    """Return the body of a problem; ``code`` is a key of the catalogue and stable for machines."""
    title = text(code, locale, {"request_id": current_request_id()})
    return {"status": status, "code": code, "title": title, **more}


async def send_problem(send: Send, status: int, code: str, locale: str) -> None:
    """Answer with a problem where no application has been reached yet."""
    body = json.dumps(problem(status, code, locale), ensure_ascii=False).encode()
    headers = [(b"content-type", PROBLEM.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """Turn what a handler raised into a problem; what nobody foresaw is logged and told apart by the request's id."""
    locale = current_principal().locale
    if isinstance(error, MethodNotAllowedException) and request.url.path.startswith("/m/"):
        error = (
            NotFoundException()
        )  # the router refuses a method before the gate is asked: 405 would tell of the module
    match error:
        case Refused():
            errors = [{"field": p.field, "code": p.code, "message": describe(p, locale)} for p in error.problems]
            status = 404 if all(p.code == "not_found" for p in error.problems) else 422
            body = problem(status, error.problems[0].code, locale, errors=errors)
            body["title"] = errors[0]["message"]
        case NotSignedIn():
            body = problem(401, "not_signed_in", locale)
        case Forbidden():
            body = problem(403, "forbidden", locale, permission=error.permission)
        case ModuleClosed():
            body = problem(404, "not_found", locale)
        case HTTPException():
            code = "not_found" if error.status_code == 404 else "bad_request"
            body = problem(error.status_code, code, locale, detail=error.detail)
        case _:
            log.error("unforeseen", exc_info=error)
            body = problem(500, "internal", locale)
    return Response(body, status_code=body["status"], media_type=PROBLEM)
