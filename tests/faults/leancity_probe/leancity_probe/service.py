"""Keeping notes: with their effects in the outbox, or without it for comparison."""

from __future__ import annotations

import asyncio
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.ids import new_id
from leancity.core.jobs.current import effect_key
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.plugins.contributions import Job
from leancity_probe.outside import tell_keyed, tell_keyless
from leancity_probe.tables import ProbeRecord

KEYED = "probe.keyed"
KEYLESS = "probe.keyless"
ATTEMPTS = 4

_running: set[asyncio.Task[None]] = set()


async def record(note: str) -> None:
    """Keep a note and ask for its two effects, in one transaction."""
    async with tenant_tx(write=True):
        await ProbeRecord(note=note, recorded_at=now()).save()
        await enqueue(KEYED, {"note": note})
        await enqueue(KEYLESS, {"note": note})


async def record_many(note: str, count: int) -> None:
    """Keep a note and ask for ``count`` keyed effects of it, numbered."""
    async with tenant_tx(write=True):
        await ProbeRecord(note=note, recorded_at=now()).save()
        for number in range(count):
            await enqueue(KEYED, {"note": f"{note}-{number}"})


async def record_unboxed(note: str) -> None:
    """Keep a note and tell the parties afterwards in this process: what the outbox is there instead of."""
    async with tenant_tx(write=True):
        await ProbeRecord(note=note, recorded_at=now()).save()
    task = asyncio.create_task(_tell(note))
    _running.add(task)
    task.add_done_callback(_running.discard)


async def _tell(note: str) -> None:
    await tell_keyed(note, str(new_id()))
    await tell_keyless(note, str(new_id()))


async def deliver_keyed(payload: dict[str, Any]) -> None:
    await tell_keyed(payload["note"], effect_key())


async def deliver_keyless(payload: dict[str, Any]) -> None:
    await tell_keyless(payload["note"], effect_key())


JOBS = (
    Job(name=KEYED, run=deliver_keyed, is_outside=True, max_attempts=ATTEMPTS),
    Job(name=KEYLESS, run=deliver_keyless, is_outside=True, max_attempts=ATTEMPTS),
)
