"""``leancity city create``: a city that stands after one command."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import asyncpg
import pytest

from leancity.core.tenancy.lookup import tenant_by_slug
from leancity.core.testing.city import City
from leancity.core.testing.mailbox import Mailbox
from leancity.core.testing.platform import Platform
from leancity.tenants.profiles.reading import read_profile
from tests.tenants.organisation.workbooks import a_town, numbered

SIGN_IN = "mutation ($l: String!, $p: String!) { signIn(login: $l, password: $p) { errors { code } viewer { name } } }"


async def test_a_city_with_its_staff_stands_after_one_command(
    platform: Platform, database: None, mailbox: Mailbox, tmp_path: Path
) -> None:
    slug = f"cmd-{secrets.token_hex(4)}"
    town = a_town()
    book = numbered(town)
    book.cell("Staff", town.people[5].row, 0, "")
    file = book.save(tmp_path / "staff.xlsx")
    call = ["city", "create", slug, "--profile", "yuzhno-sakhalinsk", "--host", f"{slug}.test",
            "--organisation", str(file), "--admin-name", "Мария", "--admin-email", f"{slug}@example.org"]  # fmt: skip

    refused = platform.command(*call, check=False)
    assert refused.returncode == 1 and "organisation: " in refused.stderr
    assert await tenant_by_slug(slug) is None
    made = json.loads(platform.command(*call, "--accept-errors", "--json").stdout)
    assert (made["modules"], made["isInvited"], made["kind"]) == (
        sorted(read_profile("yuzhno-sakhalinsk").modules),
        True,
        "city",
    )
    tenant = await tenant_by_slug(slug)
    assert tenant is not None
    city = City(platform, tenant)
    assert (await city.data("{ city { title } }", locale="ru"))["city"]["title"] == "Южно-Сахалинск"
    (staff,) = await city.rows("select count(*) as n from user_account where tenant_id = $1")
    assert staff["n"] == len(town.people)
    await city.run_jobs()
    accept = 'mutation ($k: String!) { invitationAccept(key: $k, password: "a long enough one") { errors { code } } }'
    accepted = await city.data(accept, {"k": mailbox.key(f"{slug}@example.org")})
    assert accepted["invitationAccept"]["errors"] == []
    signed_in = (await city.data(SIGN_IN, {"l": "admin", "p": "a long enough one"}))["signIn"]
    assert signed_in == {"errors": [], "viewer": {"name": "Мария"}}
    again = platform.command(*call, check=False)
    assert again.returncode == 1 and "slug: " in again.stderr


@pytest.mark.long
async def test_what_was_cut_off_is_completed(platform: Platform, database: None) -> None:
    slug = f"half-{secrets.token_hex(4)}"
    call = ["city", "create", slug, "--profile", "seversk", "--host", f"{slug}.test", "--admin-password", "long enough"]
    platform.command(*call)
    connection = await asyncpg.connect(platform.migrate_url)  # as if it had been killed behind the directory's row
    try:
        tenant_id = await connection.fetchval("select id from tenant where slug = $1", slug)
        for table in ("role_grant", "user_account", "role", "org_unit"):
            await connection.execute(f'delete from "{table}" where tenant_id = $1', tenant_id)
    finally:
        await connection.close()
    assert platform.command(*call, check=False).returncode == 1
    platform.command(*call, "--continue")
    tenant = await tenant_by_slug(slug)
    assert tenant is not None
    signed_in = await City(platform, tenant).data(SIGN_IN, {"l": "admin", "p": "long enough"})
    assert signed_in["signIn"]["errors"] == []
    unknown = ["city", "create", "nowhere-at-all", "--continue", "--admin-password", "long enough"]
    made_otherwise = platform.command(*unknown, check=False)
    assert made_otherwise.returncode == 1 and "slug: " in made_otherwise.stderr
