"""A model compiled for the library: read through our hardened door, fenced, rewritten, parsed, and laid over with our
nodes. Nothing is run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lxml import etree

from leancity.core.processes.bpmn.names import BPMN, bpmn, kind_of, referred
from leancity.core.processes.engine import reading
from leancity.core.processes.engine.errors import CompileError
from leancity.core.processes.engine.events import Event
from leancity.core.processes.engine.fence import check, condition_of, flows_in
from leancity.core.processes.engine.items import Items
from leancity.core.processes.engine.laying import laid_over
from leancity.core.processes.engine.program import CHILD, NodeFacts, Program
from leancity.core.processes.engine.reading import Repeat, nodes_in, scopes_in, text_in
from leancity.core.processes.engine.rewriting import escaped, prepare, strip
from leancity.core.processes.engine.safe_engine import parsed
from leancity.core.processes.engine.specs import Decision, FirstOf
from leancity.core.processes.engine.spiff import BpmnParser, SpiffWorkflowException, TaskParser, ValidationException
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.xml import XmlError, parse_xml


class _Parser(BpmnParser):
    OVERRIDE_PARSER_CLASSES = {bpmn("businessRuleTask"): (TaskParser, Decision)}  # noqa: RUF012 - as the library has it


def compile_process(executable_xml: str, process_id: str, names: Sequence[str] | None) -> Program:
    """Return a process ready to run, with the processes of the same file that it calls.

    ``names`` is the table of an earlier compilation of the version, None at the first: states point into it, so it only
    grows. Raises ``CompileError``.
    """
    try:
        root = parse_xml(executable_xml.encode())
    except XmlError as error:
        raise CompileError(error.code, "", line=error.line or 0) from None
    except UnicodeEncodeError:
        raise CompileError("xml_malformed", "", line=0) from None
    processes = _called_from(root, process_id)
    heard = reading.names_of(root)
    check(processes)
    nodes: dict[str, NodeFacts] = {}
    flows: dict[tuple[str, str], str] = {}
    for process in processes:
        _check_expressions(process, heard)
        is_called = process is not processes[0]
        for id_, node in reading.node_facts(process).items():
            nodes[escaped(id_)] = _inside(node) if is_called else node
        for flow in process.iter(bpmn("sequenceFlow")):
            ends = (referred(flow.get("sourceRef")), referred(flow.get("targetRef")))
            flows.setdefault(ends, flow.get("id") or "")
    correlations = reading.correlations_of(root, heard)
    for texts in correlations.values():
        _check_all(texts, process_id)
    events, repeats, decisions = _rewrite(processes, heard)
    specs = _parsed(processes, process_id, nodes)
    _lay_over(specs.values(), events, repeats, decisions)
    known = dict.fromkeys(names or ())
    known.update(dict.fromkeys(sorted({name for spec in specs.values() for name in spec.task_specs})))
    return Program(
        process_id=process_id,
        spec=specs[process_id],
        subprocesses={name: spec for name, spec in specs.items() if name != process_id},
        names=tuple(known),
        nodes=nodes,
        flows=flows,
        correlations=correlations,
    )


def _called_from(root: etree._Element, process_id: str) -> list[etree._Element]:
    """Return a process and those that it calls, and detach them from whatever else the file holds."""
    by_id = {process.get("id") or "": process for process in root.iterchildren(bpmn("process"))}
    if process_id not in by_id:
        raise CompileError("process_not_in_file", process_id)
    found = {process_id: by_id[process_id]}
    ahead = [by_id[process_id]]
    while ahead:
        for call in ahead.pop().iter(bpmn("callActivity")):
            name = referred(call.get("calledElement"))
            if name in by_id and name not in found:
                found[name] = by_id[name]
                ahead.append(by_id[name])
    return list(found.values())


def _inside(node: NodeFacts) -> NodeFacts:
    return NodeFacts(node.id, node.type, node.title, node.lane, node.topic)


def _check_expressions(process: etree._Element, heard: Mapping[str, str]) -> None:
    for scope in scopes_in(process):
        for flow in flows_in(scope):
            _check_all((condition_of(flow),), flow.get("id") or "")
        for node in nodes_in(scope):
            id_ = node.get("id") or ""
            for event in reading.events_of(node, heard):
                _check_all((getattr(event, "expression", None),), id_)
            repeat = reading.repeat_of(node)
            if repeat is not None:
                quorum = None if repeat.ballot is None else repeat.ballot.quorum
                _check_all((repeat.collection, repeat.count, repeat.enough, quorum), id_)
            loop = node.find(bpmn("standardLoopCharacteristics"))
            if loop is not None:
                _check_all((text_in(loop, "loopCondition"),), id_)


def _check_all(texts: Iterable[str | None], element: str) -> None:
    for text in texts:
        if text is not None:
            try:
                parsed(text)
            except ExpressionError as error:
                raise CompileError(error.code, element, **error.params) from None


def _rewrite(
    processes: list[etree._Element], heard: Mapping[str, str]
) -> tuple[dict[str, tuple[Event, ...]], dict[str, Repeat], dict[str, tuple[str, str]]]:
    """Rewrite the processes for the library; return what it isn't told, by the name of the node."""
    events: dict[str, tuple[Event, ...]] = {}
    repeats: dict[str, Repeat] = {}
    decisions: dict[str, tuple[str, str]] = {}
    for process in processes:
        prepare(process)
        for scope in scopes_in(process):
            for node in nodes_in(scope):
                name = node.get("id") or ""
                # What begins an instance of the process has happened when there is one.
                if kind_of(node) != "startEvent":
                    events[name] = reading.events_of(node, heard)
                repeat = reading.repeat_of(node)
                if repeat is not None:
                    repeats[name] = repeat
                if kind_of(node) == "businessRuleTask":
                    key, result = (reading.extension(node, "decision", part) for part in ("key", "result"))
                    decisions[name] = (key, result)
        strip(process)
    return events, repeats, decisions


