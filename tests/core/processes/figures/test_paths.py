"""Variants, what follows what, where cases left the drawing, before and after, the control chart, the value stream."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leancity.core.processes.figures.chart import Break, charted
from leancity.core.processes.figures.comparison import interval, rank_test
from tests.core.processes.figures.conftest import Bureau

HOUR = 3600


def case(name: str, *steps: str, day: str = "2026-06-01") -> list[tuple[str, ...]]:
    """Return a case whose steps take an hour each, from nine o'clock on, with no time between."""
    return [(name, step, "", f"{day} {9 + n:02}:00", f"{day} {10 + n:02}:00", "") for n, step in enumerate(steps)]


async def test_variants_and_the_graph(bureau: Bureau) -> None:
    rows = [*case("1", "A", "B"), *case("2", "A", "B"), *case("3", "A", "C", "B")]
    rows[-1] = ("3", "B", "", "2026-06-01 12:00", "2026-06-01 13:00", "")
    bureau.load(rows)
    fields = "total cases variants { nodes cases share median isFew }"
    found = await bureau.ask("processVariants", fields, ", first: 500")  # as many as there can be, within the budget
    more = f"query ($id: UUID!) {{ processVariants(cut: {{processId: $id}}, first: 501) {{ {fields} }} }}"
    (refusal,) = (await bureau.city.graphql(more, {"id": str(bureau.process)}, as_=bureau.analyst))["errors"]
    assert (refusal["extensions"]["code"], refusal["extensions"]["field"]) == ("PAGE_SIZE_INVALID", "first")
    assert (found["total"], found["cases"]) == (2, 3)
    assert [(one["nodes"], one["cases"], one["median"]) for one in found["variants"]] == [
        (["A", "B"], 2, 2 * HOUR), (["A", "C", "B"], 1, 4 * HOUR)
    ]  # fmt: skip
    graph = await bureau.ask("processGraph", "nodes { nodeId visits cases } edges { source target times median }")
    edges = {(edge["source"], edge["target"]): (edge["times"], edge["median"]) for edge in graph["edges"]}
    assert edges == {
        (None, "A"): (3, None), ("A", "B"): (2, 0), ("A", "C"): (1, 0), ("C", "B"): (1, HOUR), ("B", None): (3, None)
    }  # fmt: skip


async def test_cases_that_left_the_drawing_are_named(bureau: Bureau) -> None:
    async with bureau.city.serving():
        version = await bureau.drawn()
    rows = [*case("good", "Register", "check"), *case("back", "Register", "check", "Register")]
    rows += [*case("skip", "Check"), *case("else", "Register", "ask")]
    loaded = bureau.load(rows, "--version", str(version.no))
    assert loaded["cases"] == 4
    found = await bureau.ask(
        "processConformance",
        "checked deviating deviatingShare unchecked leavings { after step cases isUnknown some }",
        f', versionId: "{version.id}"',
    )
    assert (found["checked"], found["deviating"], found["deviatingShare"]) == (4, 3, 0.75)
    left = {
        (one["after"], one["step"]): (one["cases"], one["isUnknown"], len(one["some"])) for one in found["leavings"]
    }
    assert left == {
        ("check", "register"): (1, False, 1), (None, "check"): (1, False, 1), ("register", "ask"): (1, True, 1)
    }  # fmt: skip
    stream = await bureau.ask(
        "processValueStream",
        "boxes { nodeId title norm { processingS } target { processingS } measured { visits processing { median } } }"
        " norm { leadS processingS valueAddedS cycleEfficiency } figures { cycleEfficiency }",
    )
    assert [(box["nodeId"], box["norm"] and box["norm"]["processingS"]) for box in stream["boxes"]] == [
        ("register", HOUR), ("check", 3 * HOUR), ("ask", None)
    ]  # fmt: skip
    assert stream["norm"] == {
        "leadS": 8 * HOUR, "processingS": 4 * HOUR, "valueAddedS": 3 * HOUR, "cycleEfficiency": 3 / 8
    }  # fmt: skip
    # Of the nine hours of the four cases three were a check, the step that creates value.
    assert stream["figures"]["cycleEfficiency"] == pytest.approx(3 / 8)


async def test_before_and_after_a_day(bureau: Bureau) -> None:
    days = [f"2026-03-{day:02}" for day in range(2, 28) if datetime(2026, 3, day, tzinfo=UTC).weekday() < 5]
    days = [day for day in days if day != "2026-03-09"]  # a day off, for the Sunday of the 8th
    rows = [
        (f"{day} {n}", "do", "", f"{day} 09:00", f"{day} {11 if day < '2026-03-16' else 10}:{n:02}", "")
        for day in days
        for n in (0, 10)
    ]
    bureau.load(rows)
    fields = "before { lead { n median } open } after { lead { n median } open } difference low high likelihood verdict"
    found = await bureau.ask("processComparison", fields, ', at: "2026-03-16"')
    assert (found["before"]["lead"]["n"], found["after"]["lead"]["n"]) == (18, 20)
    assert found["difference"] == -HOUR and found["high"] < 0 and found["likelihood"] < 0.001
    assert found["verdict"] == "SHORTER"
    few = await bureau.ask("processComparison", fields, ', at: "2026-03-25"')
    assert few["after"]["lead"]["n"] == 6 and few["verdict"] == "TOO_FEW"
    same = await bureau.ask("processComparison", fields, ', at: "2026-03-06"', until="2026-03-15")
    assert same["verdict"] == "TOO_FEW" or same["verdict"] == "NO_DIFFERENCE"
    weeks = await bureau.ask(
        "processControlChart", "centre high reckonedFrom points { value cases breaks }", ", each: WEEK"
    )
    assert [point["cases"] for point in weeks["points"]] == [10, 8, 10, 10]
    query = "query ($id: UUID!) { processComparison(cut: {processId: $id}) { verdict } }"
    refused = await bureau.city.graphql(query, {"id": str(bureau.process)}, as_=bureau.analyst)
    assert refused["errors"][0]["extensions"]["code"] == "PROCESS_COMPARISON_OF"


def test_the_rank_test_agrees_with_tables() -> None:
    # Complete separation of five and five: U = 0; z = (12.5 - 0.5) / sqrt(25 * 11 / 12) = 2.507, p = 0.0122.
    assert rank_test([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]) == pytest.approx(0.01219, abs=1e-4)
    assert rank_test([1, 1, 1], [1, 1, 1]) == 1
    assert rank_test([1, 3, 5], [2, 4, 6]) > 0.5
    assert interval([5.0] * 20, [3.0] * 20) == (-2, -2)


def test_the_chart_sees_what_is_no_chance() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)

    def chart(*values: float, base: int | None = None) -> list[tuple[Break, ...]]:
        points = [(begin + timedelta(days=n), value, 1) for n, value in enumerate(values)]
        return [point.breaks for point in charted(points, base or len(points)).points]

    # 10 and 12 in turn: centre 11, mean step 2, limits 11 -+ 5.32, the step's 6.54.
    even = [10.0, 12.0] * 6
    assert chart(*even) == [()] * 12
    assert chart(*even, 20.0, base=12)[-1] == (Break.BEYOND, Break.STEP)
    assert chart(*even, *[10.9] * 8, base=12)[-1] == (Break.RUN,)
    assert Break.NEAR_LIMIT in chart(*even, 14.5, 14.5, 14.5, base=12)[-1]
    points = [(begin, 1.0, 1)]
    assert charted(points, 1).centre is None
