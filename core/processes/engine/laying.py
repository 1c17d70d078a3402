"""Which of our classes is laid over which of the library's."""

from __future__ import annotations

from functools import cache
from typing import Any

from leancity.core.processes.engine import specs
from leancity.core.processes.engine.items import Items

_OURS = (
    specs.FirstOf,
    specs.Catching,
    specs.Ending,
    specs.Throwing,
    specs.ParallelJoin,
    specs.InclusiveJoin,
    specs.ExclusiveChoice,
    specs.Closing,
    specs.BoundaryJoin,
    specs.Inner,
    specs.Looping,
    Items,
)


@cache
def laid_over(kind: type[Any]) -> type[Any]:
    """Return what a node of a class of the library becomes."""
    for mine in _OURS:
        if issubclass(kind, mine.__bases__[-1]):
            return type(mine.__name__, (mine, kind), {})
    return type(f"Bounded{kind.__name__}", (specs.Bounded, kind), {})
