"""Which regular expressions a form may have: those whose matching takes a bounded time whatever is typed.

A pattern is read, not tried: what can be matched in many ways multiplies, and the product has a limit.
"""

from __future__ import annotations

import re
from re import _constants as names  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

LONGEST_PATTERN = 200
LONGEST_MATCHED = 256
"""Characters of a text that a pattern is held against; a longer one is refused before."""
MOST_WAYS = 20_000_000
"""Ways in which a pattern may try to match a text of the greatest length; some tenths of a second at worst."""

_REPEATS = frozenset({names.MAX_REPEAT, names.MIN_REPEAT, names.POSSESSIVE_REPEAT})
_REFUSED = frozenset({names.GROUPREF, names.GROUPREF_EXISTS, names.ASSERT, names.ASSERT_NOT})


class UnsafePatternError(ValueError):
    """The pattern does not compile, is too long, or could be matched in too many ways."""


def check_pattern(pattern: str) -> None:
    """Raise ``UnsafePatternError`` for a pattern that no form may have."""
    if len(pattern) > LONGEST_PATTERN:
        raise UnsafePatternError("too long")
    try:
        re.compile(pattern)
        parsed = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UnsafePatternError("does not compile") from error
    begins = bool(parsed) and parsed[0] in ((names.AT, names.AT_BEGINNING), (names.AT, names.AT_BEGINNING_STRING))
    if _ways(parsed) * (1 if begins else LONGEST_MATCHED) > MOST_WAYS:
        raise UnsafePatternError("too many ways to match")


def _ways(parsed: Any) -> int:
    """Return an upper bound of the ways in which a sequence may match at one place."""
    ways = 1
    for operator, argument in parsed:
        ways *= _ways_of(operator, argument)
        if ways > MOST_WAYS:
            break  # it only grows
    return ways


def _ways_of(operator: Any, argument: Any) -> int:
    if operator in _REFUSED:
        raise UnsafePatternError("refers back or looks around")
    if operator in _REPEATS:
        least, most, inner = argument
        ways = _ways(inner)
        if ways > 1 and most > 1:
            raise UnsafePatternError("repeats what can itself be matched in more ways than one")
        return ways * (min(int(most), LONGEST_MATCHED) - int(least) + 1)
    if operator is names.BRANCH:
        return sum(_ways(each) for each in argument[1])
    if operator is names.SUBPATTERN:
        return _ways(argument[-1])
    if operator is names.ATOMIC_GROUP:
        return _ways(argument)
    return 1
