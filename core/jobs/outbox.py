"""Asking for work: a job's row and its line in the directory commit with the work that asks."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.jobs.queues import Queue
from leancity.core.jobs.tables import JobRow
from leancity.core.moment import now
from leancity.core.plugins.gate import require_open
from leancity.core.plugins.manager import installed_modules
from leancity.core.telemetry.spans import traceparent
from leancity.core.tenancy.context import current_tenant
from leancity.core.tenancy.tables import Due

_ORDERS = uuid.UUID("4d6f1c0e-7f0a-5d0b-9a53-0d4f9c1f5a11")  # the namespace of order keys


async def enqueue(
    name: str,
    payload: dict[str, Any],
    run_at: datetime | None = None,
    *,
    key: str | None = None,
    order_key: str | None = None,
    queue: Queue = "default",
) -> uuid.UUID:
    """Ask for the job ``name`` at ``run_at`` (now when None) and return its id.

    Joins the open unit of work. Of jobs with one ``key`` the city has one: a second asking returns the id of the first,
    done or not. Jobs with one ``order_key`` (a thread, a case) are done one after another, as they were asked for.
    Raises ``ModuleClosed`` when the job's module does not exist for the city.
    """
    require_open(name)
    moment = now()
    row = JobRow(
        name=name,
        payload=json.dumps(payload, default=str),
        queue=queue,
        order_key=None if order_key is None else uuid.uuid5(_ORDERS, order_key),
        key=key,
        run_at=run_at or moment,
        created_at=moment,
        trace=traceparent(),
    )
    async with tenant_tx(write=True):
        added = await JobRow.insert(row).on_conflict((JobRow.tenant_id, JobRow.key), "DO NOTHING").returning(JobRow.id)
        if not added:
            [first] = await JobRow.objects().where(JobRow.key == key)
            return first.id
        await Due.insert(
            Due(
                id=row.id,
                tenant_id=current_tenant().id,
                kind="job",
                queue=queue,
                order_key=row.order_key,
                run_at=row.run_at,
            )
        )
    return row.id


async def tell(event: str, **payload: Any) -> None:
    """Let the city's modules hear a listener event: one job each, with its own retries.

    A module hears the events of one case in the order in which they happened.
    """
    for module in installed_modules().listeners(event, current_tenant().modules):
        order = f"{module} {payload['case_id']}" if "case_id" in payload else None
        await enqueue("core.deliver", {"event": event, "module": module, "payload": payload}, order_key=order)
