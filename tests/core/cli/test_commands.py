"""The commands as an operator runs them."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import asyncpg

from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform

ROOT = Path(__file__).parents[3]


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command with nothing in the environment but what is given."""
    return subprocess.run(
        [sys.executable, "-m", "leancity.core.cli", *arguments],
        env={"PATH": os.environ["PATH"], "LEANCITY_STATE": "/nowhere", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


async def test_a_city_is_made_in_one_command_and_answers(platform: Platform) -> None:
    slug = f"cli-{secrets.token_hex(3)}"
    made = platform.command(
        "city", "create", slug, "--title", "Северск", "--zone", "Asia/Tomsk", "--module", "city_problems",
        "--host", f"{slug}.test", "--admin-password", "long enough", "--json",
    )  # fmt: skip
    facts = json.loads(made.stdout)
    assert (facts["slug"], facts["hosts"], "city_problems" in facts["modules"]) == (slug, [f"{slug}.test"], True)
    assert slug in platform.command("city", "list").stdout


async def test_a_city_that_does_not_fit_is_refused_with_every_field(platform: Platform, city: City) -> None:
    wrong = platform.command(
        "city", "create", "Bad Slug", "--title", " ", "--zone", "Mars/Olympus", "--admin-password", "long enough",
        check=False,
    )  # fmt: skip
    assert wrong.returncode == 1, wrong.stderr
    assert [line.split(":")[1].strip() for line in wrong.stderr.splitlines()][:3] == ["slug", "title", "zone"]
    taken = platform.command(
        "city", "create", city.tenant.slug, "--title", "x", "--zone", "UTC", "--admin-password", "long enough",
        check=False,
    )  # fmt: skip
    assert taken.returncode == 1 and "slug" in taken.stderr
    unknown = platform.command("module", "subscribe", city.tenant.slug, "dragons", check=False)
    assert unknown.returncode == 1 and "dragons" in unknown.stderr


async def test_doctor_finds_the_test_platform_well(platform: Platform) -> None:
    report = platform.command("doctor")
    assert "BAD" not in report.stdout and "row-level security" in report.stdout


async def test_doctor_tells_a_role_that_walks_through_the_wall(platform: Platform) -> None:
    environment = {**platform.environment, "DATABASE_URL": platform.migrate_url}
    report = run("doctor", **environment)
    assert report.returncode == 1
    assert "BAD  the application's role is under row-level security" in report.stdout


def test_settings_are_checked_at_the_start_and_named() -> None:
    wrong = run("doctor", DATABASE_URL="mysql://x", LEANCITY_PORT="http", LEANCITY_ENVIRONMENT="test")
    assert wrong.returncode == 1, wrong.stderr
    assert wrong.stderr.count("\n") == 1
    for variable in ("DATABASE_URL", "LEANCITY_PORT", "LEANCITY_ENVIRONMENT"):
        assert variable in wrong.stderr
    missing = run("web")
    assert missing.returncode == 1 and "DATABASE_URL and REDIS_URL must be set" in missing.stderr


def test_a_database_that_does_not_answer_is_one_line() -> None:
    gone = run("city", "list", DATABASE_URL="postgresql://leancity_app:x@127.0.0.1:1/leancity")
    assert gone.returncode == 1 and gone.stderr.count("\n") == 1


def test_the_settings_page_is_what_the_code_says() -> None:
    page = (ROOT / "docs/operators/settings.md").read_text("utf-8")
    assert run("settings").stdout in page


async def test_the_printed_roles_are_what_a_dba_can_run(platform: Platform) -> None:
    printed = run("db", "roles", "--print", "--app-password", "test", "--migrate-password", "test").stdout
    name = f"dba_{secrets.token_hex(3)}"
    superuser = await asyncpg.connect(platform.superuser_url)
    await superuser.execute(f'create database "{name}"')
    try:
        connection = await asyncpg.connect(platform.superuser_url, database=name)
        await connection.execute(printed)
        await connection.execute(printed)
        await connection.close()
        again = platform.command("db", "migrate")
        assert again.stdout == "", "the test database is up to date: nothing is printed"
    finally:
        await superuser.execute(f'drop database "{name}" with (force)')
        await superuser.close()


async def test_a_refused_city_leaves_nothing_behind(platform: Platform, city: City) -> None:
    slug = f"cli-{secrets.token_hex(3)}"
    for more, field in (
        (["--host", f"{slug}.test", "--host", city.host, "--admin-password", "long enough"], "hosts"),
        (["--host", f"{slug}.test", "--host", f"{slug}.test", "--admin-password", "long enough"], "hosts"),
        (["--admin-password", "short"], "password"),
        (["--admin", " ", "--admin-password", "long enough"], "login"),
    ):
        refused = platform.command("city", "create", slug, "--title", "x", "--zone", "UTC", *more, check=False)
        assert (refused.returncode, refused.stderr.split(":")[1].strip()) == (1, field), refused.stderr
        assert slug not in platform.command("city", "list").stdout
    made = platform.command("city", "create", slug, "--title", "x", "--zone", "UTC", "--admin-password", "long enough")
    assert slug in made.stdout
