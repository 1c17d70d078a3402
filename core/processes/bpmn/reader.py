"""The reader: any BPMN 2.0 file, whoever drew it and with whatever prefixes, as a ``Drawing``.

What a file gets wrong becomes a finding; only what is no BPMN at all, or too much of it, is an error.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree

from leancity.core.processes.bpmn import names
from leancity.core.processes.bpmn.attributes import Attributes, metrics_of, term_of
from leancity.core.processes.bpmn.elements import flow_of, node_of, text_of
from leancity.core.processes.bpmn.findings import BpmnError, Finding
from leancity.core.processes.bpmn.model import Drawing, Flow, Lane, MessageFlow, Node, Note, Pool, ProcessModel
from leancity.core.processes.bpmn.names import bpmn, kind_of, referred, shown
from leancity.core.processes.bpmn.picture import edges_of, shapes_of
from leancity.core.processes.bpmn.references import reference_findings
from leancity.core.processes.xml import XmlError, parse_xml

MOST_NODES = 2_000
_NOTES = {
    "textAnnotation": "annotation",
    "dataObjectReference": "data",
    "dataStoreReference": "store",
    "group": "group",
}
_DEFINED = ("message", "signal", "error", "escalation")


def read(data: bytes) -> Drawing:
    """Return what a file says. ``BpmnError``: it is no XML, no BPMN 2.0, over 2 MB or has over 2 000 nodes."""
    return drawing_of(root_of(data))


def root_of(data: bytes) -> etree._Element:
    """Return the root of a BPMN file. ``BpmnError``: see ``read``."""
    try:
        root = parse_xml(data)
    except XmlError as error:
        raise BpmnError(error.code, line=error.line) from None
    if kind_of(root) != "definitions":
        raise BpmnError("bpmn_not_bpmn", line=root.sourceline, root=str(root.tag)[:200])
    count = sum(1 for element in root.iter() if kind_of(element) in names.NODES)
    if count > MOST_NODES:
        raise BpmnError("bpmn_too_many_nodes", count=count, most=MOST_NODES)
    return root


def drawing_of(root: etree._Element) -> Drawing:
    """Return what the document under ``root`` says."""
    return _Reading(root).drawing()


class _Reading:
    """One reading of one document."""

    def __init__(self, root: etree._Element) -> None:
        self.root = root
        self.findings: list[Finding] = []
        self.definitions = {
            element.get("id") or "": shown(element.get("name"))
            for kind in _DEFINED
            for element in root.iter(bpmn(kind))
        }
        self.pools = [
            Pool(pool.get("id") or "", shown(pool.get("name")), referred(pool.get("processRef")))
            for pool in root.iter(bpmn("participant"))
        ]

    def drawing(self) -> Drawing:
        processes = tuple(self.process(element) for element in self.root.iterchildren(bpmn("process")))
        self.identities()
        self.findings += reference_findings(processes, self.definitions)
        return Drawing(
            title=shown(self.root.get("name")),
            processes=processes,
            pools=tuple(self.pools),
            message_flows=tuple(self.message_flows()),
            notes=tuple(self.notes()),
            shapes=shapes_of(self.root),
            edges=edges_of(self.root),
            findings=tuple(self.findings),
            exporter=shown(self.root.get("exporter"))[:200],
        )

    def process(self, element: etree._Element) -> ProcessModel:
        identity = element.get("id") or ""
        lanes = tuple(self.lanes(element))
        of_node = {node: lane.title or lane.id for lane in lanes for node in lane.nodes}
        nodes: list[Node] = []
        flows: list[Flow] = []
        self.scope(element, "", "", of_node, nodes, flows)
        given = Attributes(element, self.findings)
        pool = next((pool.title for pool in self.pools if identity and pool.process == identity), "")
        return ProcessModel(
            id=identity,
            title=shown(element.get("name")) or pool or identity,
            pool=pool,
            is_executable=element.get("isExecutable") == "true",
            nodes=tuple(nodes),
            flows=tuple(flows),
            lanes=lanes,
            metrics=metrics_of(given),
            term=term_of(given),
            documentation=text_of(element, "documentation"),
        )

    def scope(
        self,
        element: etree._Element,
        parent: str,
        lane: str,
        lanes: dict[str, str],
        nodes: list[Node],
        flows: list[Flow],
    ) -> None:
        """Gather the nodes and flows of a process or a sub-process; what is in no lane is in its sub-process's."""
        for child in element:
            kind = kind_of(child)
            if kind in names.NODES:
                own = lanes.get(child.get("id") or "", lane)
                nodes.append(node_of(Attributes(child, self.findings), parent, own, self.definitions))
                if kind in names.SCOPES:
                    self.scope(child, child.get("id") or "", own, lanes, nodes, flows)
            elif kind == "sequenceFlow":
                flows.append(flow_of(Attributes(child, self.findings)))

    def lanes(self, process: etree._Element) -> Iterator[Lane]:
        """Yield the lanes of a process, an outer one before those in it: the innermost has the last word on a node."""
        for element in process.iter(bpmn("lane")):
            around = next(element.iterancestors(bpmn("lane")), None)
            yield Lane(
                id=element.get("id") or "",
                title=shown(element.get("name")),
                parent="" if around is None else around.get("id") or "",
                nodes=tuple(referred(node.text) for node in element.iterchildren(bpmn("flowNodeRef"))),
                metrics=metrics_of(Attributes(element, self.findings)),
            )

    def message_flows(self) -> Iterator[MessageFlow]:
        for element in self.root.iter(bpmn("messageFlow")):
            yield MessageFlow(
                id=element.get("id") or "",
                source=referred(element.get("sourceRef")),
                target=referred(element.get("targetRef")),
                title=shown(element.get("name")),
            )

    def notes(self) -> Iterator[Note]:
        for element in self.root.iter():
            kind = kind_of(element)
            if kind in _NOTES:
                text = text_of(element, "text") if kind == "textAnnotation" else shown(element.get("name"))
                yield Note(id=element.get("id") or "", kind=_NOTES[kind], text=text)

    def identities(self) -> None:
        """Tell which nodes, flows and processes have no id, or one that another element has."""
        owned = [element for element in self.root.iter() if isinstance(element.tag, str) and kind_of(element)]
        ids = Counter(element.get("id") for element in owned)
        told = set()
        for element in owned:
            kind, identity = kind_of(element), element.get("id") or ""
            if kind not in names.NODES and kind not in ("sequenceFlow", "process"):
                continue
            title = shown(element.get("name")) or identity or kind
            if not identity:
                line = element.sourceline
                self.findings.append(Finding("bpmn_no_id", "", title, True, {"kind": kind, "line": line}))
            elif ids[identity] > 1 and identity not in told:
                told.add(identity)
                self.findings.append(Finding("bpmn_doubled_id", identity, title, True, {"count": ids[identity]}))
