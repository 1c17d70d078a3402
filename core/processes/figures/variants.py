"""The ways that cases have gone: sequences of nodes, and what follows what how often and after how long.

A case's steps stand in the order in which it came to them (of an imported log: in which they were begun). Only done
steps count, so that a case reads the same in its variant (``figures.recording``), here and in the export.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.processes.figures.cut import CLOSED, FEW, Cut, asked, room

MOST = 500
"""Variants that can be asked for."""

WALKED = """
, walked as materialized (
    select s.fact_id, s.node_id, s.title, s.available_w, s.started_w, s.done_w, s.place, s.available_at, s.id
    from process_step_fact s join closed c on c.tenant_id = s.tenant_id and c.id = s.fact_id
    where s.tenant_id = $1 and s.state = 'done'
)
"""
"""The done steps of the closed cases."""
_VARIANTS = CLOSED + WALKED  + """
, ways as (select fact_id, array_agg(node_id order by place, available_at, id) as nodes from walked group by 1)
select w.nodes, count(*) as cases, percentile_cont(0.5) within group (order by c.lead_w) as median,
    sum(count(*)) over () as whole, count(*) over () as variants
from ways w join closed c on c.id = w.fact_id group by 1 order by cases desc, nodes limit $10
"""  # fmt: skip  # noqa: S608 - constants
_EDGES = CLOSED + WALKED + """
, pairs as (
    select node_id as target, lag(node_id) over way as source,
        case when lag(done_w) over way is not null then
            greatest(0, coalesce(started_w, done_w) - lag(done_w) over way)::float8 end as took
    from walked window way as (partition by fact_id order by place, available_at, id)
), ends as (
    select distinct on (fact_id) node_id from walked order by fact_id, place desc, available_at desc, id desc
)
select source, target, count(*) as times, percentile_cont(0.5) within group (order by took) as median
from pairs group by 1, 2
union all
select node_id, null, count(*), null from ends group by 1
order by times desc, source nulls first, target nulls last
"""  # fmt: skip  # noqa: S608 - constants
_NODES = CLOSED + WALKED + """
select node_id, max(title) as title, count(*) as visits, count(distinct fact_id) as cases
from walked group by 1 order by visits desc, node_id
"""  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A sequence of node ids; ``share`` of all closed cases with steps; ``median`` lead time in working seconds."""

    nodes: Sequence[str]
    cases: int
    share: float
    median: float

    @property
    def is_few(self) -> bool:
        """Whether its median is over too few cases to be relied on."""
        return self.cases < FEW


@dataclass(frozen=True, kw_only=True)
class Variants:
    """The commonest variants of ``total``, over ``cases`` closed cases."""

    variants: Sequence[Variant]
    total: int
    cases: int


@dataclass(frozen=True, kw_only=True)
class GraphNode:
    """A node of the directly-follows graph."""

    node_id: str
    title: str
    visits: int
    cases: int


@dataclass(frozen=True, kw_only=True)
class GraphEdge:
    """``target`` came directly after ``source`` so many ``times``; a missing source is the beginning of a case, a
    missing target its end. ``median``: working seconds from the end of the one to the start of the other, None at
    beginning and end."""

    source: str | None
    target: str | None
    times: int
    median: float | None


@dataclass(frozen=True, kw_only=True)
class Graph:
    """The directly-follows graph of the closed cases."""

    nodes: Sequence[GraphNode]
    edges: Sequence[GraphEdge]


async def variants(cut: Cut, most: int = 50) -> Variants:
    """Return the ``most`` commonest variants of the closed cases, 1 to 500."""
    if not 1 <= most <= MOST:
        raise refuse("page_size_invalid", "first", limit=MOST)
    wanted = await asked(cut)
    async with tenant_tx() as unit:
        await room(unit)
        rows = await unit.connection.fetch(_VARIANTS, unit.tenant_id, *wanted.values, most)
    whole = int(rows[0]["whole"]) if rows else 0
    found = [
        Variant(nodes=row["nodes"], cases=row["cases"], share=row["cases"] / whole, median=row["median"])
        for row in rows
    ]
    return Variants(variants=found, total=rows[0]["variants"] if rows else 0, cases=whole)


async def graph(cut: Cut) -> Graph:
    """Return the directly-follows graph, the commonest edge first."""
    wanted = await asked(cut)
    async with tenant_tx() as unit:
        await room(unit)
        nodes = await unit.connection.fetch(_NODES, unit.tenant_id, *wanted.values)
        edges = await unit.connection.fetch(_EDGES, unit.tenant_id, *wanted.values)
    return Graph(
        nodes=[GraphNode(**dict(row)) for row in nodes],
        edges=[GraphEdge(**dict(row)) for row in edges],
    )
