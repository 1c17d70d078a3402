"""A city that is let go leaves nothing: no row, file, key or line of a log says anything of its people."""

from __future__ import annotations

import asyncio
import contextvars
import json
import secrets
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
import redis.asyncio as redis

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.identity.tables import RoleRow
from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.core.tenancy.service import set_suspended
from leancity.core.testing.city import City
from leancity.core.testing.mailbox import Mailbox
from leancity.core.testing.platform import Platform, _free_port, _wait
from leancity.tenants.erasing.certificate import Document, Verdict, digest_of, verify
from leancity.tenants.erasing.erasing import Order, erase_city
from tests.core.jobs.yard import until
from tests.tenants.erasing.filled import fill, markers
from tests.tenants.erasing.search import checksums, in_database, in_files, in_redis


@contextmanager
def logged(platform: Platform, folder: Path) -> Iterator[Platform]:
    """Run web, worker and scheduler that log into files of ``folder``; yield the platform with this web's port."""
    port = _free_port()
    other = replace(platform, port=port, environment={**platform.environment, "LEANCITY_PORT": str(port)})
    with ExitStack() as stack:
        running = []
        for name in ("web", "worker", "scheduler"):
            log = stack.enter_context((folder / f"{name}.log").open("wb"))
            command = [sys.executable, "-m", "leancity.core.cli", name]
            running.append(subprocess.Popen(command, env=other.environment, stdout=log, stderr=log))
        try:
            _wait(port)
            yield other
        finally:
            for process in running:
                process.send_signal(signal.SIGTERM)
            for process in running:
                process.wait(30)


@pytest_asyncio.fixture
async def quiet_neighbour(make_city: Callable[..., Awaitable[City]]) -> City:
    """Another city that people have lived in."""
    neighbour = await make_city("city_problems")
    await fill(neighbour, markers())
    return neighbour


async def erase(city: City, folder: Path) -> Document:
    """Erase a suspended city by the command; return the certificate that it wrote."""
    path = folder / "certificate.json"
    done = await asyncio.to_thread(city.platform.command, *command_for(city, path))
    (folder / "erase.log").write_text(done.stdout + done.stderr)
    document: Document = json.loads(path.read_text("utf-8"))
    return document


def command_for(city: City, path: Path, confirm: str = "") -> list[str]:
    slug = city.tenant.slug
    return [
        *("city", "erase", slug, "--reason", "Договор 17 расторгнут", "--confirm", confirm or slug),
        *("--certificate", str(path)),
    ]


def begun(city: City, path: Path) -> subprocess.Popen[bytes]:
    """Begin to erase a city, in a process that can be killed."""
    command = [sys.executable, "-m", "leancity.core.cli", *command_for(city, path)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, env=city.platform.environment, stdout=quiet, stderr=quiet)


class Unheard:
    """A progress that nobody looks at."""

    def begin(self, total: int) -> None:
        """Take no notice."""

    def gone(self, amount: int) -> None:
        """Take no notice."""


@pytest.mark.long
async def test_an_erased_city_is_found_nowhere(
    make_city: Callable[..., Awaitable[City]],
    platform: Platform,
    quiet_neighbour: City,
    mailbox: Mailbox,
    tmp_path: Path,
) -> None:
    made, root = markers(), Path(platform.environment["LEANCITY_FILES"])
    with logged(platform, tmp_path) as running:
        await until(lambda: is_quiet(quiet_neighbour))
        mailbox.refuses = f"550 no such user {made.colleague_email}"
        city = City(running, (await make_city("city_problems")).tenant)
        await fill(city, made)
        await until(lambda: city.rows("select 1 from job where tenant_id = $1 and attempts > 0"))  # the letter
        await superuser(platform, "analyze")

        found = await in_database(platform, made.in_rows)
        assert [marker for marker, places in found.items() if not places] == [], "the search would find nothing"
        assert any(place.startswith("statistics") for places in found.values() for place in places)
        assert in_files(root, [made.content])[made.content]
        await set_suspended(city.tenant.slug, True)
        neighbour = await checksums(quiet_neighbour)
        before = await rows_of(city)
        document = await erase(city, tmp_path)
    assert document["erased"]["rows"] >= before and document["erased"]["files"] == 2
    assert document["checked"]["rows_left"] == document["checked"]["files_left"] == 0
    assert await checksums(quiet_neighbour) == neighbour

    assert not any((await in_database(platform, made.all)).values())
    assert not any(in_files(root, made.all).values())
    assert not any((await in_redis(platform, made.all)).values())
    assert not any(in_files(tmp_path, made.all).values()), "a log tells of them"
    slug = city.tenant.slug
    assert {"web.log", "erase.log"} <= in_files(tmp_path, [slug])[slug], "the logs are not where they are looked for"
    assert b'"level": "error"' not in (tmp_path / "web.log").read_bytes()
    assert not (root / ".erasing" / f"{slug}.json").exists()


