"""The value stream of a process: a view of its drawing's steps with what was measured, beside norm and target."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.cut import Cut
from leancity.core.processes.figures.nodes import NodeFigures, nodes_of
from leancity.core.processes.figures.totals import ProcessFigures, process_figures
from leancity.core.processes.versions.tables import Process, ProcessNode, ProcessVersion

AS_IS, TO_BE = "as_is", "to_be"
_WORK = ("task", "Task", "callActivity", "subProcess")


@dataclass(frozen=True, kw_only=True)
class Box:
    """A step: the queue before it (``measured.open`` cases lie there now), the work in it, and what a drawing says.

    ``norm`` and ``target`` are attributes of the node in the as-is and in the to-be drawing, None where there is none.
    """

    node_id: str
    title: str
    lane: str
    measured: NodeFigures | None
    norm: ProcessNode | None
    target: ProcessNode | None


@dataclass(frozen=True, kw_only=True)
class Totals:
    """Sums over the boxes of a drawing's attributes, working seconds; None where no box says so.

    ``cycle_efficiency`` is value-added processing / lead.
    """

    lead_s: float | None
    processing_s: float | None
    waiting_s: float | None
    labour_s: float | None
    value_added_s: float | None

    @property
    def cycle_efficiency(self) -> float | None:
        """The share of the lead time that creates value."""
        return self.value_added_s / self.lead_s if self.value_added_s is not None and self.lead_s else None


@dataclass(frozen=True, kw_only=True)
class ValueStream:
    """Boxes in the order of the drawing; steps that it doesn't know come last. ``figures`` is the whole as measured,
    ``nodes`` are the parts of it."""

    boxes: Sequence[Box]
    figures: ProcessFigures
    nodes: Sequence[NodeFigures]
    norm_version_id: uuid.UUID | None
    target_version_id: uuid.UUID | None
    norm: Totals
    target: Totals


async def value_stream(cut: Cut) -> ValueStream:
    """Return the value stream of a process.

    The norm is the version asked for, else the newest as-is drawing, else the one in production; the target is the
    newest to-be drawing.
    """
    async with tenant_tx():
        figures = await process_figures(cut)
        nodes = await nodes_of(figures.asked, figures.visited)
        norm_id = cut.version_id or await _newest(cut.process_id, AS_IS) or await _in_production(cut.process_id)
        target_id = await _newest(cut.process_id, TO_BE)
        norm, target = await _nodes(norm_id), await _nodes(target_id)
    measured = {node.node_id: node for node in nodes}
    drawn = {**target, **norm}
    order = sorted(drawn.values(), key=lambda node: (node.node_id not in norm, node.place, node.node_id))
    names = [node.node_id for node in order if node.type.endswith(_WORK) or node.node_id in measured]
    names += [name for name in measured if name not in drawn]
    return ValueStream(
        boxes=[
            Box(
                node_id=name,
                title=drawn[name].title if name in drawn and drawn[name].title else _title(measured, name),
                lane=drawn[name].lane if name in drawn else "",
                measured=measured.get(name),
                norm=norm.get(name),
                target=target.get(name),
            )
            for name in names
        ],
        figures=figures,
        nodes=nodes,
        norm_version_id=norm_id,
        target_version_id=target_id,
        norm=_totals(norm),
        target=_totals(target),
    )


def _title(measured: Mapping[str, NodeFigures], name: str) -> str:
    return measured[name].title if name in measured else name


async def _newest(process_id: uuid.UUID, kind: str) -> uuid.UUID | None:
    query = ProcessVersion.select(ProcessVersion.id).where(
        (ProcessVersion.process_id == process_id) & (ProcessVersion.kind == kind)
    )
    row = await query.order_by(ProcessVersion.no, ascending=False).first()
    return None if row is None else row["id"]


async def _in_production(process_id: uuid.UUID) -> uuid.UUID | None:
    row = await Process.select(Process.production_id).where(Process.id == process_id).first()
    return None if row is None else row["production_id"]


async def _nodes(version_id: uuid.UUID | None) -> dict[str, ProcessNode]:
    if version_id is None:
        return {}
    rows = await ProcessNode.objects().where(ProcessNode.version_id == version_id)
    return {row.node_id: row for row in rows}


def _totals(nodes: Mapping[str, ProcessNode]) -> Totals:
    work = [node for node in nodes.values() if node.type.endswith(_WORK)]
    return Totals(
        lead_s=_sum(_lead(node) for node in work),
        processing_s=_sum(node.processing_s for node in work),
        waiting_s=_sum(node.waiting_s for node in work),
        labour_s=_sum(node.labour_s for node in work),
        value_added_s=_sum(node.processing_s for node in work if node.value_class == "va"),
    )


def _lead(node: ProcessNode) -> float | None:
    if node.lead_s is not None:
        return float(node.lead_s)
    return _sum((node.processing_s, node.waiting_s, node.movement_s))


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
