"""Messages and signals: who waits for them.

The test stand's instances hear only what is said to them by name: a message of the city reaches none of them, theirs
reach none of the city's.
"""

from __future__ import annotations

import uuid
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.processes.running.tables import MessageWait, ProcessInstance

MESSAGE = "core.process.message"

_RECEIVERS = """
select w.id from message_wait w
join process_instance i on i.tenant_id = w.tenant_id and i.id = w.instance_id
where w.tenant_id = $1 and w.kind = $2 and w.name = $3 and ($2 = 'signal' or w.correlation = $4)
  and i.id <> coalesce($5, '00000000-0000-0000-0000-000000000000'::uuid)
  and (i.mark = 'test') = $6 and ($7::uuid is null or i.id = $7)
order by w.id
"""


async def receivers(
    kind: str,
    name: str,
    correlation: str = "",
    *,
    apart_from: ProcessInstance | None = None,
    instance: ProcessInstance | None = None,
) -> list[uuid.UUID]:
    """Return the ids of the rows that wait for a message or a signal, within the city or within the test stand.

    ``apart_from``: the instance that says it, which has heard it already. ``instance``: only this one is meant.
    """
    of = apart_from or instance
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(
            _RECEIVERS,
            unit.tenant_id,
            kind,
            name,
            correlation,
            None if apart_from is None else apart_from.id,
            of is not None and of.mark == "test",
            None if instance is None else instance.id,
        )
    return [row["id"] for row in rows]


async def find_wait(wait_id: uuid.UUID) -> MessageWait | None:
    """Return a wait; None where its message has come, or the process went on without it."""
    async with tenant_tx():
        return await MessageWait.objects().where(MessageWait.id == wait_id).first()


def wait_of(payload: dict[str, Any]) -> uuid.UUID:
    """Return the id of the wait that a job is for."""
    return uuid.UUID(payload["wait_id"])
