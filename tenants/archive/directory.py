"""What leads to a city, as it travels: the directory's rows without what they mean in this installation only.

Leases stay behind, the number of starts goes along: a job that was cut off is known for one elsewhere too. Hosts stand
in city.json.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from leancity.core.db.rows import AHEAD, Cells
from leancity.core.db.unit import Unit

COLUMNS = {
    "subscription": ("module", "since"),
    "session_key": ("key",),
    "due": ("id", "kind", "queue", "order_key", "run_at", "begun"),
}
"""The tables in their order, and the cells of their rows; by the first one they are sorted."""

_SUBSCRIPTIONS = """
select array_to_json(array[module, since::text])::text as line from subscription where tenant_id = $1
order by module collate "C"
"""
# Who is signed in to the living city, or holds a token of it, has no way into its copy.
_KEYS = """
select array_to_json(array[key::text])::text as line from session_key where tenant_id = $1 and not $2
order by key collate "C"
"""
# No job of the living city has a second turn in its copy.
_DUE = """
select array_to_json(array[id::text, kind, queue, order_key::text, run_at::text, begun::text])::text as line
from due where tenant_id = $1 and not $2 order by id
"""
_ADD_SUBSCRIPTIONS = """
insert into subscription (id, tenant_id, module, since)
select gen_random_uuid(), $1, n.module, n.since::timestamptz from unnest($2::text[], $3::text[]) as n (module, since)
on conflict do nothing returning 1
"""
_ADD_KEYS = """
insert into session_key (key, tenant_id) select n.key, $1 from unnest($2::text[]) as n (key)
where exists (select from credential c where c.tenant_id = $1 and c.key = n.key)
on conflict do nothing returning 1
"""
_ADD_DUE = """
insert into due (id, tenant_id, kind, queue, order_key, run_at, begun)
select n.id::uuid, $1, n.kind, n.queue, n.order_key::uuid, n.run_at::timestamptz, n.begun::int
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
  as n (id, kind, queue, order_key, run_at, begun)
where exists (select from job j where j.tenant_id = $1 and j.id = n.id::uuid)
on conflict do nothing returning 1
"""
_KEYS_TAKEN = "select exists (select from session_key where tenant_id <> $1 and key = any($2::text[]))"
_DUE_TAKEN = "select exists (select from due where tenant_id <> $1 and id = any($2::text[]::uuid[]))"


async def lines(unit: Unit, table: str, *, is_copy: bool) -> AsyncIterator[str]:
    """Yield a table's rows of the city, a JSON array each; wants ``read_exactly``."""
    match table:
        case "subscription":
            cursor = unit.connection.cursor(_SUBSCRIPTIONS, unit.tenant_id, prefetch=AHEAD)
        case "session_key":
            cursor = unit.connection.cursor(_KEYS, unit.tenant_id, is_copy, prefetch=AHEAD)
        case _:
            cursor = unit.connection.cursor(_DUE, unit.tenant_id, is_copy, prefetch=AHEAD)
    async for row in cursor:
        yield row["line"]


async def fill(unit: Unit, table: str, rows: Sequence[Cells]) -> int:
    """Insert rows and return how many: fewer than given where another city has them, or they lead to nothing."""
    cells = [[row[place] for row in rows] for place in range(len(COLUMNS[table]))]
    match table:
        case "subscription":
            added = await unit.connection.fetch(_ADD_SUBSCRIPTIONS, unit.tenant_id, *cells)
        case "session_key":
            added = await unit.connection.fetch(_ADD_KEYS, unit.tenant_id, *cells)
        case _:
            added = await unit.connection.fetch(_ADD_DUE, unit.tenant_id, *cells)
    return len(added)


async def are_anothers(unit: Unit, table: str, rows: Sequence[Cells]) -> bool:
    """Tell whether another city of this installation has some of these rows."""
    firsts = [row[0] for row in rows]
    match table:
        case "session_key":
            return bool(await unit.connection.fetchval(_KEYS_TAKEN, unit.tenant_id, firsts))
        case "due":
            return bool(await unit.connection.fetchval(_DUE_TAKEN, unit.tenant_id, firsts))
    return False
