"""A model tried before it is published: compiled and begun with no facts but lists, in a process of its own with bounds
that the system keeps. ``python -m leancity.core.processes.engine.dry_run`` is that process: JSON in, JSON out."""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from leancity.core.moment import now
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.engine import step
from leancity.core.processes.engine.compile import compile_process
from leancity.core.processes.engine.errors import CompileError, StepError
from leancity.core.processes.engine.safe_engine import Functions

CPU_S = 2
MEMORY = 256 * 1024 * 1024
"""On top of what the program itself takes."""
WALL_S = 30
"""A busy machine may take long to give a process its two seconds."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a model does until it first waits. ``code`` is empty when it gets there, else what stood in the way, with
    ``element`` and ``params``. ``waits`` are kinds and node ids; ``names`` is the table of names to store."""

    code: str
    element: str
    params: dict[str, Any]
    waits: tuple[tuple[str, str], ...]
    is_finished: bool
    names: tuple[str, ...]


def dry_run(executable_xml: str, process_id: str, names: Sequence[str] | None = None) -> DryRun:
    """Try a model. It blocks for up to some seconds: call it in a thread.

    Codes besides those of ``CompileError`` and ``StepError``: ``process_dry_run_time``, ``process_dry_run_memory``,
    ``process_dry_run_failed``.
    """
    asked = json.dumps({"xml": executable_xml, "process": process_id, "names": names, "at": now().isoformat()})
    command = [sys.executable, "-m", "leancity.core.processes.engine.dry_run"]
    try:
        # No environment: the settings of the installation, secrets among them, are none of a drawing's business.
        done = subprocess.run(  # noqa: S603 - our own program
            command, input=asked.encode(), capture_output=True, timeout=WALL_S, env={}, cwd="/", check=False
        )
    except subprocess.TimeoutExpired:
        return _failed("process_dry_run_time")
    if done.returncode < 0:
        return _failed("process_dry_run_time")
    try:
        told = json.loads(done.stdout)
        waits = tuple((kind, node_id) for kind, node_id in told.pop("waits"))
        return DryRun(waits=waits, names=tuple(told.pop("names")), **told)
    except (ValueError, KeyError, TypeError):
        return _failed("process_dry_run_failed")


def _failed(code: str, element: str = "", params: dict[str, Any] | None = None) -> DryRun:
    return DryRun(code, element, params or {}, (), False, ())


def _try(asked: dict[str, Any]) -> DryRun:
    at = datetime.fromisoformat(asked["at"])
    functions: Functions = {
        "workdays": lambda amount, calendar="": at + timedelta(days=float(amount)),
        "workhours": lambda amount, calendar="": at + timedelta(hours=float(amount)),
        "decide": lambda key, facts: None,
    }
    try:
        program = compile_process(asked["xml"], asked["process"], asked["names"])
        run = step.begin(program, _lists(asked["xml"]), at, functions)
    except (CompileError, StepError) as error:
        return _failed(error.code, error.element, error.params)
    except MemoryError:
        return _failed("process_dry_run_memory")
    return DryRun("", "", {}, tuple((wait.kind, wait.node_id) for wait in run.waits), run.is_finished, program.names)


def _lists(xml: str) -> dict[str, Any]:
    """Return a list of one nothing for each that an activity is repeated over: whoever begins the process gives it."""
    nodes = [node for model in read(xml.encode()).processes for node in model.nodes]
    return {node.loop.collection: [None] for node in nodes if node.loop is not None and node.loop.collection}


def _bound() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(used.ru_utime + used.ru_stime) + CPU_S
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    memory = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Answer one question from standard input."""
    asked = json.loads(sys.stdin.buffer.read())
    _bound()
    sys.stdout.write(json.dumps(asdict(_try(asked))))


if __name__ == "__main__":
    main()
