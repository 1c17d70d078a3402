"""The figures of each node of a process: what a heat map over the drawing shows, and where the waiting is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now
from leancity.core.processes.figures.cut import ENDED, FEW, MINE, Asked, Cut, asked, room
from leancity.core.processes.figures.spread import SPREAD, Spread, spread, spread_of
from leancity.core.processes.figures.visits import Visited, effort_of

_MEASURES = ("lead", "queue", "claimed", "suspended", "external", "processing", "waiting")
# Only what is a number is sorted by node, byte by byte: to carry titles along and to compare as people do takes longer.
# `offset 0` keeps the planner from writing each time out wherever it is used, which would reckon it thrice a step.
_TIMES = (
    """
with timed as (
    select s.node_id, s.external_s = 0 as is_own, greatest(0, s.done_w - s.available_w)::float8 as lead,
        greatest(0, coalesce(s.claimed_w, s.started_w, s.available_w) - s.available_w)::float8 as queue,
        greatest(0, coalesce(s.started_w, s.claimed_w, 0) - coalesce(s.claimed_w, s.started_w, 0))::float8 as claimed,
        s.suspended_s, s.external_s,
        case when s.external_s = 0 and s.started_w is not null then
            greatest(0, s.done_w - s.started_w - s.suspended_s)::float8 end as processing
    """  # noqa: S608 - constants
    + ENDED
    + """ and s.state = 'done' offset 0
), spent as (
    select node_id, lead, processing, case when is_own then queue end as queue,
        case when is_own then claimed end as claimed, case when is_own then suspended_s end as suspended,
        case when not is_own then external_s end as external,
        case when is_own then greatest(0, lead - coalesce(processing, 0)) end as waiting
    from timed offset 0
)
select node_id collate "C" as node_id, """
    + ",".join(SPREAD.format(each) for each in _MEASURES)
    + " from spent group by 1"
)
# A step is overdue by its work item's term, else by its case's. What is open has no end to be within the period.
_OPEN = (
    """
select s.node_id, max(s.title) as title, max(s.type) as type, count(*) as open,
    count(*) filter (where coalesce(w.due_at, f.due_at) < $10::timestamptz) as overdue
from process_step_fact s
join process_case_fact f on f.tenant_id = s.tenant_id and f.id = s.fact_id
left join work_item w on w.tenant_id = s.tenant_id and w.id = s.id
where s.tenant_id = $1 and s.process_id = $2 and s.done_at is null and s.state = 'open'
    and $4::timestamptz <= $5::timestamptz and f.closed_at is null and """
    + MINE
    + "group by 1"
)
_NOTHING = spread(0, 0, None)


@dataclass(frozen=True, kw_only=True)
class NodeFigures:
    """A node's figures: of visits done within the period; ``open`` and ``overdue`` are of this moment.

    Working seconds. ``lead`` is available to done; ``waiting`` what of it nobody worked. ``correct``: the share that no
    later step sent back (%C&A); ``first_pass``: that, and at the first visit. ``waiting_share``: this node's part of
    all waiting of the process, external waiting included.
    """

    node_id: str
    title: str
    type: str
    value_class: str = ""
    visits: int = 0
    lead: Spread = _NOTHING
    queue: Spread = _NOTHING
    claimed: Spread = _NOTHING
    suspended: Spread = _NOTHING
    external: Spread = _NOTHING
    processing: Spread = _NOTHING
    waiting: Spread = _NOTHING
    first_pass: float | None = None
    correct: float | None = None
    labour_s: float = 0.0
    people: int = 0
    most_per_day: int = 0
    open: int = 0
    overdue: int = 0
    waiting_share: float | None = None

    @property
    def is_few(self) -> bool:
        """Whether its times are over so few visits that one more may change them."""
        return self.visits < FEW

    @property
    def all_waiting(self) -> float:
        """All time for which cases waited at it."""
        return self.waiting.total + self.external.total


async def node_figures(cut: Cut) -> Sequence[NodeFigures]:
    """Return the figures of each node that was visited or has something open, the most waiting first."""
    wanted = await asked(cut)
    async with tenant_tx():
        found = await nodes_of(wanted, (await effort_of(wanted)).nodes)
    return sorted(found, key=lambda node: (-node.all_waiting, node.node_id))


async def nodes_of(wanted: Asked, visited: Sequence[Visited]) -> list[NodeFigures]:
    """Return the figures of each node, by id; ``visited`` are the visits of the same cut, perhaps of a moment ago."""
    async with tenant_tx() as unit:
        await room(unit)
        fetch = unit.connection.fetch
        times = await fetch(_TIMES, unit.tenant_id, *wanted.values)
        still = await fetch(_OPEN, unit.tenant_id, *wanted.values, now())
    timed = {row["node_id"]: row for row in times}
    found = {node.node_id: _node(node, timed[node.node_id]) for node in visited if node.node_id in timed}
    for row in still:
        name = row["node_id"]
        known = found.get(name) or NodeFigures(node_id=name, title=row["title"], type=row["type"])
        found[name] = replace(known, open=row["open"], overdue=row["overdue"])
    waited = sum(node.all_waiting for node in found.values())
    return [
        replace(node, waiting_share=node.all_waiting / waited if waited else None) for _, node in sorted(found.items())
    ]


def _node(row: Visited, times: Any) -> NodeFigures:
    return NodeFigures(
        node_id=row.node_id,
        title=row.title,
        type=row.type,
        value_class=row.value_class,
        visits=row.visits,
        lead=spread_of(times, "lead"),
        queue=spread_of(times, "queue"),
        claimed=spread_of(times, "claimed"),
        suspended=spread_of(times, "suspended"),
        external=spread_of(times, "external"),
        processing=spread_of(times, "processing"),
        waiting=spread_of(times, "waiting"),
        first_pass=row.first_pass,
        correct=row.correct,
        labour_s=row.labour_s,
        people=row.people,
        most_per_day=row.most_per_day,
    )
