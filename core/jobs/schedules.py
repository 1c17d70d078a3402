"""Jobs that come by a city's wall clock.

Each schedule of a city is a chain of tiny jobs, ``core.schedule``: one waits for the next moment, asks for the real job
and for the one after it. What the real job does can't break the chain, and its key holds the moment, so however often a
chain is begun or mended no moment counts twice. Moments that were missed are made up for once, by the latest of them.
The chain of a module that was left ends; it is begun anew when the city comes back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import structlog

from leancity.core.audit.writing import AWAY
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import acting_as, system
from leancity.core.jobs.cron import is_slot, last_slot, slot_after
from leancity.core.jobs.outbox import enqueue
from leancity.core.jobs.tables import JobRow
from leancity.core.moment import now
from leancity.core.plugins.contributions import Schedule
from leancity.core.plugins.gate import is_open
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.context import current_tenant, enter
from leancity.core.tenancy.lookup import served_tenants

_WAITING = "select key from job where tenant_id = $1 and key = any($2::text[]) and state = 'waiting'"
JOB = "core.schedule"
KERNEL = (
    Schedule(name="core.retention", cron="0 3 * * *", job="core.prune_jobs", queue="bulk"),
    Schedule(name="core.old_notifications", cron="30 3 * * *", job="core.prune_notifications", queue="bulk"),
    Schedule(name="core.figures", cron="0 6 5 * *", job="core.figures.publish_month"),
    Schedule(name="core.owner_reports", cron="0 5 * * *", job="core.owner_reports", queue="bulk"),
    Schedule(name="core.old_files", cron="0 4 * * *", job="core.prune_files", queue="bulk"),
    Schedule(name="core.process_starts", cron="20 0 * * *", job="core.process_starts"),
)
MENDED = 300.0  # seconds between two looks at the chains of all cities

log = structlog.get_logger()


def schedules() -> dict[str, Schedule]:
    """Return every schedule of this installation by name: the kernel's and the plug-ins'."""
    return {**{each.name: each for each in KERNEL}, **installed_modules().schedules}


async def begin_schedules() -> int:
    """Begin the chains that are not there in the city being served; return how many. Joins the open unit."""
    moment, zone = now(), current_tenant().zone_info
    wanted = {
        _key(each, slot): (each, slot)
        for each in _open_here(schedules().values())
        for slot in [slot_after(each.cron, zone, moment)]
    }
    async with tenant_tx():
        rows = await JobRow.select(JobRow.key).where(JobRow.key.is_in([*wanted])) if wanted else []
    missing = wanted.keys() - {row["key"] for row in rows}
    if missing:
        async with tenant_tx(write=True):
            for key in sorted(missing):
                await _wait_for(*wanted[key])
    return len(missing)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A schedule of a city. ``waits_for`` is the moment of which a tick waits, None where the chain is broken."""

    schedule: str
    waits_for: datetime | None


async def chains() -> list[Chain]:
    """Return the chains that the city being served should have, by schedule."""
    moment, zone = now(), current_tenant().zone_info
    slots: dict[str, dict[str, datetime]] = {}
    for each in _open_here(schedules().values()):
        found = [last_slot(each.cron, zone, moment), slot_after(each.cron, zone, moment)]
        slots[each.name] = {_key(each, slot): slot for slot in found if slot is not None}
    keys = [key for of_one in slots.values() for key in of_one]
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_WAITING, unit.tenant_id, keys)
    waiting = {row["key"] for row in rows}
    return [
        Chain(schedule=name, waits_for=min((slot for key, slot in of_one.items() if key in waiting), default=None))
        for name, of_one in sorted(slots.items())
    ]


async def tick(payload: dict[str, Any]) -> None:
    """Job: a moment of a schedule has come. Ask for the real job and for the next moment."""
    schedule = schedules().get(payload["schedule"])
    if schedule is None or not _open_here([schedule]):
        return
    moment, zone = now(), current_tenant().zone_info
    slot = datetime.fromisoformat(payload["slot"])
    if slot <= moment and is_slot(schedule.cron, zone, slot):  # it is none where expression or zone have changed since
        latest = last_slot(schedule.cron, zone, moment) or slot
        key = f"{schedule.name}@{latest.isoformat()}"
        await enqueue(schedule.job, schedule.payload, key=key, queue=schedule.queue)
    await _wait_for(schedule, slot_after(schedule.cron, zone, moment))


async def mend_schedules() -> int:
    """Begin the chains that are not there in any city; return how many those were."""
    begun = 0
    for tenant in await served_tenants():
        with enter(tenant), acting_as(system(tenant.locale)):
            try:
                begun += await begin_schedules()
            except AWAY:
                raise
            except Exception as error:  # one city's trouble is not the others'
                log.error("schedules were not mended", city=tenant.slug, exc_info=error)
    if begun:
        log.info("schedules begun", chains=begun)
    return begun


async def keep_mending() -> NoReturn:
    """Mend the chains for ever: at the start, for what is new in this version, and now and then, for what broke."""
    while True:
        await mend_schedules()
        await asyncio.sleep(MENDED)


def _open_here(found: Iterable[Schedule]) -> list[Schedule]:
    return [each for each in found if (module := each.name.partition(".")[0]) == "core" or is_open(module)]


async def _wait_for(schedule: Schedule, slot: datetime) -> None:
    await enqueue(JOB, {"schedule": schedule.name, "slot": slot.isoformat()}, slot, key=_key(schedule, slot))


def _key(schedule: Schedule, slot: datetime) -> str:
    return f"schedule:{schedule.name}:{slot.isoformat()}"
