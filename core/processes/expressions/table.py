"""How a function enters the table of the language; the functions themselves lie in ``on_*.py``.

An argument of the wrong kind gives null. ``workdays`` and ``workhours`` know the city's calendar: whoever runs an
expression gives them, as well as ``now`` and ``today`` in the city's zone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from leancity.core.processes.expressions.scope import Scope

ANY_NUMBER = 100
"""Of arguments, where a function takes any."""

Work = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Function:
    """``feel`` is how FEEL writes it; ``work(scope, *arguments)`` is None for one that whoever runs gives."""

    name: str
    feel: str
    least: int
    most: int
    work: Work | None = None


FUNCTIONS: dict[str, Function] = {}
ALIASES = {
    "ceil": "ceiling",
    "decimal": "round_half_even",
    "get_or_else": "coalesce",
    "lower": "lower_case",
    "round": "round_half_even",
    "upper": "upper_case",
}


def function(feel: str, least: int, most: int | None = None) -> Callable[[Work], Work]:
    """Put a function into the table under its FEEL name."""

    def put(work: Work) -> Work:
        name = feel.replace(" ", "_")
        FUNCTIONS[name] = Function(name, feel, least, least if most is None else most, work)
        return work

    return put


def listed(arguments: Sequence[Any], scope: Scope) -> list[Any] | None:
    """Return what a function over many works on: its one list, or all its arguments; None for one that is no list."""
    if len(arguments) != 1:
        return list(arguments)
    return arguments[0] if isinstance(arguments[0], list) else None


for _name, _least, _most in (("workdays", 1, 2), ("workhours", 1, 2)):
    FUNCTIONS[_name] = Function(_name, _name, _least, _most)
