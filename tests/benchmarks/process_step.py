"""What a user step costs in PostgreSQL: a work item completed as a request does it, against its statements alone.

The floor replays, by asyncpg, what two pilot cases were seen to ask of the database: the same statements with the same
values, in the same transactions, nothing computed. What differs between the pilots is of a case, and is given to each
case of the floor anew. ``LEANCITY_BENCH_CASES`` is how many cases a worker takes to their end.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from leancity.core.audit import desk
from leancity.core.db.engine import close_pool, open_pool
from leancity.core.db.unit import operation, tenant_tx
from leancity.core.identity.principal import Principal, acting_as, system
from leancity.core.identity.rights import principals_for
from leancity.core.processes.running.begin import begin
from leancity.core.processes.running.items import complete
from leancity.core.processes.running.tables import WorkItem
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.tenancy.lookup import tenant_by_id
from leancity.core.testing.city import new_city
from leancity.core.testing.platform import Platform, running_platform
from tests.benchmarks.pairs import compare, verdict
from tests.benchmarks.replay import Case, Replay, play, recorded
from tests.core.processes.engine.drawing import flows, node, nodes, timer
from tests.core.processes.publishing import drawing, publish

PROCESS, STEPS = "bench", ("register", "check", "inspect", "issue")
FACTS = {f"field_{number}": "value " * 8 for number in range(18)}
"""About a kilobyte, as a form gives."""
PAIRS, CASES_A_PAIR = 10, 5
CASES = int(os.environ.get("LEANCITY_BENCH_CASES", "60"))
WORKERS = 4
GOAL = 2.3
READY = "ready"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_platform(Path(folder) / ".leancity") as platform:
        office = asyncio.run(_measure(platform))
        for workers in (1, WORKERS):
            rate = _rate(platform, office, workers)
            print(f"user steps/s with {workers} worker process{'es' if workers > 1 else ''}: {rate:.0f}")


async def _measure(platform: Platform) -> Office:
    await open_pool(platform.app_url, size=1)  # one connection: a pilot's statements are those that it runs
    office = await Office.made(platform)
    await office.walk(await office.begun())  # programs and calendars are built, as in a process that is at work
    pilots = [await office.begun() for _ in range(2)]
    seen = [await recorded(partial(office.walk, each)) for each in pilots]
    replay = Replay.of(seen[0], pilots[0], seen[1])
    rounds = CASES_A_PAIR * (PAIRS + 1)
    ours = [await office.begun() for _ in range(rounds)]
    floors = [replay.of_case(await office.begun()) for _ in range(rounds)]

    async def platforms() -> None:
        for _ in range(CASES_A_PAIR):
            await office.walk(ours.pop())

    async def bare() -> None:
        for _ in range(CASES_A_PAIR):
            await play(floors.pop())

    ratio = await compare(platforms, bare, pairs=PAIRS)
    print(verdict("a user step / its statements with no engine", ratio, at_most=GOAL))
    steps = CASES_A_PAIR * len(STEPS)
    print(f"  {ratio.seconds_a / steps * 1000:.2f} ms / {ratio.seconds_b / steps * 1000:.2f} ms a step;", end=" ")
    print(f"{replay.statements / len(STEPS):.1f} statements in {len(replay.asked) / len(STEPS):.1f} transactions")
    await close_pool()
    return office


@dataclass(frozen=True)
class Office:
    """A city and its clerk, with a process of four steps of which one has a timer at its side."""

    tenant: Tenant
    clerk: Principal

    @classmethod
    async def made(cls, platform: Platform) -> Office:
        city = await new_city(platform, ())
        clerk = await city.user("core.task.work", "core.process.read", "core.case.read")
        mine = '<bpmn:extensionElements><lean:assign author="true"/></bpmn:extensionElements>'
        inner = nodes(startEvent="s", endEvent="e")
        inner += "".join(node("userTask", name, mine, name=name) for name in (*STEPS, "late"))
        inner += node("boundaryEvent", "t", timer("P5D"), attachedToRef="inspect")
        ways = flows(f"s > {' > '.join(STEPS)} > e; t > late > e")
        await publish(city, drawing(inner + ways), PROCESS)
        return cls(city.tenant, clerk.principal)

    @classmethod
    async def found(cls, tenant_id: int, user_id: uuid.UUID) -> Office:
        """Return the office that another process made."""
        tenant = await tenant_by_id(tenant_id)
        if tenant is None:
            raise RuntimeError("the city is gone")
        with enter(tenant), acting_as(system(tenant.locale)):
            return cls(tenant, (await principals_for([user_id]))[user_id])

    async def begun(self) -> Case:
        """Begin a case and return it with the work it waits for."""
        with enter(self.tenant), acting_as(self.clerk):
            async with desk.passage():
                instance = await begin(PROCESS, FACTS, title="A case")
                item = await self._to_do(instance.id)
        if item is None or instance.case_id is None:
            raise RuntimeError("a case that was begun waits for work")
        return Case(instance.id, instance.case_id, item.id, item.task_id)

    async def walk(self, case: Case) -> None:
        """Take a case to its end, each step as a request of its own that looks what is to be done next."""
        item_id, status = case.item, "running"
        with enter(self.tenant), acting_as(self.clerk):
            for _ in STEPS:
                async with desk.passage(), operation():
                    instance = await complete(item_id, {})
                    following = await self._to_do(instance.id)
                status = instance.status
                item_id = item_id if following is None else following.id
        if status != "done":
            raise RuntimeError("the case did not come to its end")

    async def _to_do(self, instance_id: uuid.UUID) -> WorkItem | None:
        async with tenant_tx():
            open_work = (WorkItem.instance_id == instance_id) & WorkItem.state.is_in(["open", "claimed"])
            return await WorkItem.objects().where(open_work).first()


def _rate(platform: Platform, office: Office, workers: int) -> float:
    """Return how many steps a second so many processes make together, each with cases of its own in one city."""
    names = [str(office.tenant.id), str(office.clerk.user_id)]
    command = [sys.executable, "-m", "tests.benchmarks.process_step", *names]
    with ExitStack() as stack:
        running = [
            stack.enter_context(
                subprocess.Popen(
                    command, env=platform.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
                )
            )
            for _ in range(workers)
        ]
        for each in running:
            if each.stdout is None or each.stdout.readline().strip() != READY:
                raise RuntimeError("a worker did not get ready")
        for each in running:
            if each.stdin is not None:
                each.stdin.write("go\n")
                each.stdin.flush()
        spans = [json.loads(each.communicate()[0]) for each in running]
    seconds: float = max(end for _, end in spans) - min(begun for begun, _ in spans)
    return workers * CASES * len(STEPS) / seconds


async def _work(tenant_id: int, user_id: uuid.UUID) -> None:
    """Be one worker of ``_rate``: begin cases, say so, and take them to their end when told to."""
    await open_pool(os.environ["DATABASE_URL"], size=1)
    office = await Office.found(tenant_id, user_id)
    await office.walk(await office.begun())
    cases = [await office.begun() for _ in range(CASES)]
    print(READY, flush=True)
    sys.stdin.readline()
    begun = time.monotonic()
    for case in cases:
        await office.walk(case)
    print(json.dumps([begun, time.monotonic()]), flush=True)
    await close_pool()


if __name__ == "__main__":
    asyncio.run(_work(int(sys.argv[1]), uuid.UUID(sys.argv[2])))
