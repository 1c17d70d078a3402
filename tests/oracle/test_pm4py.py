"""Figures of logs, ways on drawings and the XES that goes out, held against what PM4Py says of the same.

Where its words mean something else: its durations are of the wall, so they are held against ``leadCalendar``; its graph
has no edge from the beginning or to the end, but counts of both. Its token replay guesses how silent steps went, so it
calls some ways fitting that can't be played; by definition only an alignment without cost is our «conforms». Neither
knows of working time, of waiting, or of steps side by side: that `tests/core/processes/figures/test_oracle.py` counts.
"""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Sequence
from datetime import datetime
from itertools import islice, permutations, product
from pathlib import Path
from typing import Any

import pytest

from leancity.core.figures.measures import percentile
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.figures.net import net_of
from leancity.core.testing.city import City
from tests.core.processes.engine.drawing import flows, node
from tests.core.processes.figures.conftest import Bureau
from tests.core.processes.figures.conftest import bureau as bureau
from tests.core.processes.figures.test_oracle import FORM, random_log
from tests.core.processes.publishing import drawing
from tests.data import MYLA311
from tests.oracle.oracle import ask

pytestmark = pytest.mark.long

OFFSET = "+11:00"
"""Of Sakhalin, where the bureau is; it has no summer time."""
REAL_CASES = 1500
NAMES = {"servicedate": "Service", "closeddate": "Closed"}
TASKS = "abcd"
DRAWINGS = {
    "a sequence": "s > a > b > c > d > e",
    "a choice": "s > x > a > y > d > e; x > b > y; x > c > y",
    "a loop": "s > y > a > b > x > c > e; x > y",
    "side by side": "s > p > a > q > d > e; p > b > q; p > c > q",
    "side by side, of which one has a loop": "s > p > y > a > x > q > d > e; x > y; p > b > q",
}
Step = tuple[str, datetime, datetime, datetime]


@pytest.mark.parametrize("seed", range(3, 6))
async def test_random_logs_read_the_same(bureau: Bureau, seed: int) -> None:
    log = random_log(seed)
    bureau.load([(case, step[0], *(at.strftime(FORM) for at in step[1:]), "") for case in log for step in log[case]])
    events = [(case, step[0], step[2].isoformat() + OFFSET) for case in log for step in log[case]]
    await _hold(bureau, ask(events=events)["log"])
    # A case lasts from when its first step was there until its last one ended.
    ends = [(case, "step", at.isoformat() + OFFSET) for case in log for step in log[case] for at in (step[1], step[3])]
    found = await bureau.ask("processFigures", "leadCalendar { n median p85 p95 }")
    assert found["leadCalendar"] == _told(ask(events=sorted(ends, key=lambda event: event[2]))["log"]["durations"])


async def test_a_real_log_reads_the_same(bureau: Bureau) -> None:
    if not MYLA311.exists():
        pytest.skip(f"the real data is not here: {MYLA311}")
    rows = [*_requests()]
    bureau.load([(case, name, *[at.strftime(FORM)] * 3, "") for case, name, at in rows])
    told = ask(events=[(case, name, at.isoformat() + OFFSET) for case, name, at in rows])["log"]
    assert told["cases"] > REAL_CASES * 0.9 and len(told["variants"]) > 5
    await _hold(bureau, told, since="2019-12-01", until="2020-12-31")
    found = await bureau.ask(
        "processFigures", "leadCalendar { n median p85 p95 }", since="2019-12-01", until="2020-12-31"
    )
    assert found["leadCalendar"] == _told(told["durations"])


