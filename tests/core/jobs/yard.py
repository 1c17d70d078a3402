"""A module whose jobs do what a test needs in a real worker process: be slow, fail, speak to the outside, kill."""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from piccolo.columns import Column

from leancity.core.ids import new_id
from leancity.core.moment import now
from leancity.core.tenancy.tables import Due, Subscription
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform, Process

MODULE = "yard"
_PLUGIN = '''
"""Made by tests/core/jobs/yard.py. The file in $YARD is the outside party: it takes a line of each effect."""
import asyncio, json, os, signal, time
from leancity.core.jobs.current import effect_key, is_repeat
from leancity.core.plugins.contributions import Job, Manifest
from leancity.core.plugins.hooks import hookimpl
from leancity.core.tenancy.context import current_tenant

def tell(payload, **more):
    line = json.dumps({"city": current_tenant().slug, "at": time.time(), "n": payload.get("n"), **more})
    handle = os.open(os.environ["YARD"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, (line + "\\n").encode())
    os.close(handle)

async def write(payload):
    tell(payload)
    await asyncio.sleep(payload.get("seconds", 0))

async def deliver(payload):
    tell(payload, key=effect_key(), repeat=is_repeat())
    await asyncio.sleep(payload.get("seconds", 0))

async def stumble(payload):
    """Fails until the file that it is told of is there."""
    if not os.path.exists(payload["until"]):
        raise RuntimeError("the path is blocked")
    tell(payload)

async def kill(payload):
    tell(payload)
    os.kill(os.getpid(), signal.SIGKILL)

TITLE = {"en": "Yard", "ru": "Двор"}

@hookimpl
def register_module():
    return Manifest(name="yard", title=TITLE, summary=TITLE, kind="module", version="1")

@hookimpl
def register_jobs():
    return (
        Job(name="yard.write", run=write),
        Job(name="yard.deliver", run=deliver, is_outside=True),
        Job(name="yard.stumble", run=stumble, max_attempts=2),
        Job(name="yard.limp", run=stumble),
        Job(name="yard.kill", run=kill),
    )
'''
_JOBS = """
with asked as (
    insert into job (tenant_id, id, name, payload, state, queue, order_key, attempts, run_at, created_at, last_error,
                     is_uncertain, trace)
    select $1, n.id, $3, n.payload::jsonb, 'waiting', $4, $5, 0, $6, $6, '', false, ''
    from unnest($2::uuid[], $7::text[]) as n (id, payload)
    returning id, queue, order_key, run_at
)
insert into due (id, tenant_id, kind, queue, order_key, run_at, begun)
select id, $1, 'job', queue, order_key, run_at, 0 from asked returning id
"""


@dataclass(frozen=True, kw_only=True)
class Yard:
    """The module, installed in ``folder``, and what its effects have reached."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What the outside party was told, in its order."""
        path = self.folder / "told"
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def of(self, city: City) -> list[dict[str, Any]]:
        """The lines of one city."""
        return [line for line in self.lines if line["city"] == city.tenant.slug]

    async def open_in(self, *cities: City) -> None:
        """Let cities have the module, which only the processes started with ``environment`` know."""
        for city in cities:
            await Subscription.insert(Subscription(tenant_id=city.tenant.id, module=MODULE, since=now()))


def install(folder: Path) -> Yard:
    """Write the module and its metadata into ``folder``, as pip would."""
    (folder / "leancity_yard.py").write_text(_PLUGIN, "utf-8")
    info = folder / "leancity_yard-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: leancity-yard\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[leancity.modules]\nyard = leancity_yard\n")
    path = os.pathsep.join(filter(None, (str(folder), os.environ.get("PYTHONPATH", ""))))
    environment = {
        "PYTHONPATH": path,
        "YARD": str(folder / "told"),
        "LEANCITY_WORKER_THREADS": "8",
        "LEANCITY_POOL_SIZE": "12",
    }
    return Yard(folder=folder, environment=environment)


async def ask(
    city: City,
    name: str,
    *payloads: dict[str, Any],
    queue: str = "default",
    order_key: uuid.UUID | None = None,
    ago: float = 0.0,
) -> list[uuid.UUID]:
    """Ask for jobs past the gate of this process, which does not know the module, due ``ago`` seconds."""
    ids = sorted(new_id() for _ in payloads)
    moment = now().timestamp() - ago
    await city.rows(_JOBS, ids, name, queue, order_key, _moment(moment), [json.dumps(payload) for payload in payloads])
    return ids


def _moment(seconds: float) -> Any:
    return now().fromtimestamp(seconds, tz=now().tzinfo)


async def until(condition: Callable[[], Awaitable[object]], *, seconds: float = 300, every: float = 0.2) -> float:
    """Wait until a condition holds; return for how many seconds."""
    begun = time.monotonic()
    while not await condition():
        assert time.monotonic() < begun + seconds, f"it did not come true in {seconds} s"
        await asyncio.sleep(every)
    return time.monotonic() - begun


async def nothing_left(city: City) -> bool:
    """Tell whether no job of a city waits or is in hand, but for its schedules."""
    return not await city.rows(
        "select 1 from job where tenant_id = $1 and state = 'waiting' and name <> 'core.schedule' limit 1"
    )


async def end_holds(city: City) -> None:
    """Let the leases and holds of a city run out, as half a minute would."""
    past: dict[Column | str, Any] = {Due.lease_until: now(), Due.held_until: now()}
    await Due.update(past).where((Due.tenant_id == city.tenant.id) & Due.lease_until.is_not_null())


def told(yard: Yard, city: City, amount: int) -> Callable[[], Awaitable[bool]]:
    """Return whether the outside party was told so much by a city."""

    async def was_told() -> bool:
        return len(yard.of(city)) >= amount

    return was_told


@contextmanager
def both(platform: Platform, environment: dict[str, str]) -> Iterator[Process]:
    """Run a scheduler, which is yielded, and a worker."""
    with platform.process("scheduler", **environment) as scheduler, platform.process("worker", **environment):
        yield scheduler
