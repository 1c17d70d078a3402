"""The bounds of a dry run's own process: what swells or never ends does so there, and the author is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from leancity.core.processes.engine import dry_run
from tests.core.processes.engine.drawing import Life, compiled, flows, nodes, process

WAY = process(nodes(startEvent="s", userTask="a", endEvent="e"), "s > a > e")


def misbehaving(folder: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process of a dry run do ``what`` (Python) where it would begin the case."""
    program = folder / "python"
    program.write_text(
        f"#!{sys.executable}\nfrom leancity.core.processes.engine import dry_run\n"
        f"dry_run.step.begin = lambda *_: {what}\ndry_run.main()\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("bytearray(512 * 1024 * 1024)", "process_dry_run_memory"),
        ("__import__('os')._exit(3)", "process_dry_run_failed"),
        ("__import__('os').environ['PATH']", "process_dry_run_failed"),
        pytest.param("[bytes(2**20) for _ in iter(int, 1)]", "process_dry_run_memory", marks=pytest.mark.long),
        pytest.param("all(True for _ in iter(int, 1))", "process_dry_run_time", marks=pytest.mark.long),
    ],
)
def test_a_dry_run_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, code: str) -> None:
    misbehaving(tmp_path, what, monkeypatch)
    tried = dry_run.dry_run(WAY, "p")
    assert (tried.code, tried.waits, tried.is_finished) == (code, (), False)


def test_a_terminating_end_ends_what_watches_over_its_scope_and_no_more() -> None:
    watch = (
        '<bpmn:subProcess id="w" triggeredByEvent="true"><bpmn:startEvent id="ws"><bpmn:timerEventDefinition>'
        "<bpmn:timeDuration>PT1H</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:startEvent>"
        + nodes(userTask="wa", endEvent="we")
        + flows("ws > wa > we")
        + "</bpmn:subProcess>"
    )
    end = '<bpmn:endEvent id="i2"><bpmn:terminateEventDefinition/></bpmn:endEvent>'
    inner = nodes(startEvent="i0", userTask="i1") + end + flows("i0 > i1 > i2") + watch
    body = (
        nodes(startEvent="s", userTask="after", endEvent="e") + f'<bpmn:subProcess id="sub">{inner}</bpmn:subProcess>'
    )
    life = Life(compiled(body, "s > sub > after > e"))
    assert life.waiting() == ["i1", "ws"]
    assert life.do("i1").waiting() == ["after"]
    assert life.do("after").run.is_finished
