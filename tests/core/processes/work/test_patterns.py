"""Regular expressions of forms: what everybody uses is taken, what could hang a worker is not."""

from __future__ import annotations

import pytest

from leancity.core.processes.running.patterns import LONGEST_PATTERN, UnsafePatternError, check_pattern

USUAL = [
    r"^\d{6}$",
    r"^[А-ЯЁ][а-яё-]+$",
    r"^\d{2}:\d{2}:\d{6,7}:\d+$",
    r"^(ул|пр|пер)\. .+$",
    r"^[A-Z]{2}-\d{1,4}(/\d{1,4})?$",
    r"^\w+ \w+ \w+$",
    r"^(?:\d{3}-){2}\d{2}$",
]
HOSTILE = [
    r"(a+)+$",
    r"^(a|aa)+$",
    r"^(\w*)*x",
    r"^(a?){30}a{30}$",
    "^" + "a?" * 30 + "a{30}$",
    r"^.*.*.*.*x$",
    r"^(\w+\s?)*$",
    r"(a)\1+",
    r"(?=a+)a",
    r"(?<!a)b",
    r"(",
    r"a{5,2}",
    "a" * (LONGEST_PATTERN + 1),
]


@pytest.mark.parametrize("pattern", USUAL)
def test_usual_patterns_are_taken(pattern: str) -> None:
    check_pattern(pattern)


@pytest.mark.parametrize("pattern", HOSTILE)
def test_hostile_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(UnsafePatternError):
        check_pattern(pattern)
