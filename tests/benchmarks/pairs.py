"""Paired measurement: two things timed alternately, A B B A, so that the machine's breathing hits both."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Work = Callable[[], Awaitable[object]]
Clock = Callable[[], float]
RESAMPLES = 2000


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """Time of A over time of B: the median of the pairs' ratios and its 95 % bootstrap interval; seconds of each."""

    median: float
    low: float
    high: float
    seconds_a: float
    seconds_b: float

    def __str__(self) -> str:
        return f"{self.median:.3f} [{self.low:.3f}, {self.high:.3f}]"


async def compare(a: Work, b: Work, *, pairs: int = 20, clock: Clock = time.perf_counter) -> Ratio:
    """Time ``a`` and ``b`` alternately by ``clock``, ``pairs`` times each after one unmeasured run of both."""
    await a()
    await b()
    times: list[tuple[float, float]] = []
    for number in range(pairs):
        if number % 2 == 0:
            first = await _timed(a, clock)
            times.append((first, await _timed(b, clock)))
        else:
            second = await _timed(b, clock)
            times.append((await _timed(a, clock), second))
    ratios = [one / other for one, other in times]
    chance = random.Random(20261122)  # noqa: S311 - a resampling has to be the same each time
    medians = sorted(statistics.median(chance.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES))
    return Ratio(
        median=statistics.median(ratios),
        low=medians[int(RESAMPLES * 0.025)],
        high=medians[int(RESAMPLES * 0.975)],
        seconds_a=statistics.median(one for one, _ in times),
        seconds_b=statistics.median(other for _, other in times),
    )


def verdict(name: str, ratio: Ratio, *, at_most: float | None = None) -> str:
    """Return the line of a result. A goal holds when the bound nearer to failing does."""
    goal = "" if at_most is None else f"   goal <= {at_most}: {'met' if ratio.high <= at_most else 'NOT MET'}"
    return f"{name:<58} {ratio}{goal}"


async def _timed(work: Work, clock: Clock) -> float:
    begun = clock()
    await work()
    return clock() - begun
