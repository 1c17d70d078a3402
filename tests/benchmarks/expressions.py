"""Expressions: what our language costs beside Python's own evaluator, which no city's model may reach."""

from __future__ import annotations

import asyncio

from leancity.core.processes.expressions.decisions import decide, read_decision
from leancity.core.processes.expressions.evaluating import condition
from leancity.core.processes.expressions.parsing import _parsed
from tests.benchmarks.pairs import compare, verdict
from tests.core.processes.expressions.dmn import table

OURS, PYTHONS = 'amount > 100 and region = "North"', 'amount > 100 and region == "North"'
FACTS = {"amount": 150, "region": "North"}
ROUND = 2_000
RULES = [[f'"kind {no}"', f"[{no}..{no + 10})", str(no)] for no in range(100)]


def main() -> None:
    asyncio.run(_measure())


async def _measure() -> None:
    async def ours() -> None:
        for _ in range(ROUND):
            assert condition(OURS, FACTS)

    async def pythons() -> None:
        for _ in range(ROUND):
            assert eval(PYTHONS, {}, FACTS)  # noqa: S307 - the thing measured against, over a constant

    async def anew() -> None:
        for _ in range(ROUND):
            _parsed.cache_clear()
            assert condition(OURS, FACTS)

    decision = read_decision(table(["kind", "amount"], ["fee"], RULES))

    async def table_of_100() -> None:
        for _ in range(ROUND // 100):
            assert decide(decision, {"kind": "kind 99", "amount": 105}) == 99

    ratio = await compare(ours, pythons)
    print(verdict("a condition / Python's eval of it", ratio, at_most=1))
    print(f"  {ratio.seconds_a / ROUND * 1e6:.1f} us / {ratio.seconds_b / ROUND * 1e6:.1f} us")
    ratio = await compare(anew, ours)
    print(verdict("a condition read anew / remembered", ratio))
    print(f"  {ratio.seconds_a / ROUND * 1e6:.1f} us / {ratio.seconds_b / ROUND * 1e6:.1f} us")
    ratio = await compare(table_of_100, ours)
    print(f"a table of 100 rules: {ratio.seconds_a / (ROUND // 100) * 1e6:.0f} us")
