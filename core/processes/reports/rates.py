"""What an hour of work costs, in minor units of money: of a function, and on average in the city."""

from __future__ import annotations

from leancity.core.db.unit import Unit

RATES = """
select f.id as function_id, work.minutes, f.hourly_rate::float8 as own_rate,
    (work.cost / nullif(work.priced, 0))::float8 as positions_rate
from city_function f
left join (
    select o.function_id, sum(o.minutes) as minutes, sum(o.minutes * w.hourly_rate) as cost,
        sum(o.minutes) filter (where w.hourly_rate is not null) as priced
    from function_operation o
    left join staff_position w on w.tenant_id = o.tenant_id and w.id = o.position_id
    where o.tenant_id = $1 group by 1
) work on work.function_id = f.id
where f.tenant_id = $1
"""
"""The rates of each function: its own; that of its operations' positions, each weighing as much as it works."""

_CITY = """
select (sum(hourly_rate * seats) / nullif(sum(seats), 0))::float8 from staff_position
where tenant_id = $1 and is_active and hourly_rate is not null and seats > 0
"""


async def city_rate(unit: Unit) -> float | None:
    """Return the average over all positions by their seats, None where no rate is known."""
    found: float | None = await unit.connection.fetchval(_CITY, unit.tenant_id)
    return found
