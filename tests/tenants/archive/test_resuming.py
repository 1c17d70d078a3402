"""An import that is killed goes on when it is given again, and nobody gets into the city meanwhile."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from leancity.core.audit.seal import sweep
from leancity.core.audit.verify import verify
from leancity.core.jobs.schedules import mend_schedules
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.service import keep_renewing, set_suspended, subscribe
from leancity.core.testing.city import City
from leancity.tenants.archive.dropping import drop_import
from tests.tenants.archive.conftest import Elsewhere, exported, imported, refused

CASES = 6_000
FILL = """
insert into case_record (id, tenant_id, number, kind, title, text, status, opened_at, version)
select gen_random_uuid(), $1::int, 'CP-' || n, 'city_problems.report', 'Яма ' || n, repeat('x', 200), 'reported',
       now(), 1
from generate_series(1, $2::int) n
"""
ROWS = "select count(*) from case_record"


@pytest.mark.long
async def test_a_killed_import_goes_on(city: City, elsewhere: Elsewhere, tmp_path: Path) -> None:
    slug, archive = city.tenant.slug, tmp_path / "city.tar"
    owner = await asyncpg.connect(city.platform.migrate_url)
    await owner.execute(FILL, city.tenant.id, CASES)
    await owner.close()
    await set_suspended(slug, True)
    done = await exported(city, archive)
    assert 0 < await killed(elsewhere, archive) < CASES

    await exported(city, tmp_path / "later.tar")
    async with elsewhere.here():
        await nobody_gets_in(elsewhere, slug)
        with refused("slug_taken", "slug"):
            await imported(tmp_path / "later.tar", hosts=("other.test",))  # another archive of the same city
        made = await imported(archive)
        assert (made.is_resumed, made.digest) == (True, done.digest)
        moved = await elsewhere.city(slug)
        [row] = await moved.rows("select count(*) from case_record where tenant_id = $1")
        assert row["count"] == CASES
        await sweep()
        async with moved.serving():
            assert (await verify()).is_sound
        with refused("city_not_importing", "slug"):
            await drop_import(slug)


async def test_an_import_that_shall_not_go_on_is_taken_back(city: City, elsewhere: Elsewhere, tmp_path: Path) -> None:
    archive = tmp_path / "city.tar"
    owner = await asyncpg.connect(city.platform.migrate_url)
    await owner.execute(FILL, city.tenant.id, CASES)
    await owner.close()
    await set_suspended(city.tenant.slug, True)
    await exported(city, archive)
    async with elsewhere.here():
        importing = asyncio.create_task(imported(archive))
        while "case_record" not in await elsewhere.rows():
            assert not importing.done(), "it ended before it was broken off"
        importing.cancel()
        await asyncio.wait([importing])
    assert not await elsewhere.is_empty()
    dropped = elsewhere.platform.command("city", "import", "--drop", city.tenant.slug)
    assert dropped.returncode == 0 and await elsewhere.is_empty()
    unknown = elsewhere.platform.command("city", "import", "--drop", city.tenant.slug, check=False)
    assert unknown.returncode == 1 and city.tenant.slug in unknown.stderr


async def killed(elsewhere: Elsewhere, archive: Path) -> int:
    """Kill an import after it has committed some rows; return how many."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "leancity.core.cli", "city", "import", str(archive)),
        env=elsewhere.platform.environment,
        stderr=subprocess.DEVNULL,
    )
    connection = await asyncpg.connect(elsewhere.platform.migrate_url)
    try:
        while not await connection.fetchval(ROWS):
            assert process.returncode is None, "it ended before it was killed"
        process.kill()
        await process.wait()
        committed: int = await connection.fetchval(ROWS)
        return committed
    finally:
        await connection.close()


async def nobody_gets_in(elsewhere: Elsewhere, slug: str) -> None:
    """Hold that a city that is half there is neither opened nor written to by anything that runs by itself."""
    before = await elsewhere.rows()
    for work in (set_suspended(slug, False), subscribe(installed_modules(), slug, ["city_problems"])):
        with refused("city_importing", "city"):
            await work
    await keep_renewing(installed_modules())
    await mend_schedules()
    await sweep()
    assert await elsewhere.rows() == before
