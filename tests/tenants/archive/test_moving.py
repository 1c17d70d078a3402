"""A city goes to another installation, by the commands: nothing is missing there, nothing is left open here."""

from __future__ import annotations

import asyncio
import json
import stat
import tarfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from pyotp import TOTP

from leancity.core.audit.verify import verify
from leancity.core.db import rows
from leancity.core.db.engine import pool
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.oidc.providers import active_provider, client_secret_of
from leancity.core.identity.rights import principal_of
from leancity.core.identity.tables import UserAccount
from leancity.core.identity.totp import take_code
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.lookup import tenant_by_slug, tenants_of_region
from leancity.core.tenancy.service import NewCity, create_city, set_region, set_suspended
from leancity.core.testing.city import City
from leancity.tenants.archive import exporting as exporting_module
from leancity.tenants.archive.crypt import identities_of
from leancity.tenants.archive.format import Manifest
from leancity.tenants.archive.reading import opened
from tests.tenants.archive.conftest import Elsewhere, Full, exported, imported, refused, stored

AUDIT = {"audit_event", "audit_link", "audit_head"}  # the commands themselves are recorded


def manifest_of(path: Path, key: Path | None = None) -> Manifest:
    with opened(path, identities_of(key) if key else []) as archive:
        *_, manifest = archive.read()
    assert isinstance(manifest, Manifest)
    return manifest


async def counted(city: City) -> dict[str, int]:
    """Return how many rows each table has, past the platform."""
    connection: Any = await asyncpg.connect(city.platform.migrate_url)
    try:
        names = list(await rows.shapes(connection))
        count = "select count(*) from {} where tenant_id = $1"
        return {name: await connection.fetchval(count.format(name), city.tenant.id) for name in names}
    finally:
        await connection.close()


async def test_a_city_moves_whole(full: Full, elsewhere: Elsewhere, tmp_path: Path, key: tuple[str, Path]) -> None:
    city, archive, (public, secret) = full.city, tmp_path / "city.age", key
    slug = city.tenant.slug
    here, there = city.platform, elsewhere.platform
    before = await counted(city)

    done = json.loads(
        here.command("city", "export", slug, "--to", str(archive), "--recipient", public, "--json").stdout
    )
    assert (done["isEncrypted"], done["files"], done["secretsLeftOut"], done["isCopy"]) == (True, 1, {}, False)
    assert done["rows"] == sum(before.values()) + 1, "and that the command was run"
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    assert slug.encode() not in archive.read_bytes()

    dry = json.loads(
        there.command("city", "import", str(archive), "--identity", str(secret), "--dry-run", "--json").stdout
    )
    assert dry["digest"] == done["digest"] and await elsewhere.is_empty()
    made = json.loads(there.command("city", "import", str(archive), "--identity", str(secret), "--json").stdout)
    assert (made["digest"], made["rows"], made["isResumed"]) == (done["digest"], done["rows"], False)

    async with elsewhere.here():
        moved = await elsewhere.city(slug)
        assert moved.tenant.id != city.tenant.id and moved.tenant.is_suspended and moved.tenant.phase == ""
        assert moved.tenant.modules == city.tenant.modules
        after = await counted(moved)
        assert {name for name in before if before[name] != after[name]} <= AUDIT
        assert await stored(moved) == await stored(city) == [full.content]
        again = await exported(moved, tmp_path / "again", recipients=[public])
        async with moved.serving():
            assert (await verify()).is_sound
    first, second = manifest_of(archive, secret), manifest_of(tmp_path / "again", secret)
    for name in first.tables.keys() - AUDIT:
        assert first.tables[name] == second.tables[name], name
    assert (first.directory, first.files) == (second.directory, second.files)
    assert again.left_out == {}

    await works(full, elsewhere)


async def works(full: Full, elsewhere: Elsewhere) -> None:
    """Hold that people, secrets, files and jobs of the moved city do there what they did here."""
    slug = full.city.tenant.slug
    resumed = elsewhere.platform.command("city", "resume", slug)
    assert resumed.returncode == 0
    async with elsewhere.here():
        moved = await elsewhere.city(slug)
        async with moved.serving():
            for secret in (full.user.token, full.session.token):
                principal = await principal_of(secret)
                assert principal is not None and principal.user_id == full.user.id
            account = await account_of(full)
            assert account.unit_id == full.unit
            async with tenant_tx(write=True):
                assert await take_code(account, TOTP(full.totp).at(now(), counter_offset=1))
            assert client_secret_of(await active_provider("issuer")) == "the provider's secret"
        waiting = await moved.rows("select id from due where tenant_id = $1 and id = $2", full.job)
        assert len(waiting) == 1
        await moved.run_jobs()
        [job] = await moved.rows("select state from job where tenant_id = $1 and id = $2", full.job)
        assert job["state"] == "done"
        [erasure] = await moved.rows("select person, finished_at from erasure where tenant_id = $1")
        assert erasure["person"] == "" and erasure["finished_at"], "whom it is about was told there too"


