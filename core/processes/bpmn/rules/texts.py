"""Rules about expressions and times: each is read once here, so that a case never meets one that can't be."""

from __future__ import annotations

from collections.abc import Iterator

from leancity.core.processes.bpmn.findings import Finding
from leancity.core.processes.bpmn.model import Node
from leancity.core.processes.bpmn.rewriting.ways import CHOICE
from leancity.core.processes.bpmn.rules.known import Found, Graph, Known, wrong
from leancity.core.processes.bpmn.speech import is_name, is_readable, timer_trouble, trouble
from leancity.core.processes.expressions.names import names
from leancity.core.processes.expressions.parsing import parse

_OF_THE_ENGINE = frozenset({CHOICE, "loopCounter", "nrOfInstances", "item", "outcome", "move", "members", "cast"})


def expressions(graph: Graph) -> Found:
    """Conditions, loops and assignments that can't be read."""
    for element, title, where, text in _texts(graph):
        error = trouble(text)
        if error is not None:
            params = {"where": where, "text": text[:200], "error": error.code, "at": error.at or 1}
            yield Finding("bpmn_expression_unread", element, title, True, params)


def loops(graph: Graph) -> Found:
    """Repetitions that say too little, or too much."""
    for node in graph.nodes.values():
        loop = node.loop
        if loop is None:
            continue
        if loop.kind == "standard":
            if (loop.maximum and not loop.maximum.isdecimal()) or not (loop.condition or loop.maximum):
                yield wrong("bpmn_loop_unread", node)
            continue
        has_both_or_none = bool(loop.cardinality) == bool(loop.collection)
        if has_both_or_none or (loop.collection and not is_name(loop.collection)):
            yield wrong("bpmn_loop_unread", node)


def timers(graph: Graph) -> Found:
    """Times that can't be read, or that come round at once and for ever."""
    for node in graph.nodes.values():
        if node.event is None or "timer" not in node.event.kinds:
            continue
        timer = node.timer
        if timer is not None and (timer.working_days is not None or timer.working_hours is not None):
            continue
        code = timer_trouble(timer.kind, timer.text) if timer is not None else "bpmn_timer_missing"
        if code is not None:
            yield wrong(code, node, text="" if timer is None else timer.text[:100])


def facts(graph: Graph, known: Known) -> Found:
    """Names that nothing sets: they are null, and every comparison with them is false."""
    if known.facts is None:
        return
    set_here = {node.loop.item for node in graph.nodes.values() if node.loop} | {
        node.decision_result for node in graph.nodes.values()
    }
    set_here |= {node.ballot.result for node in graph.nodes.values() if node.ballot}
    set_here |= {name for node in graph.nodes.values() if node.begin for name in (node.begin.item, node.begin.result)}
    for element, title, where, text in _texts(graph):
        if is_readable(text):
            lost = sorted(names(parse(text)) - known.facts - set_here - _OF_THE_ENGINE)
            if lost:
                params = {"where": where, "names": ", ".join(lost)[:200]}
                yield Finding("bpmn_fact_unset", element, title, False, params)


def _texts(graph: Graph) -> Iterator[tuple[str, str, str, str]]:
    """Yield every expression with the id and title of its element and the name of its place."""
    model = graph.model
    if model.term is not None and model.term.due:
        yield model.id, model.title or model.id, "lean:term/due", model.term.due
    for flow in graph.flows:
        if flow.condition:
            yield flow.id, flow.title or flow.id, "conditionExpression", flow.condition
    for node in graph.nodes.values():
        for where, text in _of_node(node):
            if text:
                yield node.id, node.title or node.id, where, text


def _of_node(node: Node) -> Iterator[tuple[str, str]]:
    if node.event is not None and "condition" in node.event.kinds:
        yield "condition", node.event.condition
    if node.loop is not None:
        yield "loopCardinality", node.loop.cardinality
        yield "completionCondition" if node.loop.kind != "standard" else "loopCondition", node.loop.condition
    if node.assign is not None:
        yield "lean:assign/person", node.assign.person
        yield "lean:assign/unit", node.assign.unit
    if node.ballot is not None:
        yield "lean:ballot/quorum", node.ballot.quorum
    if node.term is not None:
        yield "lean:term/due", node.term.due
    if node.begin is not None:
        yield from ((f"lean:begin/{name}", text) for name, text in node.begin.expressions)
