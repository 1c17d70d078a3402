"""What people typed, checked field by field; several mistakes are told at once."""

from __future__ import annotations

import re
from collections.abc import Collection

from leancity.core.errors import Problem, Refused, refuse

SHORT = 200
"""Characters of a title or a name."""
LONG = 20_000
"""Characters of a text, a comment, a note."""


# Zero bytes and lone halves of surrogate pairs: JSON lets both through, PostgreSQL keeps neither.
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")


class Checks:
    """Collects what is wrong; ``done`` raises ``Refused`` with all of it."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def text(self, field: str, value: str, *, limit: int, required: bool = False) -> str:
        """Return ``value`` without surrounding blanks and without what no text may hold."""
        value = keepable(value).strip()
        if required and not value:
            self.wrong("required", field)
        if len(value) > limit:
            self.wrong("too_long", field, limit=limit)
        return value

    def wrong(self, code: str, field: str, **params: object) -> None:
        self.problems.append(Problem(code=code, field=field, params=params))

    def done(self) -> None:
        if self.problems:
            raise Refused(*self.problems)


def keepable(text: str) -> str:
    """Return ``text`` without what no text may hold; asking PostgreSQL for such a text is an error too."""
    return _UNKEEPABLE.sub("", text)


def one_text(field: str, value: str, *, limit: int, required: bool = False) -> str:
    """Return a checked text; raise ``Refused`` at once."""
    checks = Checks()
    value = checks.text(field, value, limit=limit, required=required)
    checks.done()
    return value


def one_of(field: str, value: str, choices: Collection[str]) -> None:
    """Raise ``Refused`` when ``value`` is none of ``choices``."""
    if value not in choices:
        raise refuse("case_choice_unknown", field, choices=", ".join(choices))
