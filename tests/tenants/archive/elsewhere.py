"""Another installation beside the test platform: empty, with a key and a folder of its own."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from leancity.core.db.bootstrap import bootstrap, drop_database
from leancity.core.db.engine import close_pool, open_pool
from leancity.core.db.roles import APP, MIGRATE
from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.core.testing.city import City
from leancity.core.testing.platform import PASSWORD, Platform, _as

TABLES = """
select relname from pg_class c join pg_attribute a on a.attrelid = c.oid where relkind = 'r' and attname = 'tenant_id'
"""
KEYS = ("DATABASE_URL", "DATABASE_MIGRATE_URL", "LEANCITY_FILES", "LEANCITY_SECRET_KEY")


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Another installation."""

    platform: Platform

    @asynccontextmanager
    async def here(self) -> AsyncIterator[None]:
        """Let what this process does be done there."""
        before = {key: os.environ.get(key, "") for key in KEYS}
        await self._open(self.platform.environment)
        try:
            yield
        finally:
            await self._open(before)

    async def _open(self, environment: dict[str, str]) -> None:
        await close_pool()
        os.environ.update({key: environment[key] for key in KEYS})
        await open_pool(environment["DATABASE_URL"], size=5)

    async def city(self, slug: str) -> City:
        """Return a city there; call it while that is here."""
        tenant = await tenant_by_slug(slug)
        assert tenant is not None
        return City(self.platform, tenant)

    async def rows(self) -> dict[str, int]:
        """Return how many rows each table of cities has that has any, the directory's among them."""
        connection = await asyncpg.connect(self.platform.migrate_url)
        try:
            tables = await connection.fetch(TABLES)
            names = ["tenant", *(row["relname"] for row in tables)]
            counts = {name: await connection.fetchval(f"select count(*) from {name}") for name in names}
        finally:
            await connection.close()
        return {name: count for name, count in counts.items() if count}

    async def is_empty(self) -> bool:
        """Tell whether there is no city, no row of one and no file."""
        return not await self.rows() and not [path for path in self.files.rglob("*") if path.is_file()]

    @property
    def files(self) -> Path:
        return Path(self.platform.environment["LEANCITY_FILES"])


@pytest.fixture(scope="session")
def migrated(platform: Platform) -> Iterator[str]:
    """A migrated database without a city, to make others of."""
    name = f"{platform.database}_empty"

    async def make() -> None:
        await drop_database(platform.superuser_url, name)
        await bootstrap(platform.superuser_url, name, PASSWORD, PASSWORD)

    asyncio.run(make())
    # By the command: in one process piccolo remembers the first database that it has migrated.
    environment = {**platform.environment, "DATABASE_MIGRATE_URL": _as(platform.superuser_url, MIGRATE, name)}
    replace(platform, environment=environment).command("db", "migrate")
    yield name
    asyncio.run(drop_database(platform.superuser_url, name))


@pytest_asyncio.fixture
async def elsewhere(platform: Platform, migrated: str, database: None, tmp_path: Path) -> AsyncIterator[Elsewhere]:
    """An empty installation."""
    name = f"{platform.database}_{secrets.token_hex(4)}"
    superuser = await asyncpg.connect(platform.superuser_url)
    try:
        await superuser.execute(f'create database "{name}" template "{migrated}"')
        app_url, migrate_url = (_as(platform.superuser_url, role, name) for role in (APP, MIGRATE))
        owner = await asyncpg.connect(migrate_url)
        # What a process remembers of a city it remembers by its number: none of here is one of there.
        await owner.execute("set role leancity_owner")
        await owner.fetchval("select setval('tenant_id_seq', $1)", 10**6 + secrets.randbelow(10**9))
        await owner.close()
        more = {
            "DATABASE_URL": app_url,
            "DATABASE_MIGRATE_URL": migrate_url,
            "LEANCITY_FILES": str(tmp_path / "uploads"),
            "LEANCITY_SECRET_KEY": "another key, which opens nothing that the first has sealed",
        }
        there = replace(
            platform,
            database=name,
            app_url=app_url,
            migrate_url=migrate_url,
            environment={**platform.environment, **more},
        )
        os.environ["DATABASE_MIGRATE_URL"] = platform.migrate_url
        yield Elsewhere(platform=there)
    finally:
        await superuser.close()
        await drop_database(platform.superuser_url, name)
