"""Doing a job: inside its city, in one transaction with the row that records it.

A job that speaks to the outside runs between two transactions instead: nothing is awaited inside one.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import timedelta

import asyncpg
import structlog

from leancity.core.audit.desk import passage
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import acting_as, system
from leancity.core.jobs import record
from leancity.core.jobs.current import running
from leancity.core.jobs.hold import Hold, drop, renewed, take, uncount
from leancity.core.jobs.outcomes import Later, Rejected
from leancity.core.jobs.registry import jobs
from leancity.core.jobs.tables import JobRow
from leancity.core.log import request_ids
from leancity.core.moment import now
from leancity.core.plugins.contributions import Job
from leancity.core.plugins.gate import ModuleClosed, require_open
from leancity.core.telemetry.jobs import Outcome, observing
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.tenancy.lookup import tenant_by_id

LONGEST_JOB = 10 * 60.0  # seconds
STARTS = 5  # of a job that ends its worker each time
CLOSED_WAITS = timedelta(minutes=5)
UNKNOWN_ATTEMPTS = 12  # over two hours: while versions change, a worker of the old one meets a job of the new one

log = structlog.get_logger()


class _Unrecorded(Exception):
    """The receiver has it, and the transaction that was to say so failed."""


async def run_job(tenant_id: int, job_id: uuid.UUID, *, early: bool = False) -> None:
    """Run one job that is due (``early``: or is yet to be); do nothing when somebody else has it or it is done.

    The work and the record of it commit together, except where it speaks to the outside. An error is recorded on the
    row with the next attempt's time; after the last attempt the job is dead and stays to be looked at. A job of a
    closed module or a suspended city waits.
    """
    hold = await take(tenant_id, job_id, early=early)
    tenant = None if hold is None else await tenant_by_id(tenant_id)
    if hold is None or tenant is None or tenant.is_erasing:
        return
    with enter(tenant), acting_as(system(tenant.locale)), request_ids(str(job_id), "", city=tenant.slug):
        async with renewed(hold):
            await _serve(tenant, hold)


async def _serve(tenant: Tenant, hold: Hold) -> None:
    if tenant.is_suspended:
        await record.postponed(hold, now() + CLOSED_WAITS)
        return
    async with tenant_tx():
        row = await JobRow.objects().where(JobRow.id == hold.job_id).first()
    if row is None or row.state != "waiting":
        await drop(hold)
        return
    job = jobs().get(row.name)
    if hold.begun > STARTS:
        await record.dead(hold, f"cut off {STARTS} times: it ends its worker, or lasts for ever", attempts=0)
    elif job is None:
        await _closed_or_unknown(row, hold)
    else:
        await _run(job, row, hold)


async def _closed_or_unknown(row: JobRow, hold: Hold) -> None:
    try:
        require_open(row.name)
    except ModuleClosed:
        await record.postponed(hold, now() + CLOSED_WAITS)
    else:
        await record.failed(hold, "this version of the platform has no such job", max_attempts=UNKNOWN_ATTEMPTS)


async def _run(job: Job, row: JobRow, hold: Hold) -> None:
    waited = (now() - row.run_at).total_seconds()
    with observing(row.name, row.queue, waited=waited, trace=row.trace) as seen:
        seen.outcome = await _try(job, row, hold)


async def _try(job: Job, row: JobRow, hold: Hold) -> Outcome:
    """Try it, record what became of it and return that."""
    is_repeat = hold.begun > 1 or row.attempts > 0 or row.is_uncertain
    limit = asyncio.timeout(LONGEST_JOB)
    try:
        require_open(row.name)
        async with passage(), limit:
            with running(row.id, is_repeat=is_repeat):
                await (_outside if job.is_outside else _inside)(job, row, hold)
    except ModuleClosed:
        await record.postponed(hold, now() + CLOSED_WAITS)
        return "postponed"
    except Later as later:
        await record.postponed(hold, later.run_at, str(later))
        return "postponed"
    except _Unrecorded as error:
        # To record a failure would let the next attempt forget the doubt: the hold runs out instead.
        log.warning("job done outside, and not recorded", job=row.name, error=str(error))
        return "uncertain"
    except Rejected as error:
        log.warning("job rejected", job=row.name)
        await record.dead(hold, str(error), attempts=1)
        return "dead"
    except Exception as error:
        told = f"it lasted longer than {LONGEST_JOB:.0f} s" if limit.expired() else _told(error, job)
        # PostgreSQL's own words quote the row: they would be in the traceback.
        is_quiet = job.is_private or isinstance(error, asyncpg.PostgresError)
        log.warning("job failed", job=row.name, error=told, exc_info=None if is_quiet else error)
        if not await record.failed(hold, told, max_attempts=job.max_attempts):
            return "retried"
        log.error("job dead", job=row.name)
        return "dead"
    return "uncertain" if row.is_uncertain else "done"


async def _inside(job: Job, row: JobRow, hold: Hold) -> None:
    async with tenant_tx(write=True):
        locked = await JobRow.objects().where(JobRow.id == row.id).lock_rows("UPDATE", skip_locked=True).first()
        if locked is not None and locked.state == "waiting":
            await job.run(json.loads(locked.payload))
            await record.done(locked, hold, forget=False)
    if locked is None:  # who began it before and did not renew the hold is at work still
        await uncount(hold)


async def _outside(job: Job, row: JobRow, hold: Hold) -> None:
    if hold.begun > 1:  # the receiver may have got it from the attempt that was cut off
        row.is_uncertain = True
        async with tenant_tx(write=True):
            await row.save([JobRow.is_uncertain])
    await job.run(json.loads(row.payload))
    try:
        # What goes outside names people: the row keeps that it was done, not what.
        await record.done(row, hold, forget=True)
    except Exception as error:
        raise _Unrecorded(_told(error, job)) from error


def _told(error: Exception, job: Job) -> str:
    """Return an error as it is kept: PostgreSQL's details quote the row, a private job's words may name people."""
    if job.is_private:
        return type(error).__name__
    words = error.args[0] if isinstance(error, asyncpg.PostgresError) and error.args else error
    return f"{type(error).__name__}: {words}"
