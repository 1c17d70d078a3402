"""The wall between cities, tried as the application's own role."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from leancity.core.cases.tables import CaseRecord
from leancity.core.db.engine import pool
from leancity.core.db.migrate import all_tables
from leancity.core.db.search import search
from leancity.core.db.tables import TenantTable
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.identity.tables import OrgUnit, UserAccount
from leancity.core.identity.units import create_unit
from leancity.core.tenancy.context import NoTenantError, TenantEnteredError, enter
from leancity.core.tenancy.directory import DIRECTORY
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform

TENANT_TABLES = [table for table in all_tables() if issubclass(table, TenantTable)]
INJECTIONS = (
    "'; set local app.tenant = '{other}'; --",
    "x' or tenant_id <> 0 --",
    "{other}",
    '" or 1=1 --',
    "$1",
    "\\'; select 1; --",
)


@pytest_asyncio.fixture
async def app(platform: Platform, city: City, another_city: City) -> AsyncIterator[asyncpg.Connection]:
    """A fresh connection as the application, with rows of two cities behind it."""
    for each in (city, another_city):
        await each.user("core.case.read")
        async with each.serving():
            await create_unit("roads", f"Roads of {each.tenant.slug}")
    connection = await asyncpg.connect(platform.app_url)
    yield connection
    await connection.close()


async def test_without_a_city_nothing_is_seen_or_written_on_fresh_and_reused_connections(
    app: asyncpg.Connection, city: City
) -> None:
    await _sees_and_writes_nothing(app, city.tenant.id)
    async with app.transaction():
        await app.execute("select leancity_enter($1)", city.tenant.id)
        assert await app.fetchval("select count(*) from user_account") > 0
    await _sees_and_writes_nothing(app, city.tenant.id)


async def _sees_and_writes_nothing(app: asyncpg.Connection, tenant_id: int) -> None:
    for table in TENANT_TABLES:
        name = table._meta.tablename
        assert await app.fetchval(f'select count(*) from "{name}"') == 0, name
        with pytest.raises(asyncpg.PostgresError):
            await app.execute(f'insert into "{name}" (id, tenant_id) values (gen_random_uuid(), $1)', tenant_id)
        if table.append_only:
            for statement in (f'update "{name}" set id = id', f'delete from "{name}"'):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await app.execute(statement)
        else:
            assert await app.execute(f'update "{name}" set id = id') == "UPDATE 0", name
            assert await app.execute(f'delete from "{name}"') == "DELETE 0", name


async def test_writes_for_another_city_fail(app: asyncpg.Connection, city: City, another_city: City) -> None:
    transaction = app.transaction()
    await transaction.start()
    await app.execute("select leancity_enter($1)", city.tenant.id)
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        await app.execute(
            "insert into org_unit (id, tenant_id, key, title) values (gen_random_uuid(), $1, 'x', 'x')",
            another_city.tenant.id,
        )
    await transaction.rollback()


async def test_a_reference_into_another_city_is_impossible(city: City, another_city: City) -> None:
    async with another_city.serving():
        foreign = await create_unit("theirs", "Theirs")
    async with city.serving():
        with pytest.raises(Refused, match="parent_id: not_found"):
            await create_unit("ours", "Ours", foreign)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with tenant_tx(write=True):
                await OrgUnit(key="ours", title="Ours", parent_id=foreign).save()


async def test_copy_views_functions_and_definers_show_one_city(
    app: asyncpg.Connection, city: City, another_city: City
) -> None:
    async with app.transaction():
        await app.execute("select leancity_enter($1)", city.tenant.id)
        seen: list[bytes] = []

        async def keep(chunk: bytes) -> None:
            seen.append(chunk)

        await app.copy_from_query("select title from org_unit", output=keep)
        assert b"".join(seen).decode().split("\n")[:-1] == [f"Roads of {city.tenant.slug}"]
        await app.execute("create temp view units as select * from org_unit")
        assert await app.fetchval("select count(*) from units") == 1
        await app.execute(
            "create function pg_temp.units() returns bigint language sql as 'select count(*) from org_unit'"
        )
        assert await app.fetchval("select pg_temp.units()") == 1
        await app.execute("drop view units; drop function pg_temp.units()")
    for statement in ("select * from migration", "select last_value from tenant_id_seq"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute(statement)


async def test_no_view_or_definer_function_of_a_bypassing_role(platform: Platform) -> None:
    connection = await asyncpg.connect(platform.superuser_url, database=platform.database)
    try:
        views = await connection.fetch(
            "select c.relname from pg_class c join pg_roles r on r.oid = c.relowner"
            " where c.relkind in ('v', 'm') and c.relnamespace not in"
            " ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) and (r.rolsuper or r.rolbypassrls)"
        )
        definers = await connection.fetch(
            "select p.pronamespace::regnamespace::text from pg_proc p join pg_roles r on r.oid = p.proowner"
            " where p.prosecdef and (r.rolsuper or r.rolbypassrls)"
        )
        plain = await connection.fetch(
            "select c.relname from pg_class c where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace"
            " and not c.relrowsecurity"
        )
    finally:
        await connection.close()
    assert views == []
    assert {row[0] for row in definers} <= {"leancity_search"}
    assert {row[0] for row in plain} == {name for name in DIRECTORY if not name.endswith("_seq")}


async def test_the_orm_sees_one_city(city: City, another_city: City) -> None:
    for each in (city, another_city):
        async with each.serving():
            await create_unit("roads", each.tenant.slug)
    async with city.serving(), tenant_tx(write=True):
        assert [row["title"] for row in await OrgUnit.select()] == [city.tenant.slug]
        assert await OrgUnit.count() == 1
        assert await OrgUnit.exists().where(OrgUnit.title == another_city.tenant.slug) is False
        await OrgUnit.update({OrgUnit.title: "changed"}, force=True)
    async with another_city.serving(), tenant_tx():
        assert [row["title"] for row in await OrgUnit.select()] == [another_city.tenant.slug]


@pytest.mark.parametrize("template", INJECTIONS)
async def test_injection_strings_stay_strings(city: City, another_city: City, template: str) -> None:
    text = template.format(other=another_city.tenant.id)
    await another_city.user("core.case.read")
    async with city.serving():
        await create_unit(text, text)
        async with tenant_tx():
            assert await OrgUnit.count().where(OrgUnit.title == text) == 1
            assert await UserAccount.count().where(UserAccount.name == text) == 0
        assert await search(CaseRecord, text, most=10) == []
    answer = await city.request("GET", "/health/ready", headers={"Host": text.encode("ascii", "ignore").decode()})
    assert answer.status_code in (200, 400)


async def test_code_outside_a_city_fails(database: None) -> None:
    with pytest.raises(NoTenantError):
        _ = OrgUnit.select()  # not even made
    with pytest.raises(NoTenantError):
        async with tenant_tx():
            pass
    with pytest.raises(ValueError, match="tenant_id wasn't provided"):
        OrgUnit(key="x", title="x")


async def test_a_city_is_not_entered_from_inside_another(city: City, another_city: City) -> None:
    with enter(city.tenant), pytest.raises(TenantEnteredError), enter(another_city.tenant):
        pass


async def test_pooled_connections_carry_no_context_over(city: City) -> None:
    async with city.serving(), tenant_tx():
        assert await OrgUnit.count() == 0
    for _ in range(10):
        assert await pool().fetchval("select current_setting('app.tenant', true)") in (None, "")
        assert await pool().fetchval("select count(*) from user_account") == 0


async def test_search_needs_a_city(app: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no city"):
        await app.fetch("select * from leancity_search.case_record('яма', 10)")
