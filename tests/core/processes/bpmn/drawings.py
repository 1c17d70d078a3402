"""Small drawings, written as short as they can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from leancity.core.processes.bpmn.findings import Finding
from leancity.core.processes.bpmn.lint import Known, lint
from leancity.core.processes.bpmn.normalise import normalise
from tests.data import MIWG

REPORT = Path(__file__).parents[4] / "modules" / "city_problems" / "processes" / "report.bpmn"
NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:lean="http://lean-smart-city.example/bpmn/1" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)
START, END = '<startEvent id="s"/>', '<endEvent id="e" name="Готово"/>'


def drawing(body: str, *, meant: bool = True, above: str = "") -> bytes:
    """Return a file with one process ``p``; ``above`` stands beside it."""
    executable = ' isExecutable="true"' if meant else ""
    return (
        f'<definitions {NAMESPACES} id="d" targetNamespace="urn:x">{above}'
        f'<process id="p" name="Процесс"{executable}>{body}</process></definitions>'
    ).encode()


def flows(*pairs: str) -> str:
    """Return sequence flows ``a>b`` or ``a>b?condition``, called a_b."""
    found = []
    for pair in pairs:
        way, _, condition = pair.partition("?")
        source, _, target = way.partition(">")
        inside = f"<conditionExpression>{condition}</conditionExpression>" if condition else ""
        found.append(
            f'<sequenceFlow id="{source}_{target}" sourceRef="{source}" targetRef="{target}">{inside}</sequenceFlow>'
        )
    return "".join(found)


def users(*ids: str) -> str:
    """Return tasks of people."""
    return "".join(f'<userTask id="{identity}" name="Шаг {identity}"/>' for identity in ids)


def found(data: bytes, known: Known | None = None) -> list[Finding]:
    """Return what the lint says of the drawing as it would be run."""
    return list(lint(normalise(data, "p").xml, "p", known))


def errors(data: bytes, known: Known | None = None) -> set[tuple[str, str]]:
    """Return codes and elements of what forbids to publish."""
    return {(finding.code, finding.element) for finding in found(data, known) if finding.is_error}


def miwg() -> list[Path]:
    """Return the reference files; skip where they aren't."""
    if not MIWG.is_dir():
        pytest.skip(f"{MIWG} is not there: it holds the reference files of the BPMN interchange group")
    return sorted(MIWG.glob("*.bpmn"))
