"""The queryable copy of a drawing: its nodes and flows as rows, written with the version they belong to."""

from __future__ import annotations

from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.ids import new_id
from leancity.core.processes.bpmn.model import Flow, Metrics, Node, ProcessModel
from leancity.core.processes.versions.tables import ProcessVersion

# Rows by columns: a drawing of two thousand nodes would have more values than a statement may.
_NODES = """
insert into process_node (id, tenant_id, version_id, node_id, type, title, lane, parent, place, lead_s, processing_s,
    waiting_s, movement_s, labour_s, capacity_per_day, launches_per_month, error_rate, value_class, basis)
select n.id, $1, $2, n.node_id, n.type, n.title, n.lane, n.parent, n.place, n.lead_s, n.processing_s, n.waiting_s,
    n.movement_s, n.labour_s, n.capacity_per_day, n.launches_per_month, n.error_rate, n.value_class, n.basis
from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::int[], $10::float8[],
    $11::float8[], $12::float8[], $13::float8[], $14::float8[], $15::float8[], $16::float8[], $17::float8[],
    $18::text[], $19::text[])
    as n (id, node_id, type, title, lane, parent, place, lead_s, processing_s, waiting_s, movement_s, labour_s,
    capacity_per_day, launches_per_month, error_rate, value_class, basis)
"""
_FLOWS = """
insert into process_flow (id, tenant_id, version_id, flow_id, source, target, title, condition, probability)
select f.id, $1, $2, f.flow_id, f.source, f.target, f.title, f.condition, f.probability
from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::float8[])
    as f (id, flow_id, source, target, title, condition, probability)
"""


async def fill(version: ProcessVersion, model: ProcessModel) -> None:
    """Write the nodes and flows of ``model`` for a version that was just inserted. Joins the open unit."""
    nodes = [_node(place, node) for place, node in enumerate({node.id: node for node in model.nodes}.values())]
    flows = [_flow(flow) for flow in {flow.id: flow for flow in model.flows}.values()]
    async with tenant_tx(write=True) as unit:
        if nodes:
            await unit.connection.execute(_NODES, unit.tenant_id, version.id, *map(list, zip(*nodes, strict=True)))
        if flows:
            await unit.connection.execute(_FLOWS, unit.tenant_id, version.id, *map(list, zip(*flows, strict=True)))


def bounds(model: ProcessModel) -> tuple[list[str], list[str]]:
    """Return the ids of the events between which the lead time of a drawing runs unless somebody says otherwise."""
    starts = [node.id for node in model.nodes if node.type == "startEvent" and not node.parent]
    return starts, [node.id for node in model.nodes if node.type == "endEvent" and not node.parent]


def _node(place: int, node: Node) -> tuple[Any, ...]:
    said = node.metrics or Metrics()
    return (
        new_id(),
        node.id,
        node.type,
        node.title,
        node.lane,
        node.parent,
        place,
        said.lead_s,
        said.processing_s,
        said.waiting_s,
        said.movement_s,
        said.labour_s,
        said.capacity_per_day,
        said.launches_per_month,
        said.error_rate,
        said.value_class,
        said.basis,
    )


def _flow(flow: Flow) -> tuple[Any, ...]:
    return new_id(), flow.id, flow.source, flow.target, flow.title, flow.condition, flow.probability
