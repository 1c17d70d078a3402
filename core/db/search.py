"""Full-text search under row-level security.

``@@`` is not leakproof, so under a policy it would never reach the GIN index. Each searched table therefore has one
SECURITY DEFINER function owned by a no-login role that bypasses the policies and may SELECT from the searched tables
only. It takes no city: it reads the setting itself, raises without one, filters by it, and returns ids; the caller
re-reads them under its own rights. This is the one exemption from "no definer function of a bypassing role".
"""

from __future__ import annotations

import uuid

import asyncpg

from leancity.core.db.roles import SEARCH
from leancity.core.db.tables import TenantTable
from leancity.core.db.unit import tenant_tx

STEMS_SQL = "tsvector_to_array(to_tsvector('russian'::regconfig, replace(lower({text}), 'ё', 'е')))"
"""The stems of a text as the search has them; the place is an expression."""

_FUNCTION = """
create or replace function leancity_search.{table}(query text, most int) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
    city int := nullif(current_setting('app.tenant', true), '')::int;
    wanted tsquery := websearch_to_tsquery('russian', replace(lower(query), 'ё', 'е'));
begin
    if city is null then
        raise exception 'no city is being served' using errcode = 'insufficient_privilege';
    end if;
    return query select t.id from public.{table} t
        where t.tenant_id = city and t.{column} @@ wanted order by t.id desc limit most;
end
$$;
"""
_RIGHTS = """
revoke all on function leancity_search.{table}(text, int) from public;
grant execute on function leancity_search.{table}(text, int) to leancity_app;
"""


async def create_search(connection: asyncpg.Connection[asyncpg.Record], tables: list[type[TenantTable]]) -> list[str]:
    """Create or replace the functions that differ from today's text; return what was done."""
    done: list[str] = []
    for table in tables:
        for column in table.search_index:
            name = table._meta.tablename
            source = _FUNCTION.format(table=name, column=column)
            present = await connection.fetchval(
                "select prosrc from pg_proc where proname = $1 and pronamespace = 'leancity_search'::regnamespace", name
            )
            if present is not None and present in source:
                continue
            await connection.execute(f"set role {SEARCH}")
            await connection.execute(source + _RIGHTS.format(table=name))
            await connection.execute("set role none")
            done.append(f"create function leancity_search.{name}")
    return done


async def search(table: type[TenantTable], query: str, *, most: int) -> list[uuid.UUID]:
    """Return the ids of at most ``most`` rows that match ``query``, newest first.

    Quotes, ``or`` and ``-`` mean what they mean on the web.
    """
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(
            f"select * from leancity_search.{table._meta.tablename}($1, $2)",  # noqa: S608 - the name of our own table
            query,
            most,
        )
    return [row[0] for row in rows]
