"""The lint: whether a process may be published under the executable profile ``leancity-exec-1``.

Errors forbid it; the rest is for the author to know. Every finding names its element and its text says what to do.
"""

from __future__ import annotations

from collections.abc import Callable

from leancity.core.processes.bpmn.findings import BpmnError, Finding
from leancity.core.processes.bpmn.model import Drawing, ProcessModel
from leancity.core.processes.bpmn.reader import read
from leancity.core.processes.bpmn.rules import elements, paths, people, texts, tokens
from leancity.core.processes.bpmn.rules.known import Found, Graph, Known

__all__ = ["PROFILE", "Known", "lint"]

PROFILE = "leancity-exec-1"

_RULES: tuple[Callable[[Graph], Found], ...] = (
    elements.identities,
    elements.kinds,
    elements.events,
    elements.begun,
    elements.event_scopes,
    elements.ways_out,
    elements.depth,
    elements.scopes,
    texts.expressions,
    texts.loops,
    texts.timers,
    people.apart,
    people.ballots,
    paths.begins_and_ends,
    paths.spinning,
    paths.parting,
    tokens.joins,
)
_OF_THE_CITY: tuple[Callable[[Graph, Known], Found], ...] = (
    people.named,
    people.tables,
    people.performers,
    texts.facts,
)


def lint(xml: bytes, process_id: str, known: Known | None = None) -> tuple[Finding, ...]:
    """Return what the profile says of a process and of those it calls, errors first. ``BpmnError``: see ``read``; or
    there is no such process."""
    drawing = read(xml)
    model = drawing.process(process_id)
    if model is None:
        raise BpmnError("bpmn_process_missing", process_id)
    models = _called(drawing, model)
    elements_of = {identity for each in models for identity in _identities(each)}
    found = [finding for finding in drawing.findings if not finding.element or finding.element in elements_of]
    for each in models:
        graph = Graph(each)
        for rule in _RULES:
            found += rule(graph)
        for city_rule in _OF_THE_CITY:
            found += city_rule(graph, known or Known())
    found += _calls(drawing, models)
    unique = {(finding.code, finding.element, str(finding.params)): finding for finding in found}
    return tuple(sorted(unique.values(), key=lambda finding: not finding.is_error))


def _called(drawing: Drawing, model: ProcessModel) -> list[ProcessModel]:
    found, waiting = [model], [model]
    while waiting:
        for node in waiting.pop().nodes:
            target = drawing.process(node.calls) if node.type == "callActivity" else None
            if target is not None and target not in found:
                found.append(target)
                waiting.append(target)
    return found


def _calls(drawing: Drawing, models: list[ProcessModel]) -> Found:
    """Calls of processes that aren't there, and processes that call themselves, at once or by another."""
    after = {
        model.id: {node.calls for node in model.nodes if node.type == "callActivity" and drawing.process(node.calls)}
        for model in models
    }
    ringing = {identity for ring in paths.rings(set(after), lambda i: after[i]) for identity in ring}
    for model in models:
        for node in model.nodes:
            if node.type != "callActivity":
                continue
            params = {"called": node.calls[:200]}
            if drawing.process(node.calls) is None:
                yield Finding("bpmn_call_nowhere", node.id, node.title or node.id, True, params)
            elif model.id in ringing and node.calls in ringing:
                yield Finding("bpmn_call_ring", node.id, node.title or node.id, True, params)


def _identities(model: ProcessModel) -> set[str]:
    nodes, flows = {node.id for node in model.nodes}, {flow.id for flow in model.flows}
    return {model.id, *nodes, *flows, *(lane.id for lane in model.lanes)}
