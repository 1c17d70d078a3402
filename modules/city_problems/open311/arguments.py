"""What a client asks with: the arguments of the address and of a form, read strictly.

An argument that is empty is one that was not given, as the standard has it. Those we don't know are passed over:
clients send fields of their own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from leancity.core.errors import Problem, Refused, refuse
from leancity.core.privacy.signs import has_odd_signs

MOST = 200
"""Arguments of a request."""
FORM = "application/x-www-form-urlencoded"
REPEATED = frozenset({"media_url"})
"""What a client may send several times. Lists within one argument are separated by commas."""

_ATTRIBUTE = re.compile(r"attribute\[([^\[\]]{1,150})\](\[\])?", re.ASCII)
_CHARSET = re.compile(r"""charset\s*=\s*["']?([^"';\s]+)""", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Arguments:
    """``given`` by name, each at least one text; ``attributes`` by the code of the question."""

    given: Mapping[str, Sequence[str]] = field(default_factory=dict)
    attributes: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def one(self, name: str) -> str:
        """Return an argument, "" where it was not given."""
        return self.given[name][0] if name in self.given else ""

    def several(self, name: str) -> list[str]:
        """Return the parts of a list, those between commas and those of an argument given several times."""
        return [part for value in self.given.get(name, ()) for each in value.split(",") if (part := each.strip())]

    def all(self, name: str) -> Sequence[str]:
        """Return an argument as often as it was given."""
        return self.given.get(name, ())

    def is_on(self, name: str) -> bool:
        return self.one(name).lower() in ("true", "1", "yes")


def read(query: bytes, body: bytes, content_type: str) -> Arguments:
    """Return the arguments of a request; refuse what is no form, no UTF-8, or given twice, naming it."""
    pairs = _pairs(query)
    if body:
        _require_form(content_type)
        pairs += _pairs(body)
    if len(pairs) > MOST:
        raise refuse("city_problems.open311_arguments_many", limit=MOST)
    given: dict[str, list[str]] = defaultdict(list)
    attributes: dict[str, list[str]] = defaultdict(list)
    problems = []
    for name, value in pairs:
        if has_odd_signs(name + value):
            problems.append(Problem(code="signs_odd", field=_named(name)))
        elif not value.strip():
            continue
        elif attribute := _ATTRIBUTE.fullmatch(name):
            attributes[attribute[1]].append(value)
        else:
            given[name].append(value.strip())
    for name, values in given.items():
        if name not in REPEATED and len({*values}) > 1:
            problems.append(Problem(code="city_problems.open311_argument_twice", field=_named(name)))
    if problems:
        raise Refused(*problems)
    return Arguments(given=given, attributes=attributes)


def _pairs(text: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST)
    except UnicodeDecodeError:
        raise refuse("city_problems.open311_not_utf8") from None
    except ValueError:
        raise refuse("city_problems.open311_arguments_many", limit=MOST) from None


def _require_form(content_type: str) -> None:
    media_type, _, parameters = content_type.partition(";")
    if media_type.strip().lower() != FORM:
        raise refuse("city_problems.open311_not_a_form", form=FORM)
    charset = _CHARSET.search(parameters)
    if charset is not None and charset[1].lower().replace("_", "-") not in ("utf-8", "utf8"):
        raise refuse("city_problems.open311_not_utf8")


def _named(name: str) -> str | None:
    """Return a name that may be told back, None for one that is no argument's."""
    return name if re.fullmatch(r"[\w\[\]./-]{1,80}", name, re.ASCII) else None
