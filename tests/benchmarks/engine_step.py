"""What a step of a case costs in memory: ours from text to text against the library's with its own serializer."""

from __future__ import annotations

import asyncio
from typing import Any

from SpiffWorkflow.bpmn import BpmnWorkflow  # type: ignore[import-untyped]
from SpiffWorkflow.bpmn.parser import BpmnParser  # type: ignore[import-untyped]
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer  # type: ignore[import-untyped]
from SpiffWorkflow.util.task import TaskState  # type: ignore[import-untyped]

from leancity.core.processes.engine.compile import compile_process
from tests.benchmarks.pairs import compare, verdict
from tests.core.processes.engine.drawing import Life, node, nodes, process, timer

CASES = 20
FACTS = {f"field_{number}": "value " * 8 for number in range(18)}
"""About a kilobyte, as a form gives."""
STEPS = ("register", "check", "inspect", "issue")


def main() -> None:
    asyncio.run(_measure())


def _drawing(duration: str) -> str:
    inner = nodes(startEvent="s", endEvent="e", userTask=" ".join((*STEPS, "late")))
    inner += node("boundaryEvent", "t", timer(duration), attachedToRef="inspect")
    return process(inner, f"s > {' > '.join(STEPS)} > e; t > late > e")


async def _measure() -> None:
    program = compile_process(_drawing("P5D"), "p", None)
    parser = BpmnParser()
    # Stock timers are Python: the duration is a quoted text.
    parser.add_bpmn_str(_drawing('"P5D"').encode())
    spec, inner = parser.get_spec("p"), parser.get_subprocess_specs("p")
    serializer = BpmnWorkflowSerializer()
    sizes: dict[str, int] = {}

    async def ours() -> None:
        for _ in range(CASES):
            life = Life(program, FACTS)
            for name in STEPS:
                sizes["ours"] = len(life.state)
                life.do(name)

    async def stock() -> None:
        for _ in range(CASES):
            workflow: Any = BpmnWorkflow(spec, inner)
            workflow.task_tree.data.update(FACTS)
            workflow.do_engine_steps()
            for _ in STEPS:
                text = serializer.serialize_json(workflow)
                sizes["stock"] = len(text)
                workflow = serializer.deserialize_json(text)
                next(iter(workflow.get_tasks(state=TaskState.READY, manual=True))).run()
                workflow.do_engine_steps()

    print(verdict("a case of four steps, ours / the library's own serializer", await compare(ours, stock), at_most=1.0))
    print(f"bytes before the last step: ours {sizes['ours']}, the library's {sizes['stock']}")
