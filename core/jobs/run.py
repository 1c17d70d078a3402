"""Doing a job: inside its city, in one transaction with the row that records it.

A job that speaks to the outside runs between two transactions instead: nothing is awaited inside one.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from piccolo.columns import Column

from leancity.core.audit.desk import passage
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import acting_as, system
from leancity.core.jobs.registry import jobs
from leancity.core.jobs.relay import LEASE
from leancity.core.jobs.tables import JobRow
from leancity.core.log import request_ids
from leancity.core.moment import now
from leancity.core.plugins.contributions import Job
from leancity.core.plugins.gate import ModuleClosed, require_open
from leancity.core.tenancy.context import enter
from leancity.core.tenancy.lookup import tenant_by_id
from leancity.core.tenancy.tables import Due

CLOSED_WAITS = timedelta(minutes=5)
LONGEST_DELAY = timedelta(hours=6)
OUTSIDE_LEASE = timedelta(minutes=11)  # longer than a worker lets a job run
BEGUN = "begun; how it ended is not known yet"
UNCERTAIN = "delivery uncertain: an attempt was cut off and may have been delivered"
log = structlog.get_logger()


async def run_job(tenant_id: int, job_id: uuid.UUID) -> None:
    """Run one job that is due; do nothing when somebody else has it or it is done.

    The work and the record of it commit together, except where it speaks to the outside. An error is recorded on the
    row with the next attempt's time; after the last attempt the job is dead and stays to be looked at. A job of a
    closed module or a suspended city waits.
    """
    tenant = await tenant_by_id(tenant_id)
    if tenant is None:
        return
    with enter(tenant), acting_as(system(tenant.locale)), request_ids(str(job_id), "", city=tenant.slug):
        try:
            if tenant.is_suspended:
                await _postpone(job_id, now() + CLOSED_WAITS)
            else:
                async with passage():
                    await _attempt(job_id)
        except ModuleClosed:
            await _postpone(job_id, now() + CLOSED_WAITS)
        except Exception as error:
            log.warning("job failed", job=str(job_id), exc_info=error)
            await _fail(job_id, error)


async def _attempt(job_id: uuid.UUID) -> None:
    async with tenant_tx(write=True):
        row = await JobRow.objects().where(JobRow.id == job_id).lock_rows("UPDATE", skip_locked=True).first()
        if row is None or row.state != "waiting":
            return
        require_open(row.name)
        job = jobs()[row.name]
        if job.is_outside:
            may_run = await _begin_outside(row, job)
        else:
            await job.run(json.loads(row.payload))
            await _finish(row)
            return
    if may_run:
        await job.run(json.loads(row.payload))
        async with tenant_tx(write=True):
            # What goes outside names people: the row keeps that it was done, not what.
            await _finish(row, {JobRow.payload: "{}", JobRow.last_error: row.last_error})


async def _begin_outside(row: JobRow, job: Job) -> bool:
    """Count an attempt that no transaction will undo and keep others off the job; False: somebody else is at it.

    If this process is killed the lease runs out and the job is done once more, perhaps a second time: that doubt stays
    on the row.
    """
    due = await Due.select(Due.lease_until).where(Due.id == row.id).first()
    if due is not None and due["lease_until"] is not None and due["lease_until"] > now() + LEASE:
        return False
    if row.attempts >= job.max_attempts:  # every attempt was killed
        await JobRow.update({JobRow.state: "dead"}).where(JobRow.id == row.id)
        await Due.delete().where(Due.id == row.id)
        return False
    row.last_error = UNCERTAIN if row.last_error in {BEGUN, UNCERTAIN} else ""
    begun = {JobRow.attempts: row.attempts + 1, JobRow.last_error: row.last_error or BEGUN}
    await JobRow.update(begun).where(JobRow.id == row.id)
    await Due.update({Due.lease_until: now() + OUTSIDE_LEASE}).where(Due.id == row.id)
    return True


async def _finish(row: JobRow, more: Mapping[Column, Any] | None = None) -> None:
    await JobRow.update({JobRow.state: "done", JobRow.finished_at: now(), **(more or {})}).where(JobRow.id == row.id)
    await Due.delete().where(Due.id == row.id)


async def _postpone(job_id: uuid.UUID, run_at: datetime) -> None:
    async with tenant_tx(write=True):
        await JobRow.update({JobRow.run_at: run_at}).where(JobRow.id == job_id)
        await Due.update({Due.run_at: run_at, Due.lease_until: None}).where(Due.id == job_id)


async def _fail(job_id: uuid.UUID, error: Exception) -> None:
    async with tenant_tx(write=True):
        row = await JobRow.objects().where(JobRow.id == job_id).lock_rows("UPDATE").first()
        if row is None or row.state != "waiting":
            return
        known = jobs().get(row.name)
        if known is None or not known.is_outside:  # that of an outside job was counted as it began
            row.attempts += 1
        row.last_error = f"{type(error).__name__}: {error}"[:2000]
        if known is None or row.attempts >= known.max_attempts:
            row.state = "dead"
            await Due.delete().where(Due.id == job_id)
        else:
            row.run_at = now() + min(timedelta(seconds=2**row.attempts), LONGEST_DELAY)
            await Due.update({Due.run_at: row.run_at, Due.lease_until: None}).where(Due.id == job_id)
        await row.save()
