"""How long it takes from a commit to the sockets that watch: 200 and one change, 50 and a hundred changes."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from leancity.core.cases.bulk_import import ImportedCase, import_cases
from leancity.core.cases.journal import TOPIC
from leancity.core.db.engine import close_pool, open_pool, pool
from leancity.core.db.unit import tenant_tx
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.testing.city import City, TestUser, new_city
from leancity.core.testing.platform import Platform, running_platform
from leancity.core.testing.socket import Socket
from leancity.modules.city_problems.kinds import KEY

SOCKETS, ROUNDS, BURST = 200, 10, 100
OF_A_USER = 20  # sockets that one credential may have
_WAITS = "select exists (select from announcement where subject_id = $1)"
INBOX = "subscription { inboxChanged { isResync cases { id number status version } } }"
CASE = "subscription ($id: UUID!) { caseChanged(id: $id) { isResync case { id number status version } } }"


def main() -> None:
    """Measure on a platform of its own, with its scheduler."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_platform(Path(folder) / ".leancity") as platform,
        platform.process("scheduler") as scheduler,
    ):
        asyncio.run(_measure(platform, scheduler.pid))


async def _measure(platform: Platform, scheduler: int) -> None:
    await open_pool(platform.app_url, size=5)
    city = await new_city(platform, ["city_problems"])
    async with city.serving():
        await announce(TOPIC, nothing := uuid.uuid4())
    while await pool().fetchval(_WAITS, nothing):  # noqa: ASYNC110 - the scheduler is another process
        await asyncio.sleep(0.1)
    before = _processor_seconds(scheduler)
    await asyncio.sleep(10)
    print(f"the scheduler, idle: {(_processor_seconds(scheduler) - before) / 10:.2%} of a core")
    async with city.serving():
        imported = [
            ImportedCase(external_id=str(number), title="Hole", text="x", opened_at=now()) for number in range(BURST)
        ]
        cases = [*(await import_cases(KEY, "bench", imported)).values()]
    users = [await city.user("core.case.read") for _ in range(SOCKETS // OF_A_USER)]
    await _ask(city, users, SOCKETS, CASE, cases[:1], f"caseChanged, {SOCKETS} sockets, 1 change")
    await _ask(city, users, SOCKETS, INBOX, cases[:1], f"inboxChanged, {SOCKETS} sockets, 1 change")
    await _ask(city, users, SOCKETS // 4, INBOX, cases, f"inboxChanged, {SOCKETS // 4} sockets, {BURST} changes")
    await close_pool()


async def _ask(
    city: City, users: Sequence[TestUser], sockets: int, query: str, cases: list[uuid.UUID], title: str
) -> None:
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(city.socket(users[number // OF_A_USER])) for number in range(sockets)]
        for socket in opened:
            await socket.begin(query, {"id": str(cases[0])} if query is CASE else {})
            await _next(socket)
        seconds: list[float] = []
        for _ in range(ROUNDS):
            async with city.serving(), tenant_tx(write=True):
                for case in cases:
                    await announce(TOPIC, case)
            begun = time.perf_counter()
            seconds += await asyncio.gather(*(_arrival(socket, len(cases), begun) for socket in opened))
        p50, p95 = statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]
        print(f"{title}: from the commit p50 {p50 * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms, last {max(seconds):.2f} s")


async def _arrival(socket: Socket, wanted: int, begun: float) -> float:
    heard = 0
    while heard < wanted:
        (change,) = (await _next(socket))["data"].values()
        heard += len(change["cases"]) if "cases" in change else 1
    return time.perf_counter() - begun


async def _next(socket: Socket) -> dict[str, dict[str, dict[str, list[object]]]]:
    while (message := await socket.receive(patience=60))["type"] == "ping":
        await socket.send("pong")
    payload: dict[str, dict[str, dict[str, list[object]]]] = message["payload"]
    return payload


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100
