"""The DDL pass: brings keys, indexes, policies and grants of the tables to what their classes declare.

It runs after every migration, as ``leancity_migrate`` (BYPASSRLS): under FORCE an owner's foreign key would be marked
valid unchecked. It compares *definitions* with the catalogue, not names, and issues no statement for what is already
so: a second run does nothing and takes no lock. Order: primary keys, unique keys, foreign keys, generated columns,
indexes, policies and FORCE, grants.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import asyncpg
from piccolo.table import Table

from leancity.core.db.roles import APP, SEARCH
from leancity.core.db.tables import TenantTable, check_tables, references
from leancity.core.errors import StartupError
from leancity.core.tenancy.directory import DIRECTORY

POLICY = "(tenant_id = (NULLIF(current_setting('app.tenant'::text, true), ''::text))::integer)"
"""The policy of every tenant table, as PostgreSQL prints it. An unset or reset setting gives no rows."""

_CATALOGUE = """
select c.relname as "table", k.conname as name, k.contype::text as kind, pg_get_constraintdef(k.oid) as definition
from pg_constraint k join pg_class c on c.oid = k.conrelid
where c.relnamespace = 'public'::regnamespace and k.contype in ('p', 'u', 'f')
"""
_INDEXES = """
select t.relname as "table", i.relname as name, pg_get_indexdef(i.oid) as definition
from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
where t.relnamespace = 'public'::regnamespace
  and not exists (select from pg_constraint k where k.conindid = i.oid and k.contype in ('p', 'u'))
"""
_GENERATED = """
select c.relname as "table", a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
       pg_get_expr(d.adbin, d.adrelid) as expression
from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = 'public'::regnamespace and a.attgenerated = 's' and not a.attisdropped
"""
_SECURITY = """
select c.relname as "table", c.relrowsecurity and c.relforcerowsecurity as forced,
       coalesce((select array_agg(p.polname || ' ' || p.polcmd::text || ' ' || p.polpermissive || ' '
           || p.polroles::text || ' ' || pg_get_expr(p.polqual, c.oid)
           || ' ' || coalesce(pg_get_expr(p.polwithcheck, c.oid), ''))
           from pg_policy p where p.polrelid = c.oid), '{}') as policies
