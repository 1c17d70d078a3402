"""A process that starts while its database is away."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from leancity.core.db.engine import close_pool, pool
from leancity.core.db.waiting import open_pool_patiently
from leancity.core.servers.local import LocalServers
from leancity.core.servers.supervisor import Supervisor
from leancity.core.testing.platform import QUICK


@pytest.fixture
def servers() -> Iterator[LocalServers]:
    """A PostgreSQL that is ready to be started, in a folder whose name is short, as a socket's path must be."""
    folder = Path(tempfile.mkdtemp(prefix="lc-test-", dir="/tmp"))
    folder.chmod(0o755)
    prepared = LocalServers(folder / "state", redis_url="redis://nobody", postgres_settings=QUICK)
    prepared.prepare()
    yield prepared
    prepared.release()
    shutil.rmtree(folder)


async def test_a_database_that_is_away_is_waited_for(servers: LocalServers, capfd: pytest.CaptureFixture[str]) -> None:
    opening = asyncio.create_task(open_pool_patiently(servers.superuser_url, size=2))
    await asyncio.sleep(0.7)
    assert not opening.done()
    async with Supervisor(lambda line: None) as supervisor:
        for child in servers.children():
            await supervisor.start(child)
        async with asyncio.timeout(20):
            await opening
        assert await pool().fetchval("select 1") == 1
        await close_pool()
    assert "waits for the database" in "".join(capfd.readouterr())
