"""The DDL pass: definitions, not names; and what row-level security would silently let through."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio
from piccolo.columns import Text
from piccolo.table import Table, create_table_class

from leancity.core.db import schema
from leancity.core.db.bootstrap import bootstrap
from leancity.core.db.migrate import all_tables, migrate
from leancity.core.db.roles import OWNER
from leancity.core.db.tables import TenantRef, TenantTable, check_tables
from leancity.core.errors import StartupError
from leancity.core.testing.platform import PASSWORD, Platform

DDL = """
create table tenant (id serial primary key);
create table parent (id uuid primary key, tenant_id int not null, name text not null);
create table child (id uuid primary key, tenant_id int not null, parent_id uuid, code text not null unique);
"""


def tables(on_delete: str = "cascade", *, child_column: str = "code", null: bool = True) -> list[type[Table]]:
    """The two tables as their classes would say it at one point of their history."""
    parent = create_table_class(
        "Parent", bases=(TenantTable,), class_members={"name": Text()}, class_kwargs={"tablename": "parent"}
    )
    child = create_table_class(
        "Child",
        bases=(TenantTable,),
        class_members={
            "parent_id": TenantRef(parent, on_delete=on_delete, null=null),
            child_column: Text(),
            "unique_keys": ((child_column,),),
        },
        class_kwargs={"tablename": "child"},
    )
    return [parent, child]


async def apply(connection: asyncpg.Connection, declared: list[type[Table]]) -> list[str]:
    return await schema.apply(connection, declared, {"tenant": frozenset({"select"})})


@pytest_asyncio.fixture
async def scratch(platform: Platform) -> AsyncIterator[asyncpg.Connection]:
    """An empty database with the tables, as the migrate role."""
    name = f"scratch_{secrets.token_hex(4)}"
    await bootstrap(platform.superuser_url, name, PASSWORD, PASSWORD)
    connection = await asyncpg.connect(platform.migrate_url, database=name)
    await connection.execute(f"set role {OWNER}; {DDL} set role none;")
    await connection.execute("insert into tenant default values; insert into tenant default values")
    yield connection
    await connection.close()
    superuser = await asyncpg.connect(platform.superuser_url)
    await superuser.execute(f'drop database "{name}" with (force)')
    await superuser.close()


async def test_the_second_run_does_nothing_with_rows(scratch: asyncpg.Connection) -> None:
    assert await apply(scratch, tables())
    await scratch.execute("insert into parent values ('00000000-0000-0000-0000-000000000001', 1, 'a')")
    assert await apply(scratch, tables()) == []
    async with scratch.transaction():
        await apply(scratch, tables())
        locks = await scratch.fetch(
            "select c.relname, l.mode from pg_locks l join pg_class c on c.oid = l.relation"
            " where l.pid = pg_backend_pid() and c.relname in ('parent', 'child') and l.mode <> 'AccessShareLock'"
        )
    assert locks == []


async def test_uniqueness_is_per_city(scratch: asyncpg.Connection) -> None:
    await apply(scratch, tables())
    await scratch.execute(
        "insert into child values (gen_random_uuid(), 1, null, 'A'), (gen_random_uuid(), 2, null, 'A')"
    )
    with pytest.raises(asyncpg.UniqueViolationError):
        await scratch.execute("insert into child values (gen_random_uuid(), 1, null, 'A')")


async def test_a_dangling_row_is_refused_even_under_force(scratch: asyncpg.Connection) -> None:
    await apply(scratch, tables())
    await scratch.execute("alter table child drop constraint child_parent_id_fkey")
    await scratch.execute("insert into child values (gen_random_uuid(), 1, gen_random_uuid(), 'lost')")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await apply(scratch, tables())


async def test_a_backfill_reaches_every_row_as_the_migrate_role_and_none_as_the_owner(
    scratch: asyncpg.Connection,
) -> None:
    await apply(scratch, tables())
    await scratch.execute("insert into parent select gen_random_uuid(), 1 + n % 2, 'old' from generate_series(1, 30) n")
    await scratch.execute(f"set role {OWNER}")
    assert await scratch.execute("update parent set name = 'new'") == "UPDATE 0"
    await scratch.execute("set role none")
    assert await scratch.execute("update parent set name = 'new'") == "UPDATE 30"


async def test_a_changed_action_is_noticed(scratch: asyncpg.Connection) -> None:
    await apply(scratch, tables("cascade"))
    done = await apply(scratch, tables("set null"))
    assert [s for s in done if "ON DELETE SET NULL (parent_id)" in s]
    assert await apply(scratch, tables("set null")) == []
    await scratch.execute(
        "insert into parent values ('00000000-0000-0000-0000-000000000001', 1, 'a');"
        "insert into child values (gen_random_uuid(), 1, '00000000-0000-0000-0000-000000000001', 'c');"
        "delete from parent"
    )
    assert [tuple(row) for row in await scratch.fetch("select tenant_id, parent_id from child")] == [(1, None)]


async def test_a_renamed_column_moves_its_key(scratch: asyncpg.Connection) -> None:
    await apply(scratch, tables())
    await scratch.execute("alter table child rename code to label")
    done = await apply(scratch, tables(child_column="label"))
    assert done == [
        'alter table "child" drop constraint "child_code_key"',
        'alter table "child" add constraint "child_label_key" UNIQUE (tenant_id, label)',
    ]
    assert await apply(scratch, tables(child_column="label")) == []


async def test_a_weakened_wall_is_mended(scratch: asyncpg.Connection) -> None:
    await apply(scratch, tables())
    await scratch.execute(
        "alter table child no force row level security; alter policy tenant on parent using (true);"
        "grant truncate on parent to leancity_app"
    )
    done = await apply(scratch, tables())
    assert 'revoke truncate on "parent" from leancity_app' in done
    assert 'alter table "child" enable row level security, force row level security' in done
    assert any(statement.startswith('create policy tenant on "parent"') for statement in done)
    assert await apply(scratch, tables()) == []


async def test_migrating_the_real_database_again_changes_nothing(platform: Platform) -> None:
    assert await migrate(platform.migrate_url) == []


async def test_every_key_of_every_tenant_table_begins_with_the_city(platform: Platform) -> None:
    names = [table._meta.tablename for table in all_tables() if issubclass(table, TenantTable)]
    connection = await asyncpg.connect(platform.migrate_url)
    rows = await connection.fetch(
        "select t.relname, i.relname, a.attname from pg_index x join pg_class i on i.oid = x.indexrelid"
        " join pg_class t on t.oid = x.indrelid join pg_am m on m.oid = i.relam"
        " join pg_attribute a on a.attrelid = t.oid and a.attnum = x.indkey[0]"
        " where t.relname = any($1) and m.amname = 'btree'",
        names,
    )
    references = await connection.fetch(
        "select c.relname, k.conname, a.attname from pg_constraint k join pg_class c on c.oid = k.conrelid"
        " join pg_attribute a on a.attrelid = c.oid and a.attnum = k.conkey[1]"
        " where k.contype = 'f' and c.relname = any($1)",
        names,
    )
    await connection.close()
    assert rows
    assert [tuple(row) for row in [*rows, *references] if row[2] != "tenant_id"] == []


@pytest.mark.parametrize("column", [Text(unique=True), Text(index=True)])
def test_a_key_over_all_cities_is_refused(column: Text) -> None:
    table = create_table_class("Wrong", bases=(TenantTable,), class_members={"code": column})
    with pytest.raises(StartupError, match=r"wrong\.code: declare unique_keys or index_keys"):
        check_tables([table])


def test_a_reference_to_nothing_is_refused() -> None:
    table = create_table_class("Wrong", bases=(TenantTable,), class_members={"x_id": TenantRef("nowhere")})
    with pytest.raises(StartupError, match=r"wrong\.x_id: no table 'nowhere'"):
        check_tables([table])