async def test_without_a_key_secrets_stay_behind(
    full: Full, elsewhere: Elsewhere, tmp_path: Path, make_city: Callable[..., Awaitable[City]]
) -> None:
    archive = tmp_path / "city.tar"
    region = (await make_city(kind="region")).tenant
    await set_region(full.city.tenant.slug, region.slug)
    done = await exported(full.city, archive)
    assert done.left_out == {"erasure": 1, "identity_provider": 1, "user_account": 1}
    content = archive.read_bytes()
    assert full.totp.encode() not in content and b"the provider's secret" not in content
    with tarfile.open(archive) as tar:  # and by any other program
        assert tar.getnames()[0] == "city.json" and tar.getnames()[-1] == "manifest.json"
    async with elsewhere.here():
        new = NewCity(
            slug=region.slug, title="x", zone="UTC", locale="ru", hosts=("r.test",), modules=(), kind=region.kind
        )
        there = await create_city(installed_modules(), new)
        made = await imported(archive)
        assert made.has_region and [each.slug for each in await tenants_of_region(there.id)] == [made.slug]
        assert made.left_out == done.left_out and made.digest == done.digest
        moved = await elsewhere.city(made.slug)
        await exported(moved, tmp_path / "again")
        async with moved.serving():
            account = await account_of(full)
            assert account.totp_secret == "" and account.totp_confirmed_at is not None
            async with tenant_tx(write=True):
                assert not await take_code(account, "123456"), "nobody gets in without it either"
    first, second = manifest_of(archive), manifest_of(tmp_path / "again")
    assert {n: s for n, s in first.tables.items() if n not in AUDIT} == {
        n: s for n, s in second.tables.items() if n not in AUDIT
    }


async def test_a_living_city_is_copied_without_its_turns(full: Full, elsewhere: Elsewhere, tmp_path: Path) -> None:
    slug = full.city.tenant.slug
    await set_suspended(slug, False)
    with refused("archive_city_open", "slug"):
        await exported(full.city, tmp_path / "x")
    assert not (tmp_path / "x").exists() and not (tmp_path / "x.partial").exists()
    done = await exported(full.city, tmp_path / "x", is_copy=True)
    assert done.sleeping > 0
    with refused("archive_exists", "to"):
        await exported(full.city, tmp_path / "x", is_copy=True)
    await exported(full.city, tmp_path / "x", is_copy=True, force=True)
    beside = f"beside-{slug}"
    await imported(tmp_path / "x", slug=beside, hosts=(f"{beside}.test",))  # in the same installation
    with refused("archive_city_here", "file"):
        await set_suspended(slug, True)
        await exported(full.city, tmp_path / "moving")
        await imported(tmp_path / "moving", slug=f"two-{slug}", hosts=(f"two-{slug}.test",))
    assert await tenant_by_slug(f"two-{slug}") is None
    async with elsewhere.here():
        made = await imported(tmp_path / "x", slug="copy", hosts=("copy.test",))
        assert (made.slug, made.hosts, made.is_copy) == ("copy", ("copy.test",), True)
        moved = await elsewhere.city("copy")
        assert await moved.rows("select 1 from due where tenant_id = $1") == []
        [job] = await moved.rows("select state from job where tenant_id = $1 and id = $2", full.job)
        assert job["state"] == "waiting"
        assert await stored(moved) == [full.content]


async def test_work_in_hand_is_waited_for(full: Full, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant_id = full.city.tenant.id
    await pool().execute("update due set held_until = now() + interval '1 hour' where tenant_id = $1 and id = $2",
                         tenant_id, full.job)  # fmt: skip
    exporting = asyncio.create_task(exported(full.city, tmp_path / "x"))
    await asyncio.wait([exporting], timeout=1)
    assert not exporting.done()
    await pool().execute("update due set held_until = null where tenant_id = $1", tenant_id)
    await exporting
    monkeypatch.setattr(exporting_module, "WAIT", 0)
    await pool().execute("update due set held_until = now() + interval '1 hour' where tenant_id = $1 and id = $2",
                         tenant_id, full.job)  # fmt: skip
    with refused("archive_city_busy", "slug"):
        await exported(full.city, tmp_path / "y")


async def account_of(full: Full) -> UserAccount:
    async with tenant_tx():
        account = await UserAccount.objects().get(UserAccount.id == full.user.id)
    assert account is not None
    return account