async def test_what_goes_out_as_xes_is_read_whole(bureau: Bureau) -> None:
    log = random_log(7)
    bureau.load([(case, step[0], *(at.strftime(FORM) for at in step[1:]), "") for case in log for step in log[case]])
    query = "mark=import&since=2026-01-01"
    answer = await bureau.city.request("GET", f"/processes/{bureau.process}/log.xes?{query}", as_=bureau.analyst)
    file = bureau.folder / "out.xes"
    file.write_text(answer.text)
    told = ask(xes=str(file))["xes"]
    steps = [step for case in log.values() for step in case]
    assert told["all"]["events"] == await _events(bureau.city) and told["done"]["events"] == len(steps)
    assert told["all"]["cases"] == len(log)
    assert told["all"]["spans"] == {
        case: (max(s[3] for s in log[case]) - min(s[1] for s in log[case])).total_seconds() for case in log
    }
    ended = {tuple(step[0] for step in sorted(case, key=lambda step: step[3])) for case in log.values()}
    assert {tuple(way) for way, _ in told["done"]["variants"]} == ended
    assert {"concept:name", "lifecycle:transition", "time:timestamp", "work_s"} <= {*told["columns"]}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_way_conforms_where_an_alignment_costs_nothing(name: str, tmp_path: Path) -> None:
    xml = _drawn(DRAWINGS[name])
    file = tmp_path / "drawing.bpmn"
    file.write_bytes(xml)
    net, ways = net_of(read(xml).processes[0], TASKS), _ways(name)
    ours = [net.deviation(way) is None for way in ways]
    told = ask(bpmn=str(file), ways=ways)["fits"]
    assert any(ours) and ours == told["aligned"]
    # What can be played the replay never refuses.
    assert not [way for way, fits, replayed in zip(ways, ours, told["replay"], strict=True) if fits and not replayed]


async def _hold(bureau: Bureau, told: dict[str, Any], **period: str) -> None:
    """Hold the variants and the graph of all cases against the oracle's."""
    variants = await bureau.ask("processVariants", "total cases variants { nodes cases }", ", first: 300", **period)
    assert variants["cases"] == told["cases"] and variants["total"] == len(told["variants"])
    ours = {tuple(each["nodes"]): each["cases"] for each in variants["variants"]}
    assert ours == {tuple(way): cases for way, cases in told["variants"]}
    graph = await bureau.ask("processGraph", "nodes { nodeId visits } edges { source target times }", **period)
    edges = {(each["source"], each["target"]): each["times"] for each in graph["edges"]}
    expected = {(source, target): times for source, target, times in told["graph"]}
    expected |= {(None, name): times for name, times in told["starts"].items()}
    expected |= {(name, None): times for name, times in told["ends"].items()}
    assert edges == expected
    assert sum(each["visits"] for each in graph["nodes"]) == told["events"]


def _told(seconds: Sequence[float]) -> dict[str, Any]:
    shares = {"median": 0.5, "p85": 0.85, "p95": 0.95}
    ordered = sorted(seconds)
    return {"n": len(ordered), **{name: pytest.approx(percentile(ordered, at)) for name, at in shares.items()}}


def _requests() -> list[tuple[str, str, datetime]]:
    """Return the real requests' moments as events: which way one came, what was done, when it was closed."""
    found = []
    with gzip.open(MYLA311, "rt", encoding="utf-8", newline="") as file:
        for row in islice(csv.DictReader(file), REAL_CASES):
            moments: dict[datetime, str] = {}
            for column, name in (
                ("createddate", row["requestsource"]),
                ("servicedate", "Service"),
                ("closeddate", "Closed"),
            ):
                if row[column]:
                    moments[datetime.strptime(row[column], "%m/%d/%y %H:%M")] = name  # noqa: DTZ007 - of the wall
            found += [(row["srnumber"], name, at) for at, name in sorted(moments.items())]
    return found


def _drawn(ways: str) -> bytes:
    ids = {each.strip() for part in ways.split(";") for each in part.split(">")}
    kinds = {"s": "startEvent", "e": "endEvent", "x": "exclusiveGateway", "y": "exclusiveGateway"}
    kinds |= {"p": "parallelGateway", "q": "parallelGateway"}
    inner = "".join(node(kinds.get(each, "userTask"), each, name=each) for each in sorted(ids))
    return drawing(inner + flows(ways))


def _ways(seed: str) -> list[list[str]]:
    """Return every sequence of up to three tasks, each order of all four, and longer ones."""
    chance = random.Random(seed)  # noqa: S311 - the same each time
    short = [way for length in range(1, 4) for way in product(TASKS, repeat=length)]
    longer = [tuple(chance.choices(TASKS, k=chance.randint(4, 7))) for _ in range(40)]
    rounds = [tuple("ab" * times + rest) for times in (2, 3) for rest in ("c", "d", "")]
    return [list(way) for way in dict.fromkeys((*short, *permutations(TASKS), *longer, *rounds))]


async def _events(city: City) -> int:
    (row,) = await city.rows("select count(*) as n from process_event where tenant_id = $1")
    return int(row["n"])
