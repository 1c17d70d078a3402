"""What changed against the period before: lead times of the cases closed in each, and whether that is to be believed.

Cases are told apart by when they were closed, so none still runs: too early it can't be, only too few.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from leancity.core.processes.figures.comparison import ENOUGH, LIKELY, Verdict, interval, rank_test
from leancity.core.processes.figures.cut import Asked
from leancity.core.processes.reports.standing import leads_of


@dataclass(frozen=True, kw_only=True)
class Change:
    """``n`` cases now and ``n_before`` before. ``difference`` of the medians in working seconds, now less before, with
    its 95 % interval; None where a side has no case."""

    n: int
    n_before: int
    difference: float | None
    low: float | None
    high: float | None
    verdict: Verdict


async def change_of(measured: Asked, earlier: Asked) -> Change:
    """Return what changed between two periods of one process."""
    return await asyncio.to_thread(changed, await leads_of(measured), await leads_of(earlier))


def changed(leads: Sequence[float], earlier: Sequence[float]) -> Change:
    """Return what lies between lead times and earlier ones."""
    if not leads or not earlier:
        return Change(
            n=len(leads), n_before=len(earlier), difference=None, low=None, high=None, verdict=Verdict.TOO_FEW
        )
    low, high = interval(earlier, leads)
    difference = median(leads) - median(earlier)
    if min(len(leads), len(earlier)) < ENOUGH:
        verdict = Verdict.TOO_FEW
    elif rank_test(earlier, leads) >= LIKELY or low <= 0 <= high:
        verdict = Verdict.NO_DIFFERENCE
    else:
        verdict = Verdict.SHORTER if difference < 0 else Verdict.LONGER
    return Change(n=len(leads), n_before=len(earlier), difference=difference, low=low, high=high, verdict=verdict)
