"""Errors as Open311 has them: a list of code and description in the format asked for, and the status of HTTP.

The standard: 404 for what does not exist, 403 for keys, 400 for everything else. What HTTP itself says of a request (a
method that there is not, a body too large, too many of them) keeps HTTP's own status.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from leancity.core.errors import Problem, Refused
from leancity.core.i18n.catalogue import describe
from leancity.modules.city_problems.open311.document import Document

BAD = 400
_STATUSES = {
    "city_problems.category_unknown": 404,
    "city_problems.open311_jurisdiction_unknown": 404,
    "city_problems.open311_key_invalid": 403,
    "city_problems.open311_key_lacking": 403,
    "city_problems.open311_key_missing": 403,
    "city_problems.open311_body_large": 413,
    "city_problems.open311_method": 405,
    "not_found": 404,
    "too_many_requests": 429,
}
_ARGUMENTS = {
    "category": "service_code",
    "text": "description",
    "point": "lat",
    "address": "address_string",
    "answers": "attribute",
    "photos": "media_url",
    "reporter_name": "first_name",
    "reporter_phone": "phone",
    "reporter_email": "email",
}
"""How a client calls the fields of a report."""
_ANSWERS = "answers."


def status_of(problems: Iterable[Problem]) -> int:
    """Return the one status of an answer with these problems: what they agree on, 403 before all, else 400."""
    statuses = {_status(problem) for problem in problems}
    if 403 in statuses:
        return 403
    return statuses.pop() if len(statuses) == 1 else BAD


def document_of(problems: Iterable[Problem], locale: str) -> Document:
    """Return the errors in the reader's language, each behind the name of the argument at fault."""
    return Document(
        root="errors",
        content=[{"code": _status(problem), "description": _described(problem, locale)} for problem in problems],
    )


def in_arguments(refused: Refused) -> Refused:
    """Return what a service refused, its fields called as a client of Open311 calls them."""
    return Refused(*[replace(problem, field=_argument(problem.field)) for problem in refused.problems])


def _status(problem: Problem) -> int:
    return _STATUSES.get(problem.code, BAD)


def _described(problem: Problem, locale: str) -> str:
    told = describe(problem, locale)
    return f"{problem.field}: {told}" if problem.field else told


def _argument(field: str | None) -> str | None:
    if field is not None and field.startswith(_ANSWERS):
        return f"attribute[{field.removeprefix(_ANSWERS)}]"
    return _ARGUMENTS.get(field, field) if field else field
