"""A city of 100 000 cases with files goes into one file and out of it elsewhere, in memory that does not grow."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import asyncpg
import pyrage
import pytest

from leancity.core.files.store import key_of, store
from leancity.core.ids import new_id
from leancity.core.tenancy.service import set_suspended
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform
from tests.tenants.archive.elsewhere import Elsewhere

pytestmark = pytest.mark.long

CASES = 100_000
FILES = 2_000
MOST_MEMORY = 400  # MB of a command; the platform's code alone takes about a third

FILL = (
    """
insert into case_record (id, tenant_id, number, kind, title, text, status, outcome, opened_at, closed_at, version)
select gen_random_uuid(), $1::int, 'CP-2026-' || n, 'city_problems.report', 'Яма на дороге ' || n % 977,
       repeat('глубокая яма ', 1 + n % 20), (array['reported', 'closed'])[1 + n % 2],
       case when n % 2 = 1 then 'fixed' end, moment, case when n % 2 = 1 then moment + interval '3 days' end, 1
from (select n, timestamptz '2020-01-01' + n * interval '3 minutes' as moment from generate_series(1, $2::int) n) rows
""",
    """
insert into case_event (id, tenant_id, at, case_id, kind, status, data)
select gen_random_uuid(), tenant_id, opened_at + n * interval '1 hour', id, 'state_entered', 'reported',
       jsonb_build_object('note', number, 'n', n)
from case_record, generate_series(1, 2) n where tenant_id = $1 and $2::int > 0
""",
    """
insert into case_comment (id, tenant_id, case_id, visibility, body, at)
select gen_random_uuid(), tenant_id, id, 'internal', 'Видел сам: ' || number, opened_at
from case_record where tenant_id = $1 and $2::int > 0
""",
)
FILE = """
insert into stored_file (id, tenant_id, sha256, copy, name, media_type, size, uploaded_at)
select n.id, $1, n.sha256, '', 'яма.jpg', 'image/jpeg', $4::int, now()
from unnest($2::uuid[], $3::text[]) n (id, sha256)
"""
HUNG = """
insert into case_file (id, tenant_id, case_id, file_id, role, visibility, at)
select gen_random_uuid(), $1, c.id, f.id, 'attachment', 'internal', now()
from (select id, row_number() over (order by id) as n from case_record where tenant_id = $1) c
join (select id, row_number() over (order by id) as n from stored_file where tenant_id = $1) f using (n)
"""


async def command(platform: Platform, *arguments: str) -> tuple[dict[str, Any], float]:
    """Run a command and return what it prints, and the memory in MB that it took at most."""
    out, into = os.pipe()
    pid = await asyncio.to_thread(
        os.posix_spawn,
        sys.executable,
        [sys.executable, "-m", "leancity.core.cli", *arguments, "--json"],
        platform.environment,
        file_actions=[(os.POSIX_SPAWN_DUP2, into, 1)],
    )
    os.close(into)
    with os.fdopen(out) as said:
        text = await asyncio.to_thread(said.read)
    _, status, usage = await asyncio.to_thread(os.wait4, pid, 0)
    assert status == 0, text
    return json.loads(text), usage.ru_maxrss / 1024


async def filled(city: City) -> None:
    """Give the city its cases, events, comments and files."""
    contents = [f"{city.tenant.slug} {n} ".encode() * 1500 for n in range(FILES)]
    digests = [hashlib.sha256(content).hexdigest() for content in contents]
    async with city.serving():
        for digest, content in zip(digests, contents, strict=True):
            store().put(io.BytesIO(content), key_of(digest, ""))
    owner = await asyncpg.connect(city.platform.migrate_url)
    try:
        for statement in FILL:
            await owner.execute(statement, city.tenant.id, CASES, timeout=600)
        await owner.execute(FILE, city.tenant.id, [new_id() for _ in digests], digests, len(contents[0]))
        await owner.execute(HUNG, city.tenant.id, timeout=600)
    finally:
        await owner.close()
    await set_suspended(city.tenant.slug, True)


async def test_a_large_city_moves(
    city: City, elsewhere: Elsewhere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await filled(city)
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "key.txt").write_text(str(identity))
    archive, slug = tmp_path / "city.age", city.tenant.slug
    wanted = ("city", "export", slug, "--to", str(archive), "--recipient", str(identity.to_public()))
    written, writing = await command(city.platform, *wanted)
    read, reading = await command(
        elsewhere.platform, "city", "import", str(archive), "--identity", str(tmp_path / "key.txt")
    )
    with capsys.disabled():
        for what, done, memory in (("export", written, writing), ("import", read, reading)):
            rate = done["rows"] / done["seconds"]
            sys.stdout.write(f"\n{what}: {done['rows']} rows, {done['files']} files, {written['size'] / 1e6:.0f} MB in "
                  f"{done['seconds']:.1f} s: {rate:.0f} rows/s; at most {memory:.0f} MB of memory")  # fmt: skip
    assert (read["digest"], read["rows"], read["files"]) == (written["digest"], written["rows"], FILES)
    assert max(writing, reading) < MOST_MEMORY
    counts, moved = await asyncio.gather(*(of_cases(each.platform) for each in (city, elsewhere)))
    assert moved == [CASES, 2 * CASES, CASES, FILES] and counts[-1] >= FILES
    # Its own export is the same: every table's rows by their checksum, but for the log of the commands themselves.
    files = {path.name: path.read_bytes() for path in (elsewhere.files / slug).rglob("*") if path.is_file()}
    assert len(files) == FILES and all(hashlib.sha256(content).hexdigest() == name for name, content in files.items())


async def of_cases(platform: Platform) -> list[int]:
    owner = await asyncpg.connect(platform.migrate_url)
    try:
        tables = ("case_record", "case_event", "case_comment", "case_file")
        return [await owner.fetchval(f"select count(*) from {table}") for table in tables]
    finally:
        await owner.close()
