"""Random models taken through the whole chain without a database, as a city would, with what must hold at each step."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from leancity.core.errors import Problem
from leancity.core.i18n.catalogue import describe
from leancity.core.processes.bpmn.findings import BpmnError
from leancity.core.processes.bpmn.lint import lint
from leancity.core.processes.bpmn.normalise import normalise
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.engine import step
from leancity.core.processes.engine.compile import compile_process
from leancity.core.processes.engine.errors import CompileError, StepError
from leancity.core.processes.engine.program import Program
from leancity.core.processes.engine.run import Run, Wait
from tests.core.processes.engine.drawing import AT, FUNCTIONS

LONGEST = 2.0
"""Seconds of one step, of the processor."""
T = TypeVar("T")
UNNAMED = frozenset({"process_too_long", "process_loops_forever", "process_too_many_tasks", "process_took_too_long"})
"""What the model as a whole is refused for."""


def told(code: str, params: Mapping[str, Any]) -> None:
    """Assert that people are told what a code means, in every language."""
    for locale in ("ru", "en"):
        text = describe(Problem(code=code, params=params), locale)
        assert text and text != code and "{" not in text.replace("${", ""), (code, text, params)


@contextmanager
def in_time(what: str) -> Iterator[None]:
    begun = time.process_time()
    yield
    assert time.process_time() - begun < LONGEST, f"{what} hangs"


@dataclass
class Walk:
    """What became of a model. ``is_sound``: the lint lets it be published.

    ``may_be_stuck``: it waits for a condition, which may be all that is left: the step that leads there is refused.
    """

    is_sound: bool = False
    may_be_stuck: bool = False
    steps: int = 0
    is_finished: bool = False
    refused: list[str] = field(default_factory=list)


def walk(data: bytes, choices: list[int]) -> Walk:
    """Take a file's process ``p`` through the chain, and its case through as many steps as there are choices."""
    found = Walk()
    program = _program(data, found)
    if program is None:
        return found
    facts = {"x": choices[0], "xs": [1, 2, 3], "what": "a", "again": False}
    run = _stepped(found, lambda: step.begin(program, facts, AT, FUNCTIONS))
    for choice in choices:
        if run is None or run.is_finished:
            break
        _loads_again(program, run)
        run = _stepped(found, _deed(program, run, choice)) or run
        found.steps += 1
    found.is_finished = run is not None and run.is_finished
    return found


def _program(data: bytes, found: Walk) -> Program | None:
    try:
        with in_time("reading"):
            drawing = read(data)
        for finding in drawing.findings:
            told(finding.code, finding.facts)
        with in_time("normalising"):
            normal = normalise(data, "p")
        for assumed in normal.assumptions:
            told(assumed.code, {**assumed.params, "title": assumed.title, "element": assumed.element})
        with in_time("the lint"):
            findings = lint(normal.xml, "p")
    except BpmnError as error:
        told(error.code, {"line": error.line or "?", **error.params})
        found.refused.append(error.code)
        return None
    for finding in findings:
        told(finding.code, finding.facts)
        assert finding.element or finding.code in ("bpmn_no_id",), finding
    found.may_be_stuck = b"conditionalEventDefinition" in normal.xml
    found.refused += [finding.code for finding in findings if finding.is_error]
    found.is_sound = not found.refused
    if not found.is_sound:
        _compiles_or_tells(normal.xml.decode())
        return None
    with in_time("compiling"):
        return compile_process(normal.xml.decode(), "p", None)


def _compiles_or_tells(executable: str) -> None:
    """What the lint refuses the engine need not run, but nothing of it may break the engine."""
    try:
        compile_process(executable, "p", None)
    except CompileError as error:
        told(error.code, {"element": error.element, **error.params})


def _stepped(found: Walk, act: Callable[[], T]) -> T | None:
    try:
        with in_time("a step"):
            return act()
    except StepError as error:
        refused = error
    _is_told(found, refused)
    return None


def _is_told(found: Walk, refused: StepError) -> None:
    assert refused.code not in ("process_failed", "process_state_unreadable"), refused
    assert refused.code != "process_stuck" or found.may_be_stuck, refused
    assert refused.element or refused.code in UNNAMED | {"process_not_waiting"}, refused
    told(refused.code, {"element": refused.element, **refused.params})
    found.refused.append(refused.code)


def _loads_again(program: Program, run: Run) -> None:
    """A program compiled anew reads what the first wrote, and nothing happens where nothing happened."""
    assert run.state is not None and run.waits and len(run.state) < 64_000
    json.loads(run.state)
    again = step.fire(program, run.state, AT - timedelta(days=400), FUNCTIONS)
    seen = [
        sorted((str(wait.task_id), wait.node_id, wait.kind, str(wait.due_at)) for wait in each.waits)
        for each in (again, run)
    ]
    assert seen[0] == seen[1] and again.facts == run.facts and not again.is_finished


def _deed(program: Program, run: Run, choice: int) -> Callable[[], Run]:
    state, wait = str(run.state), run.waits[choice % len(run.waits)]
    facts = {"x": choice % 4, "again": choice % 5 == 1, "what": "ab"[choice % 2]}
    match wait.kind:
        case "user":
            return lambda: step.complete(program, state, wait.task_id, facts, AT, FUNCTIONS)
        case "service":
            result = step.ServiceFailed("service_failed") if choice % 3 == 1 else {"answer": choice}
            return lambda: step.answer(program, state, wait.task_id, result, AT, FUNCTIONS)
        case "timer":
            return lambda: step.fire(program, state, AT, FUNCTIONS, only=[wait.task_id])
        case _:
            return lambda: _catch(program, state, wait, facts)


def _catch(program: Program, state: str, wait: Wait, facts: Mapping[str, Any]) -> Run:
    return step.catch(program, state, wait.kind, wait.name, wait.correlation, facts, AT, FUNCTIONS)
