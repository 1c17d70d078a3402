"""A city with very many reports, written past all services: what reading costs does not depend on who wrote them."""

from __future__ import annotations

import asyncpg

from leancity.core.geo.cells import cell_of
from leancity.core.testing.city import City
from leancity.modules.city_problems.demo import load_categories

CENTRE = (46.9591, 142.738)
SIDE = 0.1
"""Degrees of the square in which the reports lie: 11 by 8 km."""
_CASES = """
insert into case_record (id, tenant_id, number, kind, title, text, status, outcome, opened_at, closed_at, due_at,
                         version, cell)
select uuidv7(), $1, 'CP-2026-' || n, 'city_problems.report', 'Яма на дороге', 'глубокая яма у дома ' || n,
       case when n % 10 < $2 then 'closed' else 'reported' end,
       case when n % 10 < $2 then (array['fixed', 'fixed', 'not_fixed', 'duplicate'])[1 + n % 4] end, moment,
       case when n % 10 < $2 then moment + (1 + n % 200) * interval '1 hour' end,
       case when n % 10 >= $2 then moment + interval '10 days' end, 1, $3[n]
from (select n, now() - interval '364 days' + n * (interval '350 days' / cardinality($3::bigint[])) as moment
      from generate_series(1, cardinality($3::bigint[])) n) rows
"""
_REPORTS = """
with categories as (select array_agg(id order by key) as ids from city_problems_category where tenant_id = $1)
insert into city_problems_report (id, tenant_id, case_id, category_id, lat, lon, cell, address, public_text,
                                  public_address, is_shown, supporters)
select uuidv7(), $1, c.id, ids[1 + n % cardinality(ids)], ($2::float8[])[n], ($3::float8[])[n], c.cell, '',
       c.text, '', true, n % 3
from case_record c, categories, lateral (select split_part(c.number, '-', 3)::int as n) as place
where c.tenant_id = $1 order by c.id
"""
_TERMS = """
insert into case_term (id, tenant_id, case_id, stage, kind, amount, unit, assumed, source, rule, started_at, due_at,
                       ended_at, elapsed)
select uuidv7(), $1, c.id, stage, 'target', 10, 'working_days', true, '', '{}', c.opened_at,
       c.opened_at + interval '7 days', c.closed_at, extract(epoch from c.closed_at - c.opened_at) / 86400 * 0.7
from case_record c, unnest(array['*', 'reported']) as stage where c.tenant_id = $1 order by c.id
"""


async def fill(city: City, reports: int, *, closed_of_ten: int = 0) -> None:
    """Give a new city categories and reports, of ten so many closed; they are spread over a year and a square."""
    async with city.serving():
        await load_categories()
    # A lattice that is in step with nothing: the same each time, and even.
    lats = [CENTRE[0] + SIDE * ((n * 0.6180339887) % 1 - 0.5) for n in range(reports)]
    lons = [CENTRE[1] + SIDE * ((n * 0.7548776662) % 1 - 0.5) for n in range(reports)]
    cells = [cell_of(lat, lon) for lat, lon in zip(lats, lons, strict=True)]
    connection = await asyncpg.connect(city.platform.migrate_url)
    try:
        await connection.execute(_CASES, city.tenant.id, closed_of_ten, cells, timeout=600)
        await connection.execute(_REPORTS, city.tenant.id, lats, lons, timeout=600)
        await connection.execute(_TERMS, city.tenant.id, timeout=600)
        for table in ("case_record", "city_problems_report", "case_term"):
            await connection.execute(f"vacuum analyze {table}", timeout=600)
    finally:
        await connection.close()
