"""How cases went: variants, what follows what, where they left the drawing; and whether it has become better."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Self

import strawberry

from leancity.core.processes.figures import chart, comparison, conformance, stream, variants
from leancity.core.processes.figures.chart import Break, Each
from leancity.core.processes.figures.comparison import Verdict
from leancity.core.processes.figures.cut import READ
from leancity.core.processes.versions.tables import ProcessNode as NodeRow
from leancity.graphql.api import field
from leancity.graphql.kernel.process_figures import ProcessFigures, ProcessNodeFigures
from leancity.graphql.kernel.process_figures_parts import ProcessCut, ProcessSpread, told

strawberry.enum(Verdict, name="ProcessVerdict", description="What may be said of a difference.")
strawberry.enum(Each, name="ProcessChartEach", description="What a point is: a case, or the median of a week.")
strawberry.enum(Break, name="ProcessChartBreak", description="Why a point is no chance.")


@strawberry.type(description="A sequence of nodes that closed cases took.")
class ProcessVariant:
    nodes: list[str]
    cases: int
    share: float
    median: float = strawberry.field(description="Lead time in working seconds.")
    is_few: bool


@strawberry.type
class ProcessVariants:
    total: int = strawberry.field(description="Of different variants.")
    cases: int
    variants: list[ProcessVariant] = strawberry.field(description="The commonest first.")


@strawberry.type
class ProcessGraphNode:
    node_id: str
    title: str
    visits: int
    cases: int


@strawberry.type(description="One node came directly after another; without a source at the beginning of a case.")
class ProcessGraphEdge:
    source: str | None
    target: str | None
    times: int
    median: float | None = strawberry.field(description="Working seconds from the end of one to the other's start.")


@strawberry.type(description="The directly-follows graph of the closed cases.")
class ProcessGraph:
    nodes: list[ProcessGraphNode]
    edges: list[ProcessGraphEdge]


@strawberry.type(description="A place at which cases left the drawing.")
class ProcessLeaving:
    after: str | None = strawberry.field(description="The step before; null: at the beginning.")
    step: str | None = strawberry.field(description="The step by which they left; null: they ended.")
    cases: int
    is_unknown: bool = strawberry.field(description="The drawing has no such node.")
    some: list[uuid.UUID] = strawberry.field(description="Up to twenty of the cases, the newest.")


@strawberry.type
class ProcessConformance:
    version_id: uuid.UUID
    checked: int
    deviating: int
    deviating_share: float | None
    unchecked: int = strawberry.field(description="Cases whose drawing can be played in too many ways to tell.")
    leavings: list[ProcessLeaving]


@strawberry.type
class ProcessSide:
    lead: ProcessSpread
    open: int = strawberry.field(description="Opened on this side and not closed yet.")

    @classmethod
    def of(cls, row: comparison.Side) -> Self:
        return told(cls, row)


@strawberry.type(description="Before and after: cases by the moment at which they were opened.")
class ProcessComparison:
    before: ProcessSide
    after: ProcessSide
    difference: float | None = strawberry.field(description="Of the medians, working seconds; below 0 is shorter.")
    low: float | None = strawberry.field(description="Its 95 % interval.")
    high: float | None
    likelihood: float | None = strawberry.field(description="That ranks differ so much where nothing has changed.")
    verdict: Verdict


@strawberry.type
class ProcessChartPoint:
    at: datetime
    value: float = strawberry.field(description="Working days.")
    cases: int
    step: float | None
    breaks: list[Break]


@strawberry.type(description="An XmR chart of lead times in working days.")
class ProcessControlChart:
    centre: float | None
    low: float | None
    high: float | None
    step_limit: float | None
    reckoned_from: int = strawberry.field(description="How many points the limits are reckoned from.")
    points: list[ProcessChartPoint]


@strawberry.type(description="What a drawing says of a node: attributes in working seconds.")
class ProcessNorm:
    lead_s: float | None
    processing_s: float | None
    waiting_s: float | None
    labour_s: float | None
    capacity_per_day: float | None
    error_rate: float | None
    value_class: str
    basis: str

    @classmethod
    def of(cls, row: NodeRow | None) -> Self | None:
        return None if row is None else told(cls, row)


@strawberry.type(description="A step of the value stream with the queue before it.")
class ProcessStreamBox:
    node_id: str
    title: str
    lane: str
    measured: ProcessNodeFigures | None
    norm: ProcessNorm | None = strawberry.field(description="By the as-is drawing.")
    target: ProcessNorm | None = strawberry.field(description="By the to-be drawing.")

    @classmethod
    def of(cls, row: stream.Box) -> Self:
        measured = None if row.measured is None else ProcessNodeFigures.of(row.measured)
        return told(cls, row, measured=measured, norm=ProcessNorm.of(row.norm), target=ProcessNorm.of(row.target))


@strawberry.type(description="Sums over a drawing's steps, working seconds.")
class ProcessStreamTotals:
    lead_s: float | None
    processing_s: float | None
    waiting_s: float | None
    labour_s: float | None
    value_added_s: float | None
    cycle_efficiency: float | None


@strawberry.type(description="The value stream: norm, measured and target side by side.")
class ProcessValueStream:
    boxes: list[ProcessStreamBox]
    figures: ProcessFigures = strawberry.field(description="The whole as measured.")
    norm_version_id: uuid.UUID | None
    target_version_id: uuid.UUID | None
    norm: ProcessStreamTotals
    target: ProcessStreamTotals


@strawberry.type
class ProcessPathsQuery:
    @field(permission=READ, description="The commonest sequences of nodes.")
    async def process_variants(self, cut: ProcessCut, first: int = 50) -> ProcessVariants:
        found = await variants.variants(cut.cut(), first)
        return told(ProcessVariants, found, variants=[told(ProcessVariant, row) for row in found.variants])

    @field(permission=READ, description="What follows what, how often and after how long.")
    async def process_graph(self, cut: ProcessCut) -> ProcessGraph:
        found = await variants.graph(cut.cut())
        return ProcessGraph(
            nodes=[told(ProcessGraphNode, row) for row in found.nodes],
            edges=[told(ProcessGraphEdge, row) for row in found.edges],
        )

    @field(permission=READ, description="Which cases left the drawing of a version, and where.")
    async def process_conformance(self, cut: ProcessCut, version_id: uuid.UUID) -> ProcessConformance:
        found = await conformance.conformance(cut.cut(), version_id)
        return told(ProcessConformance, found, leavings=[told(ProcessLeaving, row) for row in found.leavings])

    @field(permission=READ, description="Before and after a day, or before a version and on it.")
    async def process_comparison(
        self, cut: ProcessCut, at: date | None = None, version_id: uuid.UUID | None = None
    ) -> ProcessComparison:
        found = await comparison.compare(cut.cut(), at=at, version_id=version_id)
        sides = {"before": ProcessSide.of(found.before), "after": ProcessSide.of(found.after)}
        return told(ProcessComparison, found, **sides)

    @field(permission=READ, description="Whether lead times of late are chance or a change.")
    async def process_control_chart(
        self, cut: ProcessCut, each: Each = Each.CASE, base_until: date | None = None
    ) -> ProcessControlChart:
        found = await chart.control_chart(cut.cut(), each, base_until)
        points = [told(ProcessChartPoint, row, breaks=list(row.breaks)) for row in found.points]
        return told(ProcessControlChart, found, points=points)

    @field(permission=READ, description="The value stream of a process.")
    async def process_value_stream(self, cut: ProcessCut) -> ProcessValueStream:
        found = await stream.value_stream(cut.cut())
        return told(
            ProcessValueStream,
            found,
            boxes=[ProcessStreamBox.of(row) for row in found.boxes],
            figures=ProcessFigures.of(found.figures, found.nodes),
            norm=told(ProcessStreamTotals, found.norm),
            target=told(ProcessStreamTotals, found.target),
        )
