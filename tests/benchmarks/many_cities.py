"""A thousand cities with fifty sets of modules: is one of them served as one alone would be?"""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from leancity.core.testing.platform import Platform, running_platform
from tests.benchmarks.pairs import compare, verdict
from tests.benchmarks.synthetic import install, module_sets

CITIES, SETS, ROUND = 1000, 50, 200
BUDGET_MB = 64 * 4  # the cache keeps 64 schemas; the largest of 14 modules measured 3.3 MB
QUERY = {"query": "{ city { slug } cityProblems { reports(first: 10) { edges { node { number } } } } }"}


def main() -> None:
    """Run in a process of its own, so that the synthetic modules are installed from the start."""
    with tempfile.TemporaryDirectory() as folder:
        install(Path(folder))
        path = os.pathsep.join(filter(None, (folder, os.environ.get("PYTHONPATH", ""))))
        environment = {**os.environ, "PYTHONPATH": path, "LEANCITY_BENCH_STATE": f"{folder}/.leancity"}
        subprocess.run([sys.executable, "-m", "tests.benchmarks.many_cities"], env=environment, check=True)


def _measure(state: Path) -> None:
    with running_platform(state) as platform:
        port = platform.port + 1
        with platform.process("web", LEANCITY_PORT=str(port)) as web:
            asyncio.run(_compare(platform, port, web.pid))


async def _compare(platform: Platform, port: int, pid: int) -> None:
    hosts = await _provision(platform)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:

        async def ask(host: str) -> None:
            answer = await client.post("/graphql", json=QUERY, headers={"Host": host})
            assert "errors" not in answer.json(), answer.text

        await _ready(client)
        for _ in range(ROUND):
            await ask(hosts[0])
        before = _resident_mb(pid)
        chance = random.Random(20261122)  # noqa: S311
        for host in [*hosts[:SETS], *chance.sample(hosts, ROUND)]:  # every schema is built once
            await ask(host)

        async def one() -> None:
            for _ in range(ROUND):
                await ask(hosts[0])

        async def many() -> None:
            for host in chance.sample(hosts, ROUND):
                await ask(host)

        print(verdict("request to one of 1 000 cities / to one alone", await compare(many, one), at_most=1.10))
        after = _resident_mb(pid)
        state = "met" if after - before <= BUDGET_MB else "NOT MET"
        print(f"memory of {SETS} schemas: {after - before:.0f} MB of a budget of {BUDGET_MB} MB (64 schemas): {state}")


async def _provision(platform: Platform) -> list[str]:
    """Make the cities and return their hosts."""
    from leancity.core.db.engine import close_pool, open_pool
    from leancity.core.testing.city import new_city

    await open_pool(platform.app_url, size=5)
    sets = module_sets(SETS)
    seconds, hosts = [], []
    for number in range(CITIES):
        begun = time.perf_counter()
        hosts.append((await new_city(platform, sets[number % SETS])).host)
        seconds.append(time.perf_counter() - begun)
    await close_pool()
    state = "met" if max(seconds) <= 2 else "NOT MET"
    median = statistics.median(seconds)
    print(f"provisioning a city: median {median:.3f} s, slowest {max(seconds):.3f} s, goal <= 2 s: {state}")
    return hosts


async def _ready(client: httpx.AsyncClient) -> None:
    for _ in range(300):
        try:
            if (await client.get("/health/ready")).status_code == 200:
                return
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.1)
    raise TimeoutError("the web process did not get ready")


def _resident_mb(pid: int) -> float:
    """Return the resident memory of a process and its children, in MB."""
    total = 0.0
    for each in (pid, *_children(pid)):
        status = Path(f"/proc/{each}/status").read_text()
        total += int(status.split("VmRSS:")[1].split()[0]) / 1024
    return total


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found


if __name__ == "__main__":
    _measure(Path(os.environ["LEANCITY_BENCH_STATE"]))
