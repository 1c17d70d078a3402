"""Sending a case back: how a drawing says that it can be, and what the one who does it leaves.

A user task has a way back where a condition behind it asks for the fact ``send_back``: on a flow that leaves the task,
or on one that leaves the gateway behind it. Who sends back gives the facts ``send_back`` (true) and
``send_back_reason``; finishing the task in the ordinary way takes both away again.
"""

from __future__ import annotations

from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.names import names
from leancity.core.processes.expressions.parsing import parse
from leancity.core.processes.running.programs import loaded
from leancity.core.processes.running.worklist import Work

BACK = "send_back"
REASON = "send_back_reason"


async def may_send_back(work: Work) -> bool:
    """Tell whether the drawing has a way back from an item."""
    drawn = await loaded(work.version_id)
    gateways = {
        flow.target
        for flow in drawn.flows
        if flow.source == work.node_id and drawn.nodes[flow.target].type.endswith("Gateway")
    }
    return any(
        _asks(flow.condition)
        for flow in drawn.flows
        if flow.condition and (flow.source == work.node_id or flow.source in gateways)
    )


def _asks(condition: str) -> bool:
    try:
        return BACK in names(parse(condition))
    except ExpressionError:
        return False
