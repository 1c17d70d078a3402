"""The figures of processes: the whole, its nodes, and its months, versions, units and channels side by side."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Self

import strawberry

from leancity.core.cases.checks import keepable
from leancity.core.processes.figures import listing, series, totals
from leancity.core.processes.figures.cut import READ
from leancity.core.processes.figures.nodes import NodeFigures, node_figures, nodes_of
from leancity.core.processes.figures.series import By
from leancity.graphql.api import Connection, Keyset, connection, field
from leancity.graphql.kernel.process_figures_parts import ProcessCut, ProcessSpread, told

strawberry.enum(By, name="ProcessSeriesBy", description="By what cases are told apart.")


@strawberry.type(description="Little's law as a check of the data, pauses included.")
class ProcessBalance:
    wip: float = strawberry.field(description="How many cases were open on average, counted.")
    expected: float = strawberry.field(description="The same by throughput times lead time.")
    deviation: float | None = strawberry.field(description="By what share they differ.")
    is_plausible: bool = strawberry.field(description="False: cases pile up or are worked off, or moments are wrong.")


@strawberry.type(description="A node's figures, of visits done within the period; a heat map over the drawing.")
class ProcessNodeFigures:
    node_id: str
    title: str
    type: str
    value_class: str
    visits: int
    lead: ProcessSpread = strawberry.field(description="From being there to be done to being done.")
    queue: ProcessSpread = strawberry.field(description="Until somebody took it up.")
    claimed: ProcessSpread = strawberry.field(description="Taken up and not begun.")
    suspended: ProcessSpread
    external: ProcessSpread = strawberry.field(description="Waiting for the applicant or another body.")
    processing: ProcessSpread
    waiting: ProcessSpread = strawberry.field(description="All of its lead time in which nobody worked.")
    first_pass: float | None = strawberry.field(description="Share right at the first visit.")
    correct: float | None = strawberry.field(description="Share that no later step sent back (%C&A).")
    labour_s: float
    people: int
    most_per_day: int = strawberry.field(description="The most that were done on one day.")
    open: int = strawberry.field(description="Lying there now.")
    overdue: int
    waiting_share: float | None = strawberry.field(description="Its part of all waiting of the process.")
    is_few: bool

    @classmethod
    def of(cls, row: NodeFigures) -> Self:
        return told(cls, row)


@strawberry.type(description="The figures of a process over a period. Seconds; shares are 0 to 1.")
class ProcessFigures:
    since: date
    until: date
    working_days: float
    opened: int
    closed: int
    ended_otherwise: int = strawberry.field(
        description="Over without an end that the process names: withdrawn, stopped. In no figure of the closed ones."
    )
    open: int = strawberry.field(description="At the period's end, or now.")
    overdue: int
    lead: ProcessSpread = strawberry.field(description="Working time, net of the time for which the clock stood.")
    lead_calendar: ProcessSpread = strawberry.field(description="The same on the wall's clock.")
    processing: ProcessSpread = strawberry.field(description="Somebody worked on it; steps side by side count once.")
    waiting: ProcessSpread
    queue: ProcessSpread
    claimed: ProcessSpread
    suspended: ProcessSpread
    external: ProcessSpread
    throughput_per_day: float | None = strawberry.field(description="Closed cases a working day.")
    capacity_per_day: int | None = strawberry.field(description="What the narrowest node managed on its best day.")
    narrowest: str | None
    value_added_s: float | None
    labour_s: float
    first_pass_yield: float | None
    rolled_yield: float | None = strawberry.field(description="The product of the nodes' correct shares.")
    error_rate: float | None
    on_time_rate: float | None
    promised: int = strawberry.field(description="Closed cases that had a term.")
    efficiency: float | None = strawberry.field(description="The method's coefficient: labour / lead time.")
    cycle_efficiency: float | None = strawberry.field(description="Process cycle efficiency: value-added / lead time.")
    takt_s: float | None = strawberry.field(description="Working time for each case that was opened.")
    people: int
    utilisation: float | None
    balance: ProcessBalance
    is_few: bool
    known: strawberry.Private[totals.ProcessFigures]
    known_nodes: strawberry.Private[Sequence[NodeFigures] | None]

    @field(public="of the figures, which are guarded")
    async def nodes(self) -> list[ProcessNodeFigures]:
        found = self.known_nodes
        if found is None:  # what each node took is the dearest of all, so it is reckoned only where it is asked for
            found = await nodes_of(self.known.asked, self.known.visited)
        return [ProcessNodeFigures.of(row) for row in found]

    @classmethod
    def of(cls, row: totals.ProcessFigures, found: Sequence[NodeFigures] | None = None) -> Self:
        return told(
            cls,
            row,
            since=row.asked.first,
            until=row.asked.last,
            working_days=row.asked.working_days,
            balance=told(ProcessBalance, row.balance),
            known=row,
            known_nodes=found,
        )


@strawberry.type(description="The chief figures of the cases of one month, version, unit or channel.")
class ProcessSeriesPart:
    key: str = strawberry.field(description="2026-10, an id, or a channel; empty: those without.")
    closed: int
    lead: ProcessSpread
    first_pass_yield: float
    on_time_rate: float | None
    labour_s: float
    is_few: bool


@strawberry.type(description="A closed case behind the figures. Seconds; `lead` is net of pauses.")
class ProcessCaseFigures:
    id: uuid.UUID
    external_id: str | None
    version_id: uuid.UUID | None
    unit_id: uuid.UUID | None
    channel: str
    opened_at: datetime
    closed_at: datetime
    lead_w: float = strawberry.field(description="Working time.")
    lead_s: float = strawberry.field(description="On the wall's clock.")
    paused_w: float
    processing_s: float
    value_added_s: float
    external_s: float
    labour_s: float
    is_reworked: bool
    is_faulty: bool
    due_at: datetime | None
    is_on_time: bool | None
    outcome: str | None
    variant: str | None = strawberry.field(description="Digest of its sequence of nodes; a filter of this list.")


@strawberry.type
class ProcessFiguresQuery:
    @field(permission=READ, description="The figures of a process.")
    async def process_figures(self, cut: ProcessCut) -> ProcessFigures:
        return ProcessFigures.of(await totals.process_figures(cut.cut()))

    @field(permission=READ, description="The figures of its nodes, the most waiting first.")
    async def process_node_figures(self, cut: ProcessCut) -> list[ProcessNodeFigures]:
        return [ProcessNodeFigures.of(row) for row in await node_figures(cut.cut())]

    @field(permission=READ, description="The chief figures by month, version, unit or channel.")
    async def process_series(self, cut: ProcessCut, by: By) -> list[ProcessSeriesPart]:
        return [told(ProcessSeriesPart, row) for row in await series.series(cut.cut(), by)]

    @field(permission=READ, description="The closed cases behind the figures, the newest first.")
    async def process_cases(
        self, cut: ProcessCut, variant: str | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[ProcessCaseFigures]:
        wanted = cut.cut()
        digest = None if variant is None else keepable(variant)

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[listing.ListedCase]:
            place = None if keyset is None else (keyset[0], keyset[1])
            return await listing.list_cases(wanted, variant=digest, after=place, limit=limit)

        async def count() -> int:
            return await listing.count_cases(wanted, digest)

        return await connection(
            "core.process_cases",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.closed_at, row.id),
            node=lambda row: told(ProcessCaseFigures, row),
        )
