"""What the readers say of a drawing, as refusals that name the element."""

from __future__ import annotations

from collections.abc import Iterable

from leancity.core.errors import Problem
from leancity.core.processes.bpmn.findings import BpmnError, Finding
from leancity.core.processes.xml import BYTES, XmlError

MOST = 50
"""Findings that one refusal lists: a drawing with more wants another look first."""


def of_drawing(error: BpmnError | XmlError, field: str = "xml") -> Problem:
    """Return why something is no drawing."""
    if isinstance(error, XmlError):
        return Problem(code=error.code, field=field, params={"line": error.line or "?", "limit": BYTES})
    return Problem(
        code=error.code,
        field=field,
        params={"line": error.line or "?", "element": error.element, "title": error.element, **error.params},
    )


def of_findings(findings: Iterable[Finding], field: str = "version_id") -> list[Problem]:
    """Return the errors among findings, the first of them where there are very many."""
    errors = [each for each in findings if each.is_error]
    return [Problem(code=each.code, field=field, params=each.facts) for each in errors[:MOST]]
