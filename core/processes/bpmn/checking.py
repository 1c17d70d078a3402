"""One file through the whole chain: read, normalised, publishable, run to its first wait; and what stood in the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from leancity.core.processes.bpmn.findings import BpmnError
from leancity.core.processes.bpmn.lint import lint
from leancity.core.processes.bpmn.normalise import normalise
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.engine.dry_run import dry_run


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What stood in the way or was assumed: a key of the message catalogue, the id of the element (or the empty text),
    and what the text takes."""

    code: str
    element: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """How far a process came; a step that wasn't come to is False. ``waits`` are kinds and ids of nodes it waits at."""

    process: str
    title: str
    is_normalised: bool = False
    is_publishable: bool = False
    is_run: bool = False
    obstacles: tuple[Obstacle, ...] = ()
    warnings: tuple[Obstacle, ...] = ()
    assumed: tuple[Obstacle, ...] = ()
    waits: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file: ``obstacles`` are why it couldn't be read, or that no process is in it."""

    is_read: bool
    obstacles: tuple[Obstacle, ...] = ()
    processes: tuple[Checked, ...] = ()

    @property
    def is_passed(self) -> bool:
        """Whether every process of it got to its first wait."""
        return self.is_read and bool(self.processes) and all(checked.is_run for checked in self.processes)


def check_file(data: bytes, process_id: str = "") -> CheckedFile:
    """Take each process of a file, or one, through the chain. Blocks for up to seconds a process; raises nothing."""
    try:
        drawing = read(data)
    except BpmnError as error:
        line = {"line": error.line or "?"}
        return CheckedFile(False, (Obstacle(error.code, error.element, {**line, **error.params}),))
    wanted = [model for model in drawing.processes if model.nodes and process_id in ("", model.id)]
    if not wanted:
        code = "bpmn_process_missing" if process_id else "bpmn_no_process"
        return CheckedFile(True, (Obstacle(code, process_id, {"element": process_id}),))
    return CheckedFile(True, (), tuple(_check(data, model.id, model.title) for model in wanted))


def _check(data: bytes, process_id: str, title: str) -> Checked:
    try:
        normal = normalise(data, process_id)
    except BpmnError as error:
        return Checked(process_id, title, obstacles=(Obstacle(error.code, error.element, error.params),))
    assumed = tuple(
        Obstacle(each.code, each.element, {**each.params, "title": each.title, "element": each.element})
        for each in normal.assumptions
    )
    findings = lint(normal.xml, process_id)
    errors = tuple(Obstacle(each.code, each.element, each.facts) for each in findings if each.is_error)
    warnings = tuple(Obstacle(each.code, each.element, each.facts) for each in findings if not each.is_error)
    if errors:
        return Checked(process_id, title, True, obstacles=errors, warnings=warnings, assumed=assumed)
    tried = dry_run(normal.xml.decode(), process_id)
    stopped = (Obstacle(tried.code, tried.element, tried.params),) if tried.code else ()
    return Checked(process_id, title, True, True, not tried.code, stopped, warnings, assumed, tried.waits)
