"""Models for the engine's tests, in a few words: nodes as XML, flows as ``a > b`` or ``a > b ? condition``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape

from leancity.core.processes.engine import step
from leancity.core.processes.engine.compile import compile_process
from leancity.core.processes.engine.program import Program
from leancity.core.processes.engine.run import Run, Wait
from leancity.core.processes.engine.safe_engine import Functions

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:lean="http://lean-smart-city.example/bpmn/1" targetNamespace="t">'
)
FUNCTIONS: Functions = {
    "workdays": lambda amount: AT + timedelta(days=2 * int(amount)),
    "workhours": lambda amount: AT + timedelta(hours=3 * int(amount)),
    "decide": lambda key, facts: {"decided": key, "seen": facts.get("x")},
}


def flows(text: str) -> str:
    """Return sequence flows: ``a > b > c; b > d ? x > 1``. The id of ``a > b`` is ``a_b``."""
    found = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        way, _, condition = part.partition("?")
        names = [name.strip() for name in way.split(">")]
        for source, target in pairwise(names):
            inner = f"<bpmn:conditionExpression>{escape(condition.strip())}</bpmn:conditionExpression>"
            found.append(
                f'<bpmn:sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">'
                f"{inner if condition else ''}</bpmn:sequenceFlow>"
            )
    return "".join(found)


def process(nodes: str, ways: str, *, definitions: str = "", id_: str = "p") -> str:
    """Return a file with one process, of nodes (XML without prefix in ``<`` ``>``) and flows."""
    body = f'<bpmn:process id="{id_}" isExecutable="true">{nodes}{flows(ways)}</bpmn:process>'
    return f"{HEAD}{definitions}{body}</bpmn:definitions>"


def node(kind: str, id_: str, inner: str = "", **attributes: str) -> str:
    """Return one element of BPMN."""
    given = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f'<bpmn:{kind} id="{id_}"{given}>{inner}</bpmn:{kind}>'


def nodes(**kinds: str) -> str:
    """Return elements by kind: ``nodes(userTask="a b", endEvent="e")``."""
    return "".join(node(kind, id_) for kind, ids in kinds.items() for id_ in ids.split())


def event(kind: str, inner: str = "", **attributes: str) -> str:
    """Return an event definition."""
    given = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    return f"<bpmn:{kind}EventDefinition{given}>{inner}</bpmn:{kind}EventDefinition>"


def timer(text: str, kind: str = "timeDuration") -> str:
    """Return a timer's definition."""
    return event("timer", f"<bpmn:{kind}>{escape(text)}</bpmn:{kind}>")


def compiled(nodes_: str, ways: str, *, definitions: str = "") -> Program:
    """Compile a process."""
    return compile_process(process(nodes_, ways, definitions=definitions), "p", None)


class Life:
    """A case taken from step to step; every step begins from the stored text."""

    def __init__(self, program: Program, facts: Mapping[str, Any] | None = None, at: datetime = AT) -> None:
        self.program = program
        self.runs = [step.begin(program, facts or {}, at, FUNCTIONS)]

    @property
    def run(self) -> Run:
        return self.runs[-1]

    @property
    def state(self) -> str:
        assert self.run.state is not None
        return self.run.state

    def waiting(self, kind: str | None = None) -> list[str]:
        """Return the ids of the nodes it waits at, sorted."""
        return sorted(wait.node_id for wait in self.run.waits if kind in (None, wait.kind))

    def wait(self, node_id: str) -> Wait:
        """Return the first wait at a node."""
        return next(wait for wait in self.run.waits if wait.node_id == node_id)

    def do(self, node_id: str, at: datetime = AT, **facts: Any) -> Life:
        """Complete a user task."""
        wait = self.wait(node_id)
        self.runs.append(step.complete(self.program, self.state, wait.task_id, facts, at, FUNCTIONS))
        return self

    def answer(self, node_id: str, result: Mapping[str, Any] | step.ServiceFailed) -> Life:
        """Answer a service task."""
        wait = self.wait(node_id)
        self.runs.append(step.answer(self.program, self.state, wait.task_id, result, AT, FUNCTIONS))
        return self

    def fire(self, at: datetime) -> Life:
        """Let due timers go off."""
        self.runs.append(step.fire(self.program, self.state, at, FUNCTIONS))
        return self

    def catch(self, kind: str, name: str, correlation: str = "", **facts: Any) -> Life:
        """Deliver a message or signal."""
        self.runs.append(step.catch(self.program, self.state, kind, name, correlation, facts, AT, FUNCTIONS))
        return self
