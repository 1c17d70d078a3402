"""The stored state: small, of a version of its own, never a crash."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from leancity.core.processes.engine import step
from leancity.core.processes.engine.compile import compile_process
from leancity.core.processes.engine.errors import StepError
from leancity.core.processes.engine.facts import BYTES
from tests.core.processes.engine.drawing import AT, FUNCTIONS, Life, compiled, flows, node, nodes, process, timer

INNER = nodes(startEvent="s", endEvent="e") + node(
    "subProcess", "p1", nodes(startEvent="s1", userTask="a b", endEvent="e1") + flows("s1 > a > b > e1")
)
INNER += node("boundaryEvent", "t", timer("P2D"), attachedToRef="p1")
WAY = "s > p1 > e; t > e"
NAMES = ["Start", "s", "p1.BoundaryEventSplit", "p1", "t", "p1.BoundaryEventJoin", "e", "p.EndJoin", "End", "s1", "a"]
NAMES += ["b", "e1", "p1.EndJoin"]
GOLDEN = (
    '{"v":1,"f":{"x":1},"n":{"10":1},"w":[{"t":[[-1,64,0],[0,64,2],[1,32,3,"AAAAAAAAAAAAAAAAAAAAAQ"],'
    '[1,8,4,"AAAAAAAAAAAAAAAAAAAAAg",{"due":{"t":"2026-03-04T09:00:00+00:00"}}]]},'
    '{"t":[[-1,64,0],[0,16,10,"AAAAAAAAAAAAAAAAAAAAAw"]],"p":[0,2]}]}'
)
"""As version 1 wrote it: it has to be read for as long as cases of that time run."""


def test_version_1_is_read() -> None:
    program = compile_process(process(INNER, WAY), "p", NAMES)
    assert list(program.names[: len(NAMES)]) == NAMES
    run = step.fire(program, GOLDEN, AT, FUNCTIONS)
    assert sorted((wait.node_id, wait.task_id.int) for wait in run.waits) == [("a", 3), ("t", 2)]
    assert run.state is not None and json.loads(run.state) == json.loads(GOLDEN)
    after = step.complete(program, run.state, next(w.task_id for w in run.waits if w.node_id == "a"), {}, AT, FUNCTIONS)
    assert [wait.node_id for wait in after.waits if wait.kind == "user"] == ["b"]
    assert step.fire(program, GOLDEN, AT + timedelta(days=2), FUNCTIONS).is_finished


def test_names_are_only_added() -> None:
    first = compiled(INNER, WAY)
    again = compile_process(process(INNER + nodes(userTask="z"), "s > z > p1 > e; t > e"), "p", first.names)
    assert again.names[: len(first.names)] == first.names and "z" in again.names


@pytest.mark.parametrize(
    "state",
    [
        "",
        "{",
        "[]",
        "null",
        '{"v":1}',
        '{"v":99,"f":{},"n":{},"w":[]}',
        GOLDEN.replace('"f":{"x":1}', '"f":7'),
        GOLDEN.replace("[0,16,10", "[9,16,10"),
        GOLDEN.replace("[0,16,10", "[0,16,99"),
        GOLDEN.replace("[0,16,10", "[0,16,3"),
        GOLDEN.replace('"p":[0,2]', '"p":[0,0]'),
        GOLDEN.replace("[[-1,64,0],[0,64,2]", "[[-1,64,0],[-1,64,2]"),
        GOLDEN.replace("AAAAAAAAAAAAAAAAAAAAAQ", "A"),
    ],
)
def test_an_unreadable_state_is_told(state: str) -> None:
    program = compile_process(process(INNER, WAY), "p", NAMES)
    with pytest.raises(StepError, match="process_state_unreadable"):
        step.fire(program, state, AT, FUNCTIONS)


def test_ten_steps_with_a_kilobyte_of_facts_stay_small() -> None:
    names = [f"t{number}" for number in range(11)]
    program = compiled(nodes(startEvent="s", endEvent="e", userTask=" ".join(names)), " > ".join(["s", *names, "e"]))
    life = Life(program, {"text": "x" * 1_000})
    for name in names[:10]:
        life.do(name)
    assert len(life.state.encode()) < 1_500


def test_a_case_that_goes_round_stays_as_small_as_it_was() -> None:
    inner = nodes(startEvent="s", userTask="a b", endEvent="e") + node("exclusiveGateway", "g", default="g_b")
    life = Life(compiled(inner, "s > a > g > b > a; g > e ? done"))
    first = len(life.do("a").do("b").state)
    for _ in range(300):
        life.do("a").do("b")
    assert len(life.state) <= first + 10 and life.wait("a").attempt == 302
    assert life.do("a", done=True).run.is_finished


def test_facts_have_bounds() -> None:
    program = compiled(nodes(startEvent="s", userTask="a b", endEvent="e"), "s > a > b > e")
    life = Life(program, {"x": "y" * (BYTES // 2)})
    with pytest.raises(StepError, match="process_facts_too_large"):
        life.do("a", z="y" * (BYTES // 2))
    for wrong in (float("nan"), {1, 2}, object(), "\ud800"):
        with pytest.raises(StepError, match="process_facts_not_json"):
            life.do("a", z=wrong)
    run = step.complete(program, life.state, life.wait("a").task_id, {"self": 1, "task": 2}, AT, FUNCTIONS)
    assert run.facts["self"] == 1
