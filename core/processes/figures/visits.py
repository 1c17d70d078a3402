"""The visits to a process's steps that ended within a period: how many, how right, whose work, each step's best day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.figures.cut import ENDED, Asked, room

# The last row is of all of them, also of those that were withdrawn: labour was spent on them too.
_VISITS = (
    """
with seen as (
    select s.state, s.node_id, s.title, s.type, s.value_class, s.user_id, count(*) as visits, sum(s.labour_s) as labour,
        count(*) filter (where s.attempt = 1 and not s.is_faulty) as first_pass,
        count(*) filter (where not s.is_faulty) as correct, count(*) filter (where s.external_s > 0) as external
    """
    + ENDED
    + """ group by 1, 2, 3, 4, 5, 6
)
select node_id, max(title) as title, max(type) as type, max(value_class) as value_class, sum(visits)::bigint as visits,
    sum(external)::bigint as external, sum(first_pass)::bigint as first_pass, sum(correct)::bigint as correct,
    coalesce(sum(labour), 0)::float8 as labour, count(distinct user_id) as people
from seen where state = 'done' group by node_id
union all
select null, null, null, null, null, null, null, null, coalesce(sum(labour), 0)::float8, count(distinct user_id)
from seen order by node_id nulls last
"""
)
# By quarters of an hour first, with which every zone's days begin: to ask the zone for each step takes longer than all
# the rest.
_BEST_DAYS = (
    """
select node_id, max(done)::bigint as most from (
    select node_id, (quarter at time zone $10::text)::date as day, sum(done) as done from (
        select s.node_id, date_bin('15 minutes', s.done_at, '2000-01-01 00:00+00') as quarter, count(*) as done
        """  # noqa: S608 - constants
    + ENDED
    + """ and s.state = 'done' group by 1, 2
    ) quarters group by 1, 2
) days group by 1
"""
)


@dataclass(frozen=True, kw_only=True)
class Visited:
    """A node's done visits; ``external`` of them waited for somebody outside. ``correct``: the share that no later step
    sent back; ``first_pass``: that, and at the first visit. ``labour_s`` in working seconds."""

    node_id: str
    title: str
    type: str
    value_class: str
    visits: int
    external: int
    first_pass: float
    correct: float
    labour_s: float
    people: int
    most_per_day: int

    @property
    def is_work(self) -> bool:
        """Whether it is somebody's work rather than waiting for somebody outside."""
        return self.external < self.visits


@dataclass(frozen=True, kw_only=True)
class Effort:
    """What was visited, by node id, and what the ``people`` spent on all steps that ended, in working seconds."""

    nodes: Sequence[Visited]
    labour_s: float
    people: int


async def effort_of(wanted: Asked) -> Effort:
    """Return the visits of the period."""
    async with tenant_tx() as unit:
        await room(unit)
        *rows, whole = await unit.connection.fetch(_VISITS, unit.tenant_id, *wanted.values)
        best = await unit.connection.fetch(_BEST_DAYS, unit.tenant_id, *wanted.values, wanted.clock.zone.key)
    most = {row["node_id"]: row["most"] for row in best}
    nodes = sorted((_visited(row, most[row["node_id"]]) for row in rows), key=lambda node: node.node_id)
    return Effort(nodes=nodes, labour_s=whole["labour"], people=whole["people"])


def _visited(row: Any, most: int) -> Visited:
    return Visited(
        node_id=row["node_id"],
        title=row["title"],
        type=row["type"],
        value_class=row["value_class"],
        visits=row["visits"],
        external=row["external"],
        first_pass=row["first_pass"] / row["visits"],
        correct=row["correct"] / row["visits"],
        labour_s=row["labour"],
        people=row["people"],
        most_per_day=most,
    )
