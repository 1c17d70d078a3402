"""Functions over lists, and those that ask whether something is there."""

from __future__ import annotations

from typing import Any

from leancity.core.processes.expressions.comparing import equal
from leancity.core.processes.expressions.scope import Scope
from leancity.core.processes.expressions.table import ANY_NUMBER, function, listed
from leancity.core.processes.expressions.values import read


@function("count", 1)
def count(scope: Scope, found: Any) -> Any:
    """How many elements a list has; none where there is no list."""
    if found is None:
        return 0
    return len(found) if isinstance(found, list) else None


@function("list contains", 2)
def list_contains(scope: Scope, found: Any, value: Any) -> Any:
    """Whether a value is among the elements."""
    return any(equal(read(each), value, scope) for each in found) if isinstance(found, list) else None


@function("all", 1, ANY_NUMBER)
def every(scope: Scope, *arguments: Any) -> Any:
    """Whether all are true; of none they are."""
    found = listed(arguments, scope)
    return None if found is None else all(each is True for each in found)


@function("any", 1, ANY_NUMBER)
def some(scope: Scope, *arguments: Any) -> Any:
    """Whether one is true."""
    found = listed(arguments, scope)
    return None if found is None else any(each is True for each in found)


@function("concatenate", 1, ANY_NUMBER)
def concatenate(scope: Scope, *arguments: Any) -> Any:
    """One list of several; null is an empty one."""
    found = [each for each in arguments if each is not None]
    if not all(isinstance(each, list) for each in found):
        return None
    return scope.built([one for each in found for one in each])


@function("append", 2, ANY_NUMBER)
def append(scope: Scope, found: Any, *values: Any) -> Any:
    """A list with more elements; null is an empty one."""
    return scope.built([*(found or ()), *values]) if found is None or isinstance(found, list) else None


@function("is defined", 1)
def is_defined(scope: Scope, value: Any) -> Any:
    """Whether there is a value: a fact that nobody knows is null."""
    return value is not None


@function("is empty", 1)
def is_empty(scope: Scope, value: Any) -> Any:
    """Whether it is null, a text without characters, a list or a context without entries."""
    return value is None or (isinstance(value, str | list | dict) and not value)


@function("coalesce", 1, ANY_NUMBER)
def coalesce(scope: Scope, *values: Any) -> Any:
    """The first that isn't null."""
    return next((each for each in values if each is not None), None)
