"""How a time is told: how many it is over, the middle, and how bad it gets. Never a bare mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leancity.core.processes.figures.cut import FEW

SPREAD = """
count({0}) as {0}_n, sum({0}) as {0}_sum,
percentile_cont(array[0.5, 0.85, 0.95]) within group (order by {0}) as {0}_p
"""
"""The columns that ``spread_of`` reads, of the column whose name is put in."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Seconds. ``median``, ``p85`` and ``p95`` are exact (``percentile_cont``), None where ``n`` is 0."""

    n: int
    total: float
    median: float | None
    p85: float | None
    p95: float | None

    @property
    def is_few(self) -> bool:
        """Whether it is over too few to be relied on."""
        return self.n < FEW


def spread(n: int, total: float | None, percentiles: list[float] | None) -> Spread:
    """Return a spread of what SQL found: a count, a sum, and an array of the three percentiles."""
    median, p85, p95 = percentiles or (None, None, None)
    return Spread(n=n, total=float(total or 0), median=median, p85=p85, p95=p95)


def spread_of(row: Any, name: str) -> Spread:
    """Return the spread that stands in the columns ``<name>_n``, ``<name>_sum`` and ``<name>_p``."""
    return spread(row[f"{name}_n"], row[f"{name}_sum"], row[f"{name}_p"])
