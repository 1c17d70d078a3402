"""The imported logs of a process, and how far each has come."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.processes.figures.cut import READ
from leancity.core.processes.versions.tables import Process

_LOGS = """
select l.id, l.title, l.source, l.cases, l.events, l.at, coalesce(r.total, l.cases) as total,
    coalesce(r.state = 'finished', true) as is_finished
from imported_log l
left join import_run r on r.tenant_id = l.tenant_id and r.id = l.id
where l.tenant_id = $1 and l.process_id = $2 order by l.at desc, l.id desc
"""


@dataclass(frozen=True, kw_only=True)
class ListedLog:
    """A log: ``cases`` and ``events`` written so far, of ``total`` cases."""

    id: uuid.UUID
    title: str
    source: str
    cases: int
    events: int
    at: datetime
    total: int
    is_finished: bool


async def logs_of(process_id: uuid.UUID) -> Sequence[ListedLog]:
    """Return the imported logs of a process, the newest first; refuse a process that is not there."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        if not await Process.exists().where(Process.id == process_id):
            raise refuse("not_found", "process_id")
        rows = await unit.connection.fetch(_LOGS, unit.tenant_id, process_id)
    return [ListedLog(**dict(row)) for row in rows]