def _parsed(processes: list[etree._Element], process_id: str, nodes: Mapping[str, NodeFacts]) -> dict[str, Any]:
    document = etree.Element(bpmn("definitions"), nsmap={"bpmn": BPMN})
    document.extend(processes)
    parser = _Parser()
    try:
        parser.add_bpmn_xml(document)
        spec = parser.get_spec(process_id)
        return {process_id: spec, **parser.get_subprocess_specs(process_id)}
    except ValidationException as error:
        if "RecursionError" in str(error):
            raise CompileError("process_too_long") from None
        node = nodes.get(getattr(error, "id", ""))
        raise CompileError("process_not_compiled", "" if node is None else node.id) from None
    except RecursionError:
        raise CompileError("process_too_long") from None
    except (SpiffWorkflowException, KeyError):
        raise CompileError("process_not_compiled") from None


def _lay_over(
    specs: Iterable[Any],
    events: Mapping[str, tuple[Event, ...]],
    repeats: Mapping[str, Repeat],
    decisions: Mapping[str, tuple[str, str]],
) -> None:
    for workflow_spec in specs:
        for name, spec in list(workflow_spec.task_specs.items()):
            kind: Any = type(spec)
            spec.__class__ = laid_over(kind)
            if not name.endswith(CHILD):
                _tell(spec, name, events, repeats)
            if name.removesuffix(CHILD) in decisions and isinstance(spec, Decision):
                spec.key, spec.result = decisions[name.removesuffix(CHILD)]
        for spec in workflow_spec.task_specs.values():
            if isinstance(spec, FirstOf):
                # The gateway waits for what its next nodes are drawn to wait for; they let its token through.
                spec.events = tuple(event for output in spec.outputs for event in output.events)
                for output in spec.outputs:
                    output.events = ()
            child = getattr(spec, "task_spec", None)
            if isinstance(child, str):
                workflow_spec.task_specs[child].completed_event.connect(spec.merge_child)


def _tell(spec: Any, name: str, events: Mapping[str, tuple[Event, ...]], repeats: Mapping[str, Repeat]) -> None:
    if hasattr(spec, "events"):
        spec.events = events.get(name, ())
    if isinstance(spec, Items):
        repeat = repeats[name]
        for field in Repeat.__slots__:
            setattr(spec, field, getattr(repeat, field))
