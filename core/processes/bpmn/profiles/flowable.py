"""Flowable: candidate groups, form keys, external workers by topic, JUEL."""

from __future__ import annotations

from leancity.core.processes.bpmn.profiles.sheet import Sheet
from leancity.core.processes.expressions.juel import to_juel

NAMESPACE = "http://flowable.org/bpmn"


def write(sheet: Sheet) -> None:
    """Write what the engine needs."""
    sheet.attribute(NAMESPACE, worker="external-worker")
    sheet.speak(to_juel, "{}")
