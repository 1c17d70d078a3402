"""SQL tells of random logs what plain Python counts on them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

import pytest

from leancity.core.clock.city import city_clock
from leancity.core.clock.work_clock import WorkClock
from leancity.core.figures.measures import percentile
from tests.core.processes.figures.conftest import Bureau

SPREAD = "{ n median p85 p95 }"
FORM = "%Y-%m-%d %H:%M"


def random_log(seed: int) -> dict[str, list[tuple[str, datetime, datetime, datetime]]]:
    """Return cases of steps: activity, available, start, end; of the wall clock, at any hour of any day."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    log = {}
    for case in range(chance.randint(8, 14)):
        begin = datetime(2026, 1, 5) + timedelta(minutes=chance.randrange(60 * 24 * 120))  # noqa: DTZ001 - of the wall
        steps: list[tuple[str, datetime, datetime, datetime]] = []
        for _ in range(chance.randint(1, 6)):
            available = begin + timedelta(minutes=chance.randrange(3000))
            start = available + timedelta(minutes=chance.randrange(3000))
            # Starts of one case differ, or their order in the file would decide.
            start += timedelta(
                minutes=next(n for n in range(9) if all(start + timedelta(minutes=n) != s[2] for s in steps))
            )
            steps.append(
                (chance.choice("ABCD"), available, start, start + timedelta(minutes=chance.randrange(1, 2000)))
            )
        log[f"case {case}"] = sorted(steps, key=lambda step: step[2])
    return log


def union(spans: Sequence[tuple[int, int]]) -> int:
    """Return how many seconds lie in any of the spans, counted second by second."""
    return len({second for begin, end in spans for second in range(begin // 60, end // 60)}) * 60


def told(values: Sequence[float]) -> dict[str, Any]:
    shares = {"median": 0.5, "p85": 0.85, "p95": 0.95}
    return {"n": len(values), **{name: pytest.approx(percentile(values, share)) for name, share in shares.items()}}


@pytest.mark.parametrize("seed", range(3))
async def test_sql_counts_as_python_does(bureau: Bureau, seed: int) -> None:
    log = random_log(seed)
    bureau.load(
        [
            (case, name, *(at.strftime(FORM) for at in moments), "")
            for case, steps in log.items()
            for name, *moments in steps
        ]
    )
    async with bureau.city.serving():
        clock: WorkClock = await city_clock()

    def reading(at: datetime) -> int:
        return clock.reading(at.replace(tzinfo=clock.zone))

    leads, touches, queues, labour = [], [], [], 0
    for steps in log.values():
        opened, closed = min(step[1] for step in steps), max(step[3] for step in steps)
        leads.append(reading(closed) - reading(opened))
        spans = [(reading(start), reading(end)) for _, _, start, end in steps]
        touches.append(union(spans))
        queues.append(sum(reading(start) - reading(available) for _, available, start, _ in steps))
        labour += sum(end - start for start, end in spans)
    found = await bureau.ask(
        "processFigures", f"closed lead {SPREAD} processing {SPREAD} waiting {SPREAD} queue {SPREAD} labourS"
    )
    assert found["closed"] == len(log) and found["labourS"] == labour
    assert found["lead"] == told(leads)
    assert found["processing"] == told(touches)
    assert found["waiting"] == told([lead - touch for lead, touch in zip(leads, touches, strict=True)])
    assert found["queue"] == told(queues)
    ways = Counter(tuple(step[0] for step in steps) for steps in log.values())
    variants = await bureau.ask("processVariants", "total variants { nodes cases }")
    assert {tuple(one["nodes"]): one["cases"] for one in variants["variants"]} == ways
    graph = await bureau.ask("processGraph", "edges { source target times median }")
    took: dict[tuple[str, str], list[int]] = {}
    for steps in log.values():
        for one, other in pairwise(steps):
            took.setdefault((one[0], other[0]), []).append(max(0, reading(other[2]) - reading(one[3])))
    edges = {(edge["source"], edge["target"]): edge for edge in graph["edges"] if edge["source"] and edge["target"]}
    assert {pair: edge["times"] for pair, edge in edges.items()} == {pair: len(times) for pair, times in took.items()}
    assert {pair: edge["median"] for pair, edge in edges.items()} == {
        pair: median(times) for pair, times in took.items()
    }