async def test_the_search_finds_what_is_in_redis(platform: Platform) -> None:
    client, marker = redis.Redis.from_url(platform.redis_url), secrets.token_hex(8)
    try:
        for kind in ("by-name", "string", "hash", "list", "set", "zset"):
            await client.delete(f"searched-{kind}")
        await client.set(f"searched-by-name-{marker}", "x", ex=60)
        await client.set("searched-string", marker, ex=60)
        await client.hset("searched-hash", "field", marker)
        await client.rpush("searched-list", marker)
        assert len((await in_redis(platform, [marker]))[marker]) == 4
    finally:
        await client.delete(f"searched-by-name-{marker}", "searched-string", "searched-hash", "searched-list")
        await client.aclose()


async def test_what_must_not_be_erased_is_refused_and_whole(
    make_city: Callable[..., Awaitable[City]], tmp_path: Path
) -> None:
    city = await make_city("city_problems")
    region, member = await make_city(kind="region"), await make_city()
    slug, path = city.tenant.slug, tmp_path / "certificate.json"
    for each in (member, region):
        await superuser(
            city.platform, "update tenant set region_id = $1 where id = $2", region.tenant.id, member.tenant.id
        )
        await set_suspended(each.tenant.slug, True)
    before = await checksums(city)

    async def refused(*arguments: str) -> str:
        done = await asyncio.to_thread(city.platform.command, *arguments, check=False)
        assert done.returncode == 1, done.stdout
        return done.stderr

    said = await asyncio.gather(
        refused(*command_for(city, path)),
        refused(*command_for(member, path, confirm=slug)),
        refused(*command_for(region, path)),
    )
    assert f"leancity city suspend {slug}" in said[0]
    assert f"--confirm {member.tenant.slug}" in said[1]
    assert member.tenant.slug in said[2]
    with pytest.raises(Refused, match="city_unknown"):
        await asked(city, "nowhere")
    assert await checksums(city) == before and not path.exists()
    for each in (city, member, region):
        found = await tenant_by_slug(each.tenant.slug)
        assert found is not None and found.phase == ""


@pytest.mark.long
async def test_a_killed_erasure_goes_on(make_city: Callable[..., Awaitable[City]], tmp_path: Path) -> None:
    city = await make_city("city_problems")
    platform, slug, path = city.platform, city.tenant.slug, tmp_path / "certificate.json"
    made = markers()
    await fill(city, made)
    await set_suspended(slug, True)
    before = await rows_of(city)
    process = begun(city, path)
    blocker = await asyncpg.connect(platform.superuser_url, database=platform.database)
    try:
        async with blocker.transaction():
            # They go late, after people and cases.
            await blocker.execute("select from role where tenant_id = $1 for update", city.tenant.id)
            await until(lambda: waits(city), every=0.1)
            process.kill()
            process.wait()
    finally:
        await blocker.close()
    left = await rows_of(city)
    assert 0 < left < before and not path.exists()
    with pytest.raises(Refused, match="city_erasing"):
        await set_suspended(slug, False)
    assert (await city.request("GET", "/graphql")).status_code == 404

    journal = json.loads(
        (Path(platform.environment["LEANCITY_FILES"]) / ".erasing" / f"{slug}.json").read_text("utf-8")
    )
    document = await erase(city, tmp_path)
    assert document["erased"]["rows"] == sum(journal["found"].values()) >= before, (
        "what the killed run has removed counts too"
    )
    assert not any((await in_database(platform, made.all)).values())
    assert await tenant_by_slug(slug) is None and (await city.request("GET", "/graphql")).status_code == 404


@pytest.mark.long
async def test_an_erasure_killed_after_the_city_was_gone_is_certified(
    make_city: Callable[..., Awaitable[City]],
) -> None:
    city = await make_city("city_problems")
    operator = await make_city("operator", kind="operator")
    slug = city.tenant.slug
    before = await rows_of(city)
    await set_suspended(slug, True)

    def killed(document: Document) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await asked(city, slug, killed)
    assert await tenant_by_slug(slug) is None
    taken: list[Document] = []
    document = await asked(city, slug, taken.append)
    assert taken == [document] and document["erased"]["rows"] >= before
    assert verify(document) is Verdict.GENUINE
    kept = await operator.rows("select * from operator_certificate where tenant_id = $1 and slug = $2", slug)
    assert len(kept) == 1 and verify(json.loads(kept[0]["document"])) is Verdict.GENUINE
    actions = await operator.rows("select action from audit_event where tenant_id = $1 order by at")
    assert {"operator.erasure.begun", "operator.city.erased"} <= {row["action"] for row in actions}
    with pytest.raises(Refused, match="city_unknown"):
        await asked(city, slug)
    with pytest.raises(Refused, match="operators_own_place"):
        await asked(operator, operator.tenant.slug)


