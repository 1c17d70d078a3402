"""Last step: where a way parts, a gateway stands, and each way out of a choice says when it is taken."""

from __future__ import annotations

from lxml import etree

from leancity.core.processes.bpmn.names import CHOICES, GATEWAYS, bpmn, kind_of
from leancity.core.processes.bpmn.rewriting.copy import Copy
from leancity.core.processes.bpmn.speech import canonical, is_readable

CHOICE = "choice"
"""The fact that answers for a gateway without conditions: the id of the flow that is taken."""

_EXPRESSIONS = ("loopCondition", "loopCardinality", "completionCondition", "condition")


def settle_conditions(copy: Copy) -> None:
    """Write conditions in our language; what can't be read in another's drawing is as if it weren't there."""
    for flow in copy.flows():
        condition = next(flow.iterchildren(bpmn("conditionExpression")), None)
        if condition is None:
            continue
        text = "".join(str(part) for part in condition.itertext()).strip()
        if is_readable(text):
            _say(flow, canonical(text))
        elif not text or not copy.is_ours:
            flow.remove(condition)
            if text:
                copy.assume("bpmn_assumed_condition_unread", flow, text=text[:200])
        else:
            _say(flow, text)
    for name in _EXPRESSIONS:
        for element in copy.root.iter(bpmn(name)):
            text = (element.text or "").strip()
            if is_readable(text):
                element.text = canonical(text)


def split_by_gateways(copy: Copy) -> None:
    """Several ways out of a task or an event are all taken, those with conditions where these hold."""
    leaving = copy.leaving()
    for node in copy.nodes():
        flows = leaving.get(node.get("id") or "", [])
        scope = node.getparent()
        if kind_of(node) in GATEWAYS or scope is None:
            continue
        if len(flows) == 1:
            _without_a_choice(copy, node, flows[0])
        elif len(flows) > 1:
            has_conditions = any(_condition(flow) is not None for flow in flows)
            gateway = etree.SubElement(
                scope,
                bpmn("inclusiveGateway" if has_conditions else "parallelGateway"),
                {"id": copy.fresh(f"{node.get('id')}_split")},
            )
            default = node.attrib.pop("default", None)
            if default is not None:
                gateway.set("default", default)
            elif has_conditions:
                _always(flows)
            for flow in flows:
                flow.set("sourceRef", gateway.get("id") or "")
            copy.connect(scope, node.get("id") or "", gateway.get("id") or "", f"{gateway.get('id')}_in")
            copy.assume("bpmn_assumed_split", node, count=len(flows))


def settle_choices(copy: Copy) -> None:
    """A choice has a condition on each way out but one, its default."""
    leaving = copy.leaving()
    for gateway in copy.nodes():
        kind, flows = kind_of(gateway), leaving.get(gateway.get("id") or "", [])
        if kind in GATEWAYS and kind not in CHOICES and kind != "complexGateway":
            gateway.attrib.pop("default", None)
            _drop_conditions(copy, flows)
        if kind not in CHOICES or len(flows) < 2:
            continue
        free = [flow for flow in flows if _condition(flow) is None]
        if gateway.get("default") is None and free:
            gateway.set("default", free[0].get("id") or "")
            copy.assume("bpmn_assumed_default", gateway, flow=_title(free[0]))
        for flow in flows:
            condition = _condition(flow)
            if flow.get("id") == gateway.get("default"):
                if condition is not None:
                    flow.remove(condition)
            elif condition is None:
                _say(flow, canonical(f'{CHOICE} = "{flow.get("id")}"'))
                copy.assume("bpmn_assumed_choice", gateway, flow=_title(flow), id=flow.get("id") or "")


def _without_a_choice(copy: Copy, node: etree._Element, flow: etree._Element) -> None:
    node.attrib.pop("default", None)
    condition = _condition(flow)
    if condition is not None and not copy.is_meant:
        flow.remove(condition)
        copy.assume("bpmn_assumed_condition_dropped", flow)


def _drop_conditions(copy: Copy, flows: list[etree._Element]) -> None:
    for flow in flows:
        condition = _condition(flow)
        if condition is not None:
            flow.remove(condition)
            copy.assume("bpmn_assumed_condition_dropped", flow)


def _always(flows: list[etree._Element]) -> None:
    """A way out of a task without a condition is taken whatever becomes of the others."""
    for flow in flows:
        if _condition(flow) is None:
            _say(flow, "true")


def _condition(flow: etree._Element) -> etree._Element | None:
    return next(flow.iterchildren(bpmn("conditionExpression")), None)


def _say(flow: etree._Element, text: str) -> None:
    condition = _condition(flow)
    if condition is None:
        condition = etree.SubElement(flow, bpmn("conditionExpression"))
    for child in list(condition):
        condition.remove(child)
    condition.text = text


def _title(flow: etree._Element) -> str:
    return " ".join((flow.get("name") or flow.get("id") or "").split())
