"""What one evaluation works with: facts, what loops have named, the functions given, the steps that are left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from leancity.core import moment
from leancity.core.processes.expressions.errors import LIST, STEPS, ExpressionError
from leancity.core.processes.expressions.values import elements, read

Functions = Mapping[str, Callable[..., Any]]


class Scope:
    """The state of one evaluation; ``steps`` is shared by the scopes of its loops."""

    __slots__ = ("facts", "functions", "named", "steps")

    def __init__(
        self,
        facts: Mapping[str, Any],
        functions: Functions,
        named: Mapping[str, Any] | None = None,
        steps: list[int] | None = None,
    ) -> None:
        self.facts = facts
        self.functions = functions
        self.named = named
        self.steps = [STEPS] if steps is None else steps

    def inside(self, named: Mapping[str, Any]) -> Scope:
        """Return the scope of a loop's body, where ``named`` hides facts of the same names."""
        self.spend(1 + len(named))
        return Scope(self.facts, self.functions, {**(self.named or {}), **named}, self.steps)

    def spend(self, steps: int) -> None:
        """Use up steps; raises ``ExpressionError`` when there are none left."""
        self.steps[0] -= steps
        if self.steps[0] < 0:
            raise ExpressionError("expression_steps", limit=STEPS)

    def now(self) -> datetime:
        """Return the present as whoever runs has given it (in the city's zone), else in UTC."""
        given = self.functions["now"]() if "now" in self.functions else None
        return given if isinstance(given, datetime) else moment.now()

    def aware(self, at: datetime) -> datetime:
        """Return a date-time in its zone; one without a zone is meant in that of ``now``."""
        return at if at.tzinfo else at.replace(tzinfo=self.zone())

    def zone(self) -> tzinfo:
        """Return the zone in which people read the clock here."""
        return self.now().tzinfo or UTC

    def find(self, name: str) -> Any:
        """Return what a name stands for; a name that nobody knows is null."""
        if self.named is not None and name in self.named:
            return read(self.named[name])
        return read(self.facts.get(name))

    def built(self, value: Any) -> Any:
        """Return a list or a context that was put together, held to its bounds and paid for by its size.

        The same list may be put into another thousands of times at no cost; whoever walks through it then pays.
        """
        if len(value) > LIST:
            raise ExpressionError("expression_value_too_big", limit=LIST)
        self.spend(elements(value))
        return value