async def test_who_is_still_writing_is_waited_for_and_nobody_writes_behind(
    make_city: Callable[..., Awaitable[City]],
) -> None:
    city = await make_city("city_problems")
    slug = city.tenant.slug
    await set_suspended(slug, True)
    async with city.serving():
        async with tenant_tx(write=True):
            await RoleRow(key="core.late", title="Late", permissions=[]).save()
            erasing = asyncio.create_task(asked(city, slug), context=contextvars.Context())
            await until(lambda: waits(city), every=0.1)
        document = await erasing
        assert await rows_of(city) == 0 and document["checked"]["rows_left"] == 0
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            async with tenant_tx(write=True):
                await RoleRow(key="core.later", title="Later", permissions=[]).save()


async def test_tables_of_a_plug_in_that_is_not_installed_are_emptied(
    make_city: Callable[..., Awaitable[City]],
) -> None:
    city, neighbour = await make_city(), await make_city()
    await set_suspended(city.tenant.slug, True)
    before = await rows_of(neighbour)
    await superuser(
        city.platform,
        f"""
        set role leancity_owner;
        create table gone_first (tenant_id int references tenant (id), id uuid default gen_random_uuid() primary key);
        create table gone_second (tenant_id int references tenant (id), first_id uuid references gone_first (id));
        with made as (
            insert into gone_first (tenant_id) values ({city.tenant.id}), ({neighbour.tenant.id})
            returning tenant_id, id
        ) insert into gone_second select tenant_id, id from made
        """,
    )
    try:
        document = await asked(city, city.tenant.slug)
        assert document["erased"]["tables"]["gone_first"] == document["erased"]["tables"]["gone_second"] == 1
        assert await rows_of(neighbour) - before == 2
    finally:
        await superuser(city.platform, "drop table gone_second, gone_first")


async def test_a_certificate_is_told_from_a_changed_and_a_forged_one(
    make_city: Callable[..., Awaitable[City]], tmp_path: Path
) -> None:
    city = await make_city()
    await set_suspended(city.tenant.slug, True)
    document = await asked(city, city.tenant.slug)
    assert verify(document) is Verdict.GENUINE
    changed = {**document, "reason": "Другое основание"}
    assert verify(changed) is Verdict.CHANGED
    assert verify({**changed, "digest": digest_of(changed)}) is Verdict.FOREIGN
    assert verify({}) is Verdict.CHANGED
    path = tmp_path / "certificate.json"
    path.write_text(json.dumps(document), "utf-8")
    told = await asyncio.to_thread(city.platform.command, "city", "certificate", str(path))
    assert told.stdout.startswith("genuine")


async def asked(city: City, slug: str, hand_over: Callable[[Document], Any] = bool) -> Document:
    """Erase a city in this process."""
    order = Order(slug=slug, reason="Договор 17", asked_by="tester")
    return await erase_city(city.platform.migrate_url, order, Unheard(), hand_over)


async def superuser(platform: Platform, statement: str, *values: Any) -> None:
    connection = await asyncpg.connect(platform.superuser_url, database=platform.database)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


async def rows_of(city: City) -> int:
    """Count a city's rows in all tables."""
    connection = await asyncpg.connect(city.platform.superuser_url, database=city.platform.database)
    try:
        tables = await connection.fetch(
            "select table_name as name from information_schema.columns where column_name = 'tenant_id'"
            " and table_schema = 'public'"
        )
        return sum(
            [
                await connection.fetchval(f'select count(*) from "{each["name"]}" where tenant_id = $1', city.tenant.id)
                for each in tables
            ]
        )
    finally:
        await connection.close()


async def is_quiet(city: City) -> bool:
    """Tell whether nothing of a city is due, and its audit log is sealed."""
    due = "select 1 from due where tenant_id = $1 and run_at < now() + interval '1 minute'"
    unsealed = """
    select 1 from audit_event a where a.tenant_id = $1
      and not exists (select from audit_link l where l.tenant_id = $1 and l.audit_id = a.id)
    """
    return not await city.rows(due) and not await city.rows(unsealed)


async def waits(city: City) -> bool:
    """Tell whether an erasure waits for a lock."""
    connection = await asyncpg.connect(city.platform.superuser_url, database=city.platform.database)
    try:
        query = "select true from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'"
        return bool(await connection.fetchval(query, "leancity erasing"))
    finally:
        await connection.close()
