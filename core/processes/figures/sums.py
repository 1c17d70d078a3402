"""What the done steps of a case took in sum: kept on its fact, so that a report need not read every step again.

Null in ``queue_s`` says that nobody has summed a case: it is open, or was brought by an archive of before. Who reads
then asks its steps (``SUMS``); who writes sums anew whatever changes the steps of a closed case (``sum_up``).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from leancity.core.db.unit import tenant_tx

# What a step adds to the union is what it lasted after all that began before it had ended.
SUMS = """
select coalesce(sum(queue) filter (where is_own), 0) as queue_s,
    coalesce(sum(claimed) filter (where is_own), 0) as claimed_s,
    coalesce(sum(suspended_s) filter (where is_own), 0) as suspended_s, coalesce(sum(external_s), 0) as external_s,
    case when bool_or(is_own and started_w is not null) then
        greatest(0, coalesce(sum(touched) filter (where is_touch), 0)
            - coalesce(sum(suspended_s) filter (where is_own), 0)) end as touch_s,
    coalesce(bool_or(value_class <> ''), false) as is_classed
from (
    select *, greatest(0, done_w - greatest(started_w, max(done_w) filter (where is_touch) over (
        order by started_w rows between unbounded preceding and 1 preceding)))::float8 as touched
    from (
        select s.started_w, s.done_w, s.suspended_s, s.external_s, s.value_class, s.external_s = 0 as is_own,
            greatest(0, coalesce(s.claimed_w, s.started_w, s.available_w) - s.available_w)::float8 as queue,
            greatest(0, coalesce(s.started_w, s.claimed_w) - s.claimed_w)::float8 as claimed,
            s.external_s = 0 and s.started_w < s.done_w as is_touch
        from process_step_fact s where s.tenant_id = $1 and s.fact_id = c.id and s.state = 'done'
    ) done
) beside
"""
"""The sums of one case, which stands before it as ``c``: for a lateral join. Working seconds; ``touch_s`` is the union
of the steps that ran side by side, less suspensions, null where no beginning is known."""

_SUM_UP = (
    """
update process_case_fact f set queue_s = new.queue_s, claimed_s = new.claimed_s, suspended_s = new.suspended_s,
    external_s = new.external_s, touch_s = new.touch_s, is_classed = new.is_classed
from (
    select c.id, sums.* from process_case_fact c cross join lateral ("""  # noqa: S608 - constants
    + SUMS
    + """) sums where c.tenant_id = $1 and c.id = any($2::uuid[]) and c.closed_at is not null
) new
where f.tenant_id = $1 and f.id = new.id
"""
)


async def sum_up(fact_ids: Collection[uuid.UUID]) -> None:
    """Keep on those of the cases that are closed what their steps took, in the open unit."""
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_SUM_UP, unit.tenant_id, [*fact_ids])
