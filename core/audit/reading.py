"""Reading the audit log: who did what, and who looked at this. It holds references only, so reading it is no reading
of personal data."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OperatorAccess

READ_LOG = "core.audit.read"

# $2 to $7: what is not asked for is null, "" for the prefix.
_WHERE = """
from audit_event a
where a.tenant_id = $1 and ($2::uuid is null or a.actor_id = $2) and ($3::uuid is null or a.subject_id = $3)
  and ($4::text is null or a.outcome = $4) and starts_with(a.action, $5)
  and ($6::timestamptz is null or a.at >= $6) and ($7::timestamptz is null or a.at < $7)
"""
_COUNT = "select count(*)" + _WHERE
_PAGE = (
    "select a.id, a.at, a.actor_kind, a.actor_id, a.action, a.outcome, a.subject, a.subject_id, a.repeats,"
    " a.request_id, a.data::text as data"
    + _WHERE
    + " and ($8::timestamptz is null or (a.at, a.id) < ($8, $9::uuid)) order by a.at desc, a.id desc limit $10"
)


@dataclass(frozen=True, kw_only=True)
class LogFilter:
    """Which rows; what is left out asks for nothing. ``since`` is inclusive, ``before`` exclusive."""

    actor_id: uuid.UUID | None = None
    subject_id: uuid.UUID | None = None
    outcome: str | None = None
    action_prefix: str = ""
    since: datetime | None = None
    before: datetime | None = None

    def values(self) -> tuple[Any, ...]:
        """Return the parameters $2 to $7."""
        return (self.actor_id, self.subject_id, self.outcome, self.action_prefix, self.since, self.before)


@dataclass(frozen=True, kw_only=True)
class LogRow:
    """A row of the log as ``AuditRow`` has it; ``data`` is JSON."""

    id: uuid.UUID
    at: datetime
    actor_kind: str
    actor_id: uuid.UUID | None
    action: str
    outcome: str
    subject: str
    subject_id: uuid.UUID | None
    repeats: int
    request_id: str
    data: str


async def list_rows(wanted: LogFilter, *, limit: int, after: tuple[datetime, uuid.UUID] | None) -> list[LogRow]:
    """Return rows, the newest first, that follow the keyset ``after``."""
    current_principal().require(READ_LOG)
    moment, id_ = after or (None, None)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_PAGE, unit.tenant_id, *wanted.values(), moment, id_, limit)
    return [LogRow(**dict(row)) for row in rows]


async def count_rows(wanted: LogFilter) -> int:
    """Return how many rows there are."""
    current_principal().require(READ_LOG)
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, *wanted.values()))


async def operators_by_access(access_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Return the operators behind accesses to the city. Asks for no permission: guard what leads there."""
    async with tenant_tx():
        columns = (OperatorAccess.id, OperatorAccess.operator)
        rows = await OperatorAccess.select(*columns).where(OperatorAccess.id.is_in([*access_ids])) if access_ids else []
    return {row["id"]: row["operator"] for row in rows}
