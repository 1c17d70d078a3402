"""Asking for work: a job's row and its line in the directory commit with the work that asks."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.jobs.tables import JobRow
from leancity.core.moment import now
from leancity.core.plugins.gate import require_open
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.context import current_tenant
from leancity.core.tenancy.tables import Due


async def enqueue(name: str, payload: dict[str, Any], run_at: datetime | None = None) -> uuid.UUID:
    """Ask for the job ``name`` at ``run_at`` (now when None) and return its id.

    Joins the open unit of work. Raises ``ModuleClosed`` when the job's module does not exist for the city.
    """
    require_open(name)
    moment = now()
    async with tenant_tx(write=True):
        row = JobRow(name=name, payload=json.dumps(payload, default=str), run_at=run_at or moment, created_at=moment)
        await row.save()
        await Due.insert(Due(id=row.id, tenant_id=current_tenant().id, kind="job", run_at=row.run_at))
    return row.id


async def tell(event: str, **payload: Any) -> None:
    """Let the city's modules hear a listener event: one job each, with its own retries."""
    for module in installed_modules().listeners(event, current_tenant().modules):
        await enqueue("core.deliver", {"event": event, "module": module, "payload": payload})
