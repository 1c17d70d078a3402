"""Models put together at random: a step is refused with a reason or carried out, every state is read again, and what is
read again goes on as if it had never been stored."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import count, pairwise
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leancity.core.processes.engine import step
from leancity.core.processes.engine.errors import CompileError, StepError
from leancity.core.processes.engine.run import Run
from tests.core.processes.engine.drawing import AT, FUNCTIONS, Life, compiled, flows, node, nodes, timer

Block: TypeAlias = tuple[str, list[Any]]
KINDS = ("sequence", "choice", "parallel", "inclusive", "loop", "items", "scope", "timed")
blocks: st.SearchStrategy[Block] = st.recursive(
    st.just(("task", [])),
    lambda inner: st.tuples(st.sampled_from(KINDS), st.lists(inner, min_size=1, max_size=3)),
    max_leaves=6,
)


class Drawing:
    """Nodes and flows of a block, which is entered by one node and left by one."""

    def __init__(self) -> None:
        self.numbers = count()
        self.nodes, self.ways = "", ""

    def new(self, kind: str, inner: str = "", **attributes: str) -> str:
        id_ = f"n{next(self.numbers)}"
        self.nodes += node(kind, id_, inner, **attributes)
        return id_

    def way(self, *names: str, condition: str = "") -> None:
        self.ways += f"; {' > '.join(names)}" + (f" ? {condition}" if condition else "")

    def block(self, block: Block) -> tuple[str, str]:
        kind, inner = block
        if kind == "task":
            task = self.new("userTask")
            return task, task
        if kind == "items":
            given_ = "<bpmn:loopCardinality>2</bpmn:loopCardinality>"
            sequential = str(len(inner) > 1).lower()
            loop = node("multiInstanceLoopCharacteristics", f"m{next(self.numbers)}", given_, isSequential=sequential)
            return (task := self.new("userTask", loop)), task
        if kind == "scope":
            scope = Drawing()
            scope.numbers = self.numbers
            start, end = scope.new("startEvent"), scope.new("endEvent")
            first, last = scope.block(("sequence", inner))
            scope.way(start, first)
            scope.way(last, end)
            return (task := self.new("subProcess", scope.nodes + flows(scope.ways))), task
        if kind == "timed":
            task, late = self.new("userTask"), self.new("userTask")
            event = self.new(
                "boundaryEvent", timer("P1D"), attachedToRef=task, cancelActivity=str(len(inner) > 1).lower()
            )
            done, end = self.new("task"), self.new("endEvent")
            self.way(event, late, end)
            self.way(task, done)
            return task, done
        if kind == "loop":
            merge, again = self.new("exclusiveGateway"), f"n{next(self.numbers)}"
            first, last = self.block(("sequence", inner))
            after = self.new("task")
            self.nodes += node("exclusiveGateway", again, default=f"{again}_{after}")
            self.way(merge, first)
            self.way(last, again, after)
            self.way(again, merge, condition=f"more_{again} = true")
            return merge, after
        if kind == "sequence":
            parts = [self.block(part) for part in inner]
            for (_, last), (first, _) in pairwise(parts):
                self.way(last, first)
            return parts[0][0], parts[-1][1]
        gateway = {"choice": "exclusive", "parallel": "parallel", "inclusive": "inclusive"}[kind] + "Gateway"
        split, join = f"n{next(self.numbers)}", self.new(gateway)
        parts = [self.block(part) for part in inner]
        default = {} if kind == "parallel" else {"default": f"{split}_{parts[0][0]}"}
        self.nodes += node(gateway, split, **default)
        for number, (first, last) in enumerate(parts):
            self.way(split, first, condition="" if kind == "parallel" or not number else f"way_{split} >= {number}")
            self.way(last, join)
        return split, join


@settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(block=blocks, choices=st.lists(st.integers(0, 5), min_size=40, max_size=40))
def test_every_model_ends(block: Block, choices: list[int]) -> None:
    drawing = Drawing()
    first, last = drawing.block(block)
    ways = f"start > {first}; {last} > finish{drawing.ways}"
    program = compiled(nodes(startEvent="start", endEvent="finish") + drawing.nodes, ways)
    life = Life(program, _facts(program.names, 1))
    for number, choice in enumerate([*choices, *[0] * 400]):
        if life.run.is_finished:
            break
        users = sorted((wait for wait in life.run.waits if wait.kind == "user"), key=lambda wait: wait.node_id)
        if choice == 5 and number < 40:
            life.fire(AT + timedelta(days=2))
        else:
            wait = users[choice % len(users)]
            facts = _facts(program.names, choice) if number < 40 else _facts(program.names, 0)
            life.runs.append(step.complete(program, life.state, wait.task_id, facts, AT, FUNCTIONS))
        if not life.run.is_finished:
            again = step.fire(program, life.state, AT, FUNCTIONS)
            assert _seen(again) == _seen(life.run) and len(life.state) < 20_000
    assert life.run.is_finished and life.run.ended_at


def _facts(names: tuple[str, ...], choice: int) -> dict[str, object]:
    gateways = [name for name in names if name.startswith("n") and name[1:].isdecimal()]
    ways: dict[str, object] = {f"way_{name}": choice for name in gateways}
    return ways | {f"more_{name}": choice % 3 == 1 for name in gateways}


def _seen(run: Run) -> list[tuple[object, ...]]:
    return sorted(((wait.task_id, wait.node_id, wait.kind, wait.due_at) for wait in run.waits), key=str)


@settings(max_examples=60, deadline=None, database=None)
@given(
    kinds=st.lists(
        st.sampled_from(
            ["userTask", "task", "parallelGateway", "exclusiveGateway", "inclusiveGateway", "serviceTask", "endEvent"]
        ),
        min_size=2,
        max_size=7,
    ),
    ways=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14, unique=True),
)
def test_any_graph_is_run_or_refused(kinds: list[str], ways: list[tuple[int, int]]) -> None:
    drawn = "".join(node(kind, f"n{number}", default=f"n{number}_x") for number, kind in enumerate(kinds))
    text = "s > n0" + "".join(
        f"; n{a} > n{b} ? true" if "lusive" in kinds[a % len(kinds)] else f"; n{a} > n{b}" for a, b in ways
    )
    # Any other exception fails the test.
    with suppress(CompileError, StepError):
        life = Life(compiled(nodes(startEvent="s") + drawn, text))
        for _ in range(6):
            if life.run.is_finished:
                break
            wait = life.run.waits[0]
            if wait.kind == "user":
                life.do(wait.node_id)
            else:
                life.answer(wait.node_id, {})
        assert life.run.is_finished or life.run.waits


def test_a_model_without_anything_is_refused() -> None:
    with pytest.raises(CompileError, match="process_starts"):
        compiled("", "")
