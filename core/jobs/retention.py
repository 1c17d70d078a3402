"""What the city's outbox and keys need not keep for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now

JOB = "core.prune_jobs"
KEPT = timedelta(days=30)
REQUESTS_KEPT = timedelta(hours=24)
BATCH = 2000  # rows of one transaction

# A finished job's key is forgotten with it: who asks again a month later asks for something new.
_PRUNE = """
delete from job where tenant_id = $1 and id in (
    select id from job where tenant_id = $1 and state = $2 and finished_at < $3 order by finished_at limit $4
)
"""
_LINKS = """
delete from one_time_key where tenant_id = $1 and id in (
    select id from one_time_key where tenant_id = $1 and expires_at < $2 limit $3
)
"""
_CODES = """
delete from sign_in_code where tenant_id = $1 and id in (
    select id from sign_in_code where tenant_id = $1 and expires_at < $2 limit $3
)
"""
_REQUESTS = """
delete from request_key where tenant_id = $1 and id in (
    select id from request_key where tenant_id = $1 and at < $2 order by at limit $3
)
"""
# One that ran out opens nothing; that it was opened, and closed, stands in the audit log.
_CREDENTIALS = """
with gone as (
    delete from credential where tenant_id = $1 and id in (
        select id from credential where tenant_id = $1 and expires_at < $2 limit $3
    ) returning key
)
delete from session_key where tenant_id = $1 and key in (select key from gone)
"""


async def prune(payload: dict[str, Any]) -> None:
    """Job: remove jobs that were done or discarded, and sessions, tokens and links that ran out, over a month ago.

    Keys of requests go after a day, codes as soon as they are over. One batch each; while there may be more it asks for
    itself again. Dead letters stay until somebody decides.
    """
    before = now() - KEPT
    async with tenant_tx(write=True) as unit:
        removed = [
            await unit.connection.execute(_PRUNE, unit.tenant_id, "done", before, BATCH),
            await unit.connection.execute(_PRUNE, unit.tenant_id, "discarded", before, BATCH),
            await unit.connection.execute(_LINKS, unit.tenant_id, before, BATCH),
            await unit.connection.execute(_CODES, unit.tenant_id, now(), BATCH),
            await unit.connection.execute(_REQUESTS, unit.tenant_id, now() - REQUESTS_KEPT, BATCH),
            await unit.connection.execute(_CREDENTIALS, unit.tenant_id, before, BATCH),
        ]
        if f"DELETE {BATCH}" in removed:
            await enqueue(JOB, {}, queue="bulk")
