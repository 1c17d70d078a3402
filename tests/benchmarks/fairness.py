"""A city's ten thousand waiting jobs: how long until another city's one is begun, and how long without?

Both in one scheduler and one worker of eight threads. A flood is there or is not, so the two can't alternate:
each half is measured by itself and the delays are compared as they stand, sorted: median to median, 95 % to 95 %.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from leancity.core.testing.platform import Platform, running_platform
from tests.core.jobs.yard import Yard, ask, both, install, nothing_left, until

FLOOD, JOB_SECONDS, ROUNDS = 10_000, 0.01, 40
GOAL_SECONDS, GOAL_RATIO = 1.0, 3.0


def main() -> None:
    """Run with servers of its own."""
    with tempfile.TemporaryDirectory() as folder:
        yard = install(Path(folder))
        with running_platform(Path(folder) / ".leancity") as platform, both(platform, yard.environment):
            asyncio.run(_measure(platform, yard))


async def _measure(platform: Platform, yard: Yard) -> None:
    from leancity.core.db.engine import close_pool, open_pool
    from leancity.core.testing.city import new_city

    await open_pool(platform.app_url, size=5)
    noisy, quiet = await new_city(platform, ()), await new_city(platform, ())
    await yard.open_in(noisy, quiet)

    async def delay(number: int) -> float:
        asked_at = time.time()
        await ask(quiet, "yard.write", {"n": number})
        begun: list[float] = []

        async def is_begun() -> bool:
            begun.extend(line["at"] for line in yard.of(quiet) if line["n"] == number)
            return bool(begun)

        await until(is_begun, seconds=120, every=0.02)
        await asyncio.sleep(0.3)  # so that the next one meets an idle scheduler again
        return begun[0] - asked_at

    await delay(-1)
    empty = sorted([await delay(number) for number in range(ROUNDS)])
    await ask(noisy, "yard.write", *[{"n": number, "seconds": JOB_SECONDS} for number in range(FLOOD)])
    flooded_at, before = time.monotonic(), len(yard.of(noisy))
    flooded = sorted([await delay(ROUNDS + number) for number in range(ROUNDS)])
    rate = (len(yard.of(noisy)) - before) / (time.monotonic() - flooded_at)
    left = not await nothing_left(noisy)
    _report(empty, flooded, rate, is_flooded=left)
    await close_pool()


def _report(empty: list[float], flooded: list[float], rate: float, *, is_flooded: bool) -> None:
    alone, beside = _p95(empty), _p95(flooded)
    for name, found in (("queue empty", empty), (f"beside {FLOOD} of another city", flooded)):
        print(f"start delay, {name:<34} median {statistics.median(found):.3f} s, p95 {_p95(found):.3f} s")
    bound = max(GOAL_SECONDS, GOAL_RATIO * alone)
    met = "met" if beside <= bound and is_flooded else "NOT MET"
    print(
        f"p95 beside / p95 alone {beside / alone:.2f}   goal <= {bound:.2f} s: {met}; the flood went {rate:.0f} jobs/s"
    )


def _p95(found: list[float]) -> float:
    return found[int(len(found) * 0.95)]