from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
"""
_GRANTS = """
select c.relname as "table", r.rolname as role, array_agg(lower(a.privilege_type)) as rights
from pg_class c, lateral aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee
where c.relnamespace = 'public'::regnamespace and r.rolname in ('leancity_app', 'leancity_search')
group by 1, 2
"""


@dataclass(frozen=True, order=True)
class Key:
    """A constraint or index: the table, its name, its definition as PostgreSQL prints it."""

    table: str
    name: str
    definition: str


async def apply(
    connection: asyncpg.Connection[asyncpg.Record],
    tables: Sequence[type[Table]],
    directory: Mapping[str, frozenset[str]] = DIRECTORY,
) -> list[str]:
    """Bring the database to what ``tables`` declare; return the statements that were needed, in order.

    Raises ``StartupError`` for a table that breaks the rules, ``asyncpg.PostgresError`` for rows that break a new key
    (the whole pass is one transaction, nothing is half done).
    """
    check_tables(tables)
    mine = sorted((t for t in tables if issubclass(t, TenantTable)), key=lambda t: t._meta.tablename)
    done: list[str] = []

    async def run(statements: Iterable[str]) -> None:
        for statement in statements:
            await connection.execute(statement)
            done.append(statement)

    async with connection.transaction():
        await run(await _constraints(connection, mine, tables))
        await run(await _generated(connection, mine))
        await _check_generated(connection, mine)
        await run(await _indexes(connection, mine))
        await run(await _policies(connection, mine))
        await run(await _grants(connection, mine, directory))
    return done


def wanted_constraints(table: type[TenantTable]) -> Iterator[tuple[str, Key]]:
    """Yield ``(kind, key)``: p, u, f as in pg_constraint."""
    name = table._meta.tablename
    key = "tenant_id, id, at" if table.append_only else "tenant_id, id"
    yield "p", Key(name, _named(name, "pkey"), f"PRIMARY KEY ({key})")
    for columns in table.unique_keys:
        yield "u", Key(name, _named(name, *columns, "key"), f"UNIQUE (tenant_id, {', '.join(columns)})")
    yield "f", _belongs(name)
    for reference in references(table):
        column = reference._meta.db_column_name
        action = f"SET NULL ({column})" if reference.on_delete == "set null" else reference.on_delete.upper()
        definition = (
            f"FOREIGN KEY (tenant_id, {column}) REFERENCES {reference.target}(tenant_id, id) ON DELETE {action}"
        )
        yield "f", Key(name, _named(name, column, "fkey"), definition)


def _belongs(table: str) -> Key:
    definition = "FOREIGN KEY (tenant_id) REFERENCES tenant(id) ON DELETE RESTRICT"
    return Key(table, _named(table, "tenant", "fkey"), definition)


def wanted_indexes(table: type[TenantTable]) -> Iterator[Key]:
    """Yield the declared indexes and one for every reference that no key serves already."""
    name = table._meta.tablename
    served = {columns[0] for columns in (*table.index_keys, *table.unique_keys)}
    alone = [(r._meta.db_column_name,) for r in references(table) if r._meta.db_column_name not in served]
    for columns in sorted({*table.index_keys, *alone}):
        index = _named(name, *columns, "idx")
        yield Key(name, index, f"CREATE INDEX {index} ON public.{name} USING btree (tenant_id, {', '.join(columns)})")
    for column in table.search_index:
        index = _named(name, column, "gin")
        yield Key(name, index, f"CREATE INDEX {index} ON public.{name} USING gin ({column})")


async def _constraints(
    connection: asyncpg.Connection[asyncpg.Record], mine: Sequence[type[TenantTable]], tables: Sequence[type[Table]]
) -> list[str]:
    names = {table._meta.tablename for table in mine}
    directory = {
        t._meta.tablename for t in tables if t not in mine and any(c._meta.name == "tenant_id" for c in t._meta.columns)
    }
    have = {
        (row["kind"], Key(row["table"], row["name"], row["definition"]))
        for row in await connection.fetch(_CATALOGUE)
        if row["table"] in names or (row["table"] in directory and row["kind"] == "f")
    }
    want = {pair for table in mine for pair in wanted_constraints(table)}
    want |= {("f", _belongs(name)) for name in directory}
    # Foreign keys go first and come last: a primary key that one stands on can't be dropped.
    drop = sorted(have - want, key=lambda pair: ("fup".index(pair[0]), pair[1]))
    add = sorted(want - have, key=lambda pair: ("puf".index(pair[0]), pair[1]))
    return [
        *(f'alter table "{key.table}" drop constraint "{key.name}"' for _, key in drop),
        *(f'alter table "{key.table}" add constraint "{key.name}" {key.definition}' for _, key in add),
    ]


async def _generated(
    connection: asyncpg.Connection[asyncpg.Record], tables: Sequence[type[TenantTable]]
) -> Iterator[str]:
    have = {(row["table"], row["name"]): (row["type"], row["expression"]) for row in await connection.fetch(_GENERATED)}
    statements: list[str] = []
    for table in tables:
        name = table._meta.tablename
        for column, (kind, expression) in table.generated.items():
            present = have.pop((name, column), None)
            if present == (kind, expression):
                continue
            if present is not None:
                statements.append(f'alter table "{name}" drop column "{column}"')
            statements.append(
                f'alter table "{name}" add column "{column}" {kind} generated always as ({expression}) stored'
            )
    mine = {table._meta.tablename for table in tables}
    statements += [f'alter table "{table}" drop column "{column}"' for table, column in have if table in mine]
    return iter(statements)


async def _check_generated(connection: asyncpg.Connection[asyncpg.Record], tables: Sequence[type[TenantTable]]) -> None:
    have = {(row["table"], row["name"]): row["expression"] for row in await connection.fetch(_GENERATED)}
    for table in tables:
        for column, (_, expression) in table.generated.items():
            printed = have[table._meta.tablename, column]
            if printed != expression:
                raise StartupError(
                    f"{table._meta.tablename}.{column}: write the expression as PostgreSQL prints it: {printed}"
                )


async def _indexes(connection: asyncpg.Connection[asyncpg.Record], tables: Sequence[type[TenantTable]]) -> list[str]:
    names = {table._meta.tablename for table in tables}
    have = {
        Key(row["table"], row["name"], row["definition"])
        for row in await connection.fetch(_INDEXES)
        if row["table"] in names
    }
    want = {key for table in tables for key in wanted_indexes(table)}
    return [
        *(f'drop index "{key.name}"' for key in sorted(have - want)),
        *(key.definition for key in sorted(want - have)),
    ]


async def _policies(connection: asyncpg.Connection[asyncpg.Record], tables: Sequence[type[TenantTable]]) -> list[str]:
    rows = {row["table"]: row for row in await connection.fetch(_SECURITY)}
    statements: list[str] = []
    for table in tables:
        name = table._meta.tablename
        row = rows[name]
        if row["policies"] != [f"tenant * true {{0}} {POLICY} {POLICY}"]:
            statements += [f'drop policy "{policy.split(" ")[0]}" on "{name}"' for policy in row["policies"]]
            statements.append(f'create policy tenant on "{name}" using {POLICY} with check {POLICY}')
        if not row["forced"]:
            statements.append(f'alter table "{name}" enable row level security, force row level security')
    return statements


async def _grants(
    connection: asyncpg.Connection[asyncpg.Record],
    mine: Sequence[type[TenantTable]],
    directory: Mapping[str, frozenset[str]],
) -> list[str]:
    have = {(row["table"], row["role"]): frozenset(row["rights"]) for row in await connection.fetch(_GRANTS)}
    want = {(name, APP): rights for name, rights in directory.items() if rights}
    for tenant_table in mine:
        name = tenant_table._meta.tablename
        want[name, APP] = frozenset(
            {"select", "insert"} if tenant_table.append_only else {"select", "insert", "update", "delete"}
        )
        if tenant_table.search_index:
            want[name, SEARCH] = frozenset({"select"})
    statements: list[str] = []
    for table_name, role in sorted({*have, *want}):
        extra = have.get((table_name, role), frozenset()) - want.get((table_name, role), frozenset())
        missing = want.get((table_name, role), frozenset()) - have.get((table_name, role), frozenset())
        what = f'sequence "{table_name}"' if table_name.endswith("_seq") else f'"{table_name}"'
        if extra:
            statements.append(f"revoke {', '.join(sorted(extra))} on {what} from {role}")
        if missing:
            statements.append(f"grant {', '.join(sorted(missing))} on {what} to {role}")
    return statements


def _named(*parts: str) -> str:
    """Join the parts of a name within PostgreSQL's 63 bytes; a longer one ends in a digest of the whole."""
    name = "_".join(parts)
    if len(name) <= 63:
        return name
    return f"{name[:54]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
