"""The tenant transaction: one snapshot for a query's reads, one transaction a write, no drained pool."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from leancity.core.db.engine import get_engine, pool
from leancity.core.db.unit import operation, tenant_tx
from leancity.core.identity.tables import OrgUnit
from leancity.core.identity.units import create_unit
from leancity.core.testing.city import City

BACKEND = "select pg_backend_pid()"


def idle() -> int:
    return pool().get_idle_size()


async def test_sibling_reads_share_one_snapshot_and_one_backend(city: City) -> None:
    async with city.serving():
        await create_unit("a", "A")

        async def read() -> tuple[int, int]:
            async with tenant_tx() as unit:
                backend = await unit.connection.fetchval(BACKEND)
                await asyncio.sleep(0)
                return backend, await OrgUnit.count()

        async with operation():
            first = await asyncio.gather(*(read() for _ in range(20)))
            await _elsewhere(city)
            second = await asyncio.gather(*(read() for _ in range(3)))
        assert len({backend for backend, _ in [*first, *second]}) == 1
        assert {count for _, count in [*first, *second]} == {1}, "a snapshot sees no later commit"
    assert pool().get_size() == idle()


async def _elsewhere(city: City) -> None:
    """Commit a unit on a connection of its own."""
    connection = await asyncpg.connect(city.platform.app_url)
    async with connection.transaction():
        await connection.execute("select leancity_enter($1)", city.tenant.id)
        await connection.execute(
            "insert into org_unit (id, tenant_id, key, title) values (gen_random_uuid(), $1, 'b', 'B')", city.tenant.id
        )
    await connection.close()


async def test_one_failing_read_leaves_its_siblings_alone(city: City) -> None:
    async def read(number: int) -> int:
        async with tenant_tx() as unit:
            return int(await unit.connection.fetchval(f"select {number} / {0 if number == 1 else 1}"))

    async with city.serving(), operation():
        results = await asyncio.gather(*(read(number) for number in range(20)), return_exceptions=True)
    assert isinstance(results[1], asyncpg.DivisionByZeroError)
    assert [result for index, result in enumerate(results) if index != 1] == [n for n in range(20) if n != 1]


async def test_a_read_after_a_write_of_the_same_operation_sees_it(city: City) -> None:
    async with city.serving(), operation():
        async with tenant_tx():
            assert await OrgUnit.count() == 0
        await create_unit("a", "A")
        async with tenant_tx():
            assert await OrgUnit.count() == 1


async def test_a_failed_write_leaves_nothing_and_gives_the_connection_back(city: City) -> None:
    async with city.serving():
        for _ in range(12):
            with pytest.raises(RuntimeError, match="on purpose"):
                async with tenant_tx(write=True):
                    await OrgUnit(key="a", title="A").save()
                    raise RuntimeError("on purpose")
        async with tenant_tx():
            assert await OrgUnit.count() == 0
    assert pool().get_size() == idle()
    assert get_engine().current_transaction.get() is None


async def test_a_failed_commit_does_not_drain_the_pool(city: City) -> None:
    async with city.serving():
        for _ in range(12):
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
                async with tenant_tx(write=True) as unit:
                    await OrgUnit(key="a", title="A").save()
                    await _kill(city, await unit.connection.fetchval(BACKEND))
        async with tenant_tx():
            assert await OrgUnit.count() == 0


async def _kill(city: City, backend: int) -> None:
    connection = await asyncpg.connect(city.platform.superuser_url)
    await connection.execute("select pg_terminate_backend($1, 5000)", backend)
    await connection.close()


async def test_more_writers_than_connections_all_finish(city: City) -> None:
    async with city.serving():
        async with asyncio.timeout(20):
            await asyncio.gather(*(create_unit(f"unit-{number}", "x") for number in range(25)))
        async with tenant_tx():
            assert await OrgUnit.count() == 25


async def test_a_cancelled_unit_gives_its_connection_back(city: City) -> None:
    async def slow() -> None:
        async with tenant_tx(write=True) as unit:
            await OrgUnit(key="a", title="A").save()
            await unit.connection.execute("select pg_sleep(30)")

    async with city.serving():
        for _ in range(7):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await slow()
        async with tenant_tx():
            assert await OrgUnit.count() == 0


async def test_a_unit_of_another_task_is_refused(city: City) -> None:
    async def inner() -> None:
        async with tenant_tx():
            pass

    async with city.serving(), tenant_tx():
        with pytest.raises(RuntimeError, match="belongs to the task that opened it"):
            await asyncio.create_task(inner())


async def test_a_write_inside_a_read_is_refused(city: City) -> None:
    async with city.serving(), tenant_tx():
        with pytest.raises(RuntimeError, match="a write was asked for inside a read"):
            async with tenant_tx(write=True):
                pass


async def test_a_read_cannot_write(city: City) -> None:
    async with city.serving():
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            async with tenant_tx():
                await OrgUnit(key="a", title="A").save()


async def test_piccolos_own_transactions_are_closed(database: None) -> None:
    with pytest.raises(RuntimeError, match="tenant_tx"):
        get_engine().transaction()
