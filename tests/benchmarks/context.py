"""What the city's context costs a request: our unit of work against the same statement by hand."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from leancity.core.db.engine import close_pool, open_pool, pool
from leancity.core.db.unit import operation, tenant_tx
from leancity.core.identity.tables import OrgUnit
from leancity.core.identity.units import create_unit
from leancity.core.tenancy.context import enter
from leancity.core.tenancy.lookup import tenant_by_host
from leancity.core.testing.city import new_city
from leancity.core.testing.platform import Platform, running_platform
from tests.benchmarks.pairs import compare, verdict

ROUNDS = 300
# Frozen: the statement that piccolo makes of the same question, under the same policy.
STATEMENT = "select id, title from org_unit where tenant_id = $1 and key = $2"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder) / ".leancity") as platform:
        asyncio.run(_measure(platform))


async def _measure(platform: Platform) -> None:
    await open_pool(platform.app_url, size=5)
    city = await new_city(platform, ())
    async with city.serving():
        await create_unit("roads", "Roads")
    tenant_id = city.tenant.id

    async def bare() -> None:
        """One statement in a transaction with the setting, by hand."""
        for _ in range(ROUNDS):
            async with (
                pool().acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                await connection.execute("select leancity_enter($1)", tenant_id)
                assert await connection.fetchrow(STATEMENT, tenant_id, "roads")

    async def unit() -> None:
        with enter(city.tenant):
            for _ in range(ROUNDS):
                async with tenant_tx() as open_unit:
                    assert await open_unit.connection.fetchrow(STATEMENT, tenant_id, "roads")

    async def orm() -> None:
        with enter(city.tenant):
            for _ in range(ROUNDS):
                async with tenant_tx():
                    assert await OrgUnit.select(OrgUnit.id, OrgUnit.title).where(OrgUnit.key == "roads").first()

    async def whole_door() -> None:
        """From the host's name to the row, ten reads in one snapshot, as a GraphQL query does."""
        for _ in range(ROUNDS // 10):
            tenant = await tenant_by_host(city.host)
            assert tenant is not None
            with enter(tenant):
                async with operation():
                    for _ in range(10):
                        async with tenant_tx() as open_unit:
                            assert await open_unit.connection.fetchrow(STATEMENT, tenant_id, "roads")

    print(verdict("unit of work / the same by hand", await compare(unit, bare)))
    print(verdict("unit of work with piccolo / the same by hand", await compare(orm, bare)))
    print(verdict("door and ten reads in one snapshot / ten by hand", await compare(whole_door, bare)))
    await close_pool()
