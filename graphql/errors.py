"""Errors of an operation as a client may see them: stable codes, texts in its language, nothing of our inside."""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from graphql import GraphQLError

from leancity.core.errors import Forbidden, NotSignedIn, Refused
from leancity.core.i18n.catalogue import text
from leancity.core.identity.principal import current_principal
from leancity.core.log import current_request_id
from leancity.core.plugins.gate import ModuleClosed
from leancity.graphql.api.mutations import user_error

_log = structlog.get_logger("leancity.graphql")


class RequestRefused(Exception):
    """The operation is not executed. ``status`` is the HTTP status where it is not the media type's usual one."""

    def __init__(self, errors: list[dict[str, Any]], *, status: int | None = None) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors
        self.status = status


def coded(message: str, code: str, **extensions: Any) -> dict[str, Any]:
    """Return an error as it is answered: ``{message, extensions: {code, …}}``."""
    return {"message": message, "extensions": {"code": code, **extensions}}


def request_error(error: GraphQLError, code: str) -> dict[str, Any]:
    """Return an error of the document or of its variables. Its text is graphql-core's, for the client's author."""
    answer = coded(error.message, str((error.extensions or {}).get("code", code)))
    if error.locations:
        answer["locations"] = [location.formatted for location in error.locations]
    return answer


def refusal_errors(refusal: Refused) -> list[dict[str, Any]]:
    """Return a refusal outside a mutation's payload: an error a problem, the code in capitals."""
    errors: list[dict[str, Any]] = []
    for problem in refusal.problems:
        error = user_error(problem)
        field = {"field": error.field} if error.field else {}
        errors.append(coded(error.message, error.code.upper(), **field))
    return errors


def field_errors(error: GraphQLError) -> list[dict[str, Any]]:
    """Return the answer's errors for one that a resolver raised; log what is not meant for the client."""
    place: dict[str, Any] = {"path": error.path} if error.path else {}
    if error.locations:
        place["locations"] = [location.formatted for location in error.locations]
    return [{**answer, **place} for answer in _explained(error)]


def _explained(error: GraphQLError) -> list[dict[str, Any]]:
    locale = current_principal().locale
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if cause is None:  # graphql-core's own word on an argument
        return [coded(error.message, str((error.extensions or {}).get("code", "BAD_USER_INPUT")))]
    if isinstance(cause, Refused):
        return refusal_errors(cause)
    if isinstance(cause, NotSignedIn):
        return [coded(text("not_signed_in", locale), "NOT_SIGNED_IN")]
    if isinstance(cause, Forbidden):
        return [coded(text("forbidden", locale), "FORBIDDEN", permission=cause.permission)]
    if isinstance(cause, ModuleClosed):
        return [coded(text("not_found", locale), "NOT_FOUND")]
    request_id = current_request_id() or secrets.token_hex(16)
    _log.error("graphql_field_failed", path=error.path, request_id=request_id, exc_info=cause)
    return [coded(text("internal", locale, {"request_id": request_id}), "INTERNAL", requestId=request_id)]
