"""An operation that puts its snapshot down holds no connection meanwhile, and reads anew afterwards."""

from __future__ import annotations

import asyncio

from leancity.core.db.engine import pool
from leancity.core.db.unit import operation, put_down, tenant_tx
from leancity.core.testing.city import City


def held() -> int:
    return pool().get_size() - pool().get_idle_size()


async def test_an_operation_holds_nothing_while_it_works_elsewhere(city: City) -> None:
    seen: list[str] = []

    async def read(what: str) -> None:
        async with tenant_tx() as unit:
            await unit.connection.fetchval("select 1")
            seen.append(what)

    async with city.serving(), operation():
        await read("before")
        assert held() == 1
        async with put_down():
            assert held() == 0
            waiting = asyncio.create_task(read("beside"))
            await asyncio.sleep(0)
            seen.append("elsewhere")
        await waiting
        assert held() == 1
    assert seen == ["before", "elsewhere", "beside"]
    assert held() == 0


async def test_outside_an_operation_there_is_nothing_to_put_down(city: City) -> None:
    async with city.serving(), put_down(), tenant_tx() as unit:
        assert await unit.connection.fetchval("select 1") == 1
