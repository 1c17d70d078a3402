"""Doing a job: inside its city, in one transaction with the row that records it."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta

import structlog

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import acting_as, system
from leancity.core.jobs.registry import jobs
from leancity.core.jobs.tables import JobRow
from leancity.core.log import request_ids
from leancity.core.moment import now
from leancity.core.plugins.gate import ModuleClosed, require_open
from leancity.core.tenancy.context import enter
from leancity.core.tenancy.lookup import tenant_by_id
from leancity.core.tenancy.tables import Due

CLOSED_WAITS = timedelta(minutes=5)
LONGEST_DELAY = timedelta(hours=6)
log = structlog.get_logger()


async def run_job(tenant_id: int, job_id: uuid.UUID) -> None:
    """Run one job that is due; do nothing when somebody else has it or it is done.

    The work and the record of it commit together. An error is recorded on the row with the next attempt's time; after
    the last attempt the job is dead and stays to be looked at. A job of a closed module or a suspended city waits.
    """
    tenant = await tenant_by_id(tenant_id)
    if tenant is None:
        return
    with enter(tenant), acting_as(system(tenant.locale)), request_ids(str(job_id), "", city=tenant.slug):
        try:
            if tenant.is_suspended:
                await _postpone(job_id, now() + CLOSED_WAITS)
            else:
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
        await jobs()[row.name].run(json.loads(row.payload))
        await JobRow.update({JobRow.state: "done", JobRow.finished_at: now()}).where(JobRow.id == job_id)
        await Due.delete().where(Due.id == job_id)


async def _postpone(job_id: uuid.UUID, run_at: datetime) -> None:
    async with tenant_tx(write=True):
        await JobRow.update({JobRow.run_at: run_at}).where(JobRow.id == job_id)
        await Due.update({Due.run_at: run_at, Due.lease_until: None}).where(Due.id == job_id)


async def _fail(job_id: uuid.UUID, error: Exception) -> None:
    async with tenant_tx(write=True):
        row = await JobRow.objects().where(JobRow.id == job_id).lock_rows("UPDATE").first()
        if row is None or row.state != "waiting":
            return
        row.attempts += 1
        row.last_error = f"{type(error).__name__}: {error}"[:2000]
        known = jobs().get(row.name)
        if known is None or row.attempts >= known.max_attempts:
            row.state = "dead"
            await Due.delete().where(Due.id == job_id)
        else:
            row.run_at = now() + min(timedelta(seconds=2**row.attempts), LONGEST_DELAY)
            await Due.update({Due.run_at: row.run_at, Due.lease_until: None}).where(Due.id == job_id)
        await row.save()
