"""What hung on nothing goes, row and bytes; what something names stays, whoever comes at the same moment."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import socket
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import asyncpg
import httpx
import pytest

from leancity.core.cases.attachments import Attachment, attach_file
from leancity.core.cases.filing import Filing, file_case
from leancity.core.db.unit import tenant_tx
from leancity.core.files.pruning import JOB, UNHUNG, UNNAMED, _prune_rows, _users, prune
from leancity.core.files.service import keep_photo
from leancity.core.files.store import key_of, store
from leancity.core.files.tables import StoredFile
from leancity.core.jobs.outbox import enqueue
from leancity.core.jobs.schedules import schedules
from leancity.core.moment import now
from leancity.core.testing.city import City
from leancity.core.testing.platform import _wait
from tests.core.files.conftest import InBucket, InFolder, Site
from tests.core.files.made import pdf, picture
from tests.core.files.test_streams import web_processes

KIND = "city_problems.report"


async def ids(site: Site) -> set[uuid.UUID]:
    return {row["id"] for row in await site.rows()}


async def aged(site: Site, by: timedelta) -> None:
    await site.city.rows("update stored_file set uploaded_at = uploaded_at - $2::interval where tenant_id = $1", by)


async def hung(site: Site, kept: dict[str, str]) -> None:
    """Hang an upload on a case."""
    async with site.city.serving():
        case = await file_case(KIND, Filing(title="Hole"))
        await attach_file(case.id, Attachment(file_id=uuid.UUID(kept["id"]), claim=kept["claim"]))


async def test_what_hangs_on_nothing_goes_after_two_days(site: Site) -> None:
    used, loose, same = [await site.sent(picture(colour=colour)) for colour in ("red", "blue", "red")]
    await hung(site, used)
    await aged(site, UNHUNG - timedelta(minutes=1))
    young = await site.sent(picture(colour="green"))

    async def pruned() -> None:
        async with site.city.serving():
            await enqueue(JOB, {})
        await site.city.run_jobs()

    await pruned()
    assert len(await ids(site)) == 4, "nobody has waited for two days yet"
    await aged(site, timedelta(minutes=2))
    await pruned()
    assert await ids(site) == {uuid.UUID(used["id"]), uuid.UUID(young["id"])}
    assert len(site.bytes.keys(site.city)) == 2, "the used one's bytes were named by another that went"
    for gone in (loose, same):
        assert (await site.city.request("GET", gone["url"])).status_code == 404
    clerk = await site.city.user("core.case.read")
    assert (await site.city.request("GET", used["url"], as_=clerk)).status_code == 200
    assert await site.city.rows("select 1 from job where tenant_id = $1 and state = 'dead'") == []


def test_the_job_comes_every_night() -> None:
    assert [each.job for each in schedules().values()].count(JOB) == 1


def test_every_reference_to_a_file_counts(platform: object) -> None:
    found = {(table._meta.tablename, column._meta.name) for table, column in _users()}
    acts = ("process_measure", "act_file_id")
    reports = {("owner_report", "pdf_id"), ("owner_report", "xlsx_id")}
    assert found == {("case_file", "file_id"), ("operator_onboarding", "file_id"), acts, *reports}


async def test_bytes_that_no_row_names_go_after_a_day(site: Site) -> None:
    kept = await site.sent(picture())
    async with site.city.serving():
        store().put(io.BytesIO(pdf("orphan")), key_of("ab" * 32, "orphan"))
        await prune(now())
        assert len(site.bytes.keys(site.city)) == 2, "its row may be on its way"
        await prune(now() + UNNAMED + timedelta(minutes=1))
    [left] = site.bytes.keys(site.city)
    assert "orphan" not in left and await ids(site) == {uuid.UUID(kept["id"])}


async def test_half_written_files_of_killed_processes_go(folder_site: Site) -> None:
    await folder_site.sent(picture())
    [key] = folder_site.bytes.keys(folder_site.city)
    assert isinstance(folder_site.bytes, InFolder)
    folder = folder_site.bytes.root / os.path.dirname(key)
    (folder / ".partial-x").write_bytes(b"half")
    async with folder_site.city.serving():
        await prune(now())
        assert (folder / ".partial-x").exists()
        await prune(now() + UNNAMED + timedelta(minutes=1))
    assert folder_site.bytes.keys(folder_site.city) == [key]


@pytest.mark.parametrize("site", ["bucket"], indirect=True)
async def test_parts_of_a_broken_upload_go(site: Site) -> None:
    where = {"Bucket": "uploads", "Key": f"in/prod/{site.city.tenant.slug}/ab/half"}
    assert isinstance(site.bytes, InBucket)
    site.bytes.client.create_multipart_upload(**where)
    async with site.city.serving():
        await prune(now() + UNNAMED + timedelta(minutes=1))
    assert site.bytes.begun() == []


@asynccontextmanager
async def locking(city: City, *statements: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """Hold what ``statements`` lock, as another process would, until the block ends or the connection is closed."""
    connection = await asyncpg.connect(
        city.platform.superuser_url.rpartition("/")[0] + f"/{city.platform.database}" + _query(city)
    )
    await connection.execute("begin")
    for statement in statements:
        await connection.execute(statement)
    try:
        yield connection
    finally:
        await connection.close()


def _query(city: City) -> str:
    _, question, query = city.platform.superuser_url.partition("?")
    return question + query


async def waiting(connection: asyncpg.Connection[asyncpg.Record]) -> int:
    """Return how many others wait for a lock that this connection holds."""
    found = await connection.fetchval(
        "select count(*) from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))"
    )
    return int(found)


async def until_waiting(connection: asyncpg.Connection[asyncpg.Record], number: int = 1) -> None:
    async with asyncio.timeout(20):
        while await waiting(connection) < number:  # noqa: ASYNC110 - the lock is PostgreSQL's
            await asyncio.sleep(0.02)


async def test_who_uploads_the_same_while_it_is_pruned_keeps_it(site: Site) -> None:
    """The pruner holds the row, then removes it; the upload that would have shared its bytes writes its own."""
    first = await site.sent(picture())
    await aged(site, UNHUNG + timedelta(days=1))
    remove = f"delete from stored_file where id = '{first['id']}'"
    async with locking(site.city, remove) as pruner:
        sending = asyncio.create_task(site.sent(picture()))
        await until_waiting(pruner)
        [key] = site.bytes.keys(site.city)
        await pruner.execute("commit")
        site.bytes.remove(key)  # which the pruner does next
        second = await sending
    assert await ids(site) == {uuid.UUID(second["id"])}
    await hung(site, second)
    clerk = await site.city.user("core.case.read")
    assert (await site.city.request("GET", second["url"], as_=clerk)).status_code == 200


async def test_the_pruner_leaves_what_is_just_being_shared(site: Site) -> None:
    """The upload holds the row by which it shares the bytes; the pruner passes it by."""
    first = await site.sent(picture())
    await aged(site, UNHUNG + timedelta(days=1))
    share = f"select 1 from stored_file where id = '{first['id']}' for key share"
    async with locking(site.city, share), site.city.serving():
        await prune(now())
        assert await ids(site) == {uuid.UUID(first["id"])} and len(site.bytes.keys(site.city)) == 1
    async with site.city.serving():
        await prune(now())
    assert await site.is_empty()


async def test_uploads_and_pruners_at_once_never_leave_a_row_without_bytes(site: Site) -> None:
    contents = [picture(colour=colour) for colour in ("red", "green")]

    async def prune_often() -> None:
        async with site.city.serving():
            for _ in range(8):
                await _prune_rows(now())

    async def keep_often(content: bytes) -> None:
        for _ in range(6):
            async with site.city.serving():
                await keep_photo("x.jpg", content)

    await asyncio.gather(
        *(asyncio.create_task(keep_often(contents[number % 2])) for number in range(4)),
        *(asyncio.create_task(prune_often()) for _ in range(2)),
    )
    async with site.city.serving(), tenant_tx():
        rows = await StoredFile.objects()
    async with site.city.serving():
        for row in rows:
            assert store().size(key_of(row.sha256, row.copy)) == row.size


@pytest.mark.parametrize("site", ["folder"], indirect=True)  # each starts a process
@pytest.mark.long
async def test_a_process_killed_between_bytes_and_row_leaves_no_row(site: Site) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    platform = replace(
        site.city.platform, port=port, environment={**site.city.platform.environment, "LEANCITY_PORT": str(port)}
    )
    with platform.process("web"):
        _wait(port)
        doomed = Site(city=City(platform, site.city.tenant), bytes=site.bytes)
        async with locking(site.city, "lock table stored_file in exclusive mode") as holder:
            sending = asyncio.create_task(doomed.send(picture()))
            await until_waiting(holder)
            assert len(site.bytes.keys(site.city)) == 1, "the bytes are written before the row"
            for process in web_processes(doomed):
                os.kill(process, signal.SIGKILL)
            with pytest.raises(httpx.TransportError):
                await sending
    assert await site.rows() == []
    async with site.city.serving():
        await prune(now() + UNNAMED + timedelta(minutes=1))
    assert await site.is_empty()


_HANG = """
insert into case_file (id, tenant_id, case_id, file_id, role, visibility, at)
select gen_random_uuid(), tenant_id, id, '{file}', 'attachment', 'internal', now() from case_record where id = '{case}'
"""


async def test_a_case_that_is_given_a_file_while_it_is_pruned_has_it(folder_site: Site) -> None:
    kept = await folder_site.sent(picture())
    await aged(folder_site, UNHUNG + timedelta(days=1))
    async with folder_site.city.serving():
        case = await file_case(KIND, Filing(title="Hole"))
    async with locking(folder_site.city, _HANG.format(file=kept["id"], case=case.id)) as clerk:
        for _ in range(2):
            async with folder_site.city.serving():
                await prune(now())
            assert await ids(folder_site) == {uuid.UUID(kept["id"])}
            if clerk.is_in_transaction():
                await clerk.execute("commit")
    assert len(folder_site.bytes.keys(folder_site.city)) == 1
