"""Reading: issued permits for everybody, applications with their approvals for who may see them."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from leancity.core.audit.log import note_read
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity_earthworks.approvals import WAITING
from leancity_earthworks.kinds import ISSUED, KEY
from leancity_earthworks.permissions import GIVE
from leancity_earthworks.service import today
from leancity_earthworks.tables import EarthworksPermit

MOST_OF_ONES_OWN = 100
MOST_WAITING = 200

# $1 is the city, $2 the kind of case. Every part of a join names the city: it routes the statement.
_FROM = """
from earthworks_permit p join case_record c on c.tenant_id = p.tenant_id and c.id = p.case_id
where p.tenant_id = $1 and c.tenant_id = $1 and c.kind = $2
"""
_APPLICATION = (
    "select c.id, c.number, c.text as purpose, c.status, c.outcome, c.opened_at, c.due_at, p.address, p.lat, p.lon,"
    " p.digs_from, p.digs_until, p.restored_by" + _FROM
)
_BY_ID = _APPLICATION + " and c.id = any($3)"
_BY_AUTHOR = _APPLICATION + " and c.author_id = $3 order by c.opened_at desc, c.id desc limit $4"
_ISSUED = _FROM + " and c.outcome = $3 and p.restored_by >= $4"
_PERMITS = (
    "select c.id, c.number, c.closed_at as issued_at, p.address, p.lat, p.lon, p.digs_from, p.digs_until, p.restored_by"
    + _ISSUED
    + " and ($5::timestamptz is null or (c.closed_at, c.id) < ($5, $6::uuid))"
    " order by c.closed_at desc, c.id desc limit $7"
)
_COUNT = "select count(*)" + _ISSUED
_APPROVALS = """
select a.id, a.case_id, a.answer, a.reason, a.asked_at, a.answer_by, a.answered_at, a.reminders, b.title
from earthworks_approval a join earthworks_body b on b.tenant_id = a.tenant_id and b.id = a.body_id
where a.tenant_id = $1 and b.tenant_id = $1
"""
_APPROVALS_OF = _APPROVALS + " and a.case_id = any($2) order by b.key"
_APPROVALS_FOR_UNIT = (
    _APPROVALS + " and a.answer = $2 and (b.unit_id is null or b.unit_id = $3) order by a.answer_by, a.id limit $4"
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """An application without its applicant; times are UTC, days the city's."""

    id: uuid.UUID
    number: str
    purpose: str
    status: str
    outcome: str | None
    opened_at: datetime
    due_at: datetime | None
    address: str
    lat: float
    lon: float
    digs_from: date
    digs_until: date
    restored_by: date


@dataclass(frozen=True, kw_only=True)
class Permit:
    """An issued permit as everybody may see it."""

    id: uuid.UUID
    number: str
    issued_at: datetime
    address: str
    lat: float
    lon: float
    digs_from: date
    digs_until: date
    restored_by: date


@dataclass(frozen=True, kw_only=True)
class Approval:
    """What a body said, or that it is waited for. ``title`` is the body's, by locale."""

    id: uuid.UUID
    case_id: uuid.UUID
    answer: str
    reason: str
    asked_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    reminders: int
    title: dict[str, str]


async def applications_by_id(ids: Sequence[uuid.UUID]) -> list[Application]:
    """Return the applications among ``ids``."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_BY_ID, unit.tenant_id, KEY, list(ids))
    return [Application(**dict(row)) for row in rows]


async def my_applications() -> list[Application]:
    """Return the latest applications that whoever asks has filed signed in; a stranger has none."""
    user_id = current_principal().user_id
    if user_id is None:
        return []
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_BY_AUTHOR, unit.tenant_id, KEY, user_id, MOST_OF_ONES_OWN)
    return [Application(**dict(row)) for row in rows]


async def permits(*, after: tuple[datetime, uuid.UUID] | None, limit: int) -> list[Permit]:
    """Return the permits whose surface is not due to be restored before today, the latest issued first."""
    moment, case_id = after or (None, None)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_PERMITS, unit.tenant_id, KEY, ISSUED, today(), moment, case_id, limit)
    return [Permit(**dict(row)) for row in rows]


async def count_permits() -> int:
    """Return how many permits the list holds."""
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, KEY, ISSUED, today()))


async def approvals_of(case_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Approval]]:
    """Return the approvals of applications, by case."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_APPROVALS_OF, unit.tenant_id, list(case_ids))
    found: dict[uuid.UUID, list[Approval]] = defaultdict(list)
    for row in rows:
        found[row["case_id"]].append(_approval(row))
    return found


async def waiting_for_me() -> list[Approval]:
    """Return the approvals that the unit of whoever asks has still to give, the most urgent first."""
    who = current_principal()
    who.require(GIVE)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_APPROVALS_FOR_UNIT, unit.tenant_id, WAITING, who.unit_id, MOST_WAITING)
    return [_approval(row) for row in rows]


async def applicant_of(case_id: uuid.UUID) -> dict[str, str]:
    """Return who applied: ``name``, ``phone``. The reading is recorded before anything is returned."""
    async with tenant_tx():
        row = await EarthworksPermit.objects().where(EarthworksPermit.case_id == case_id).first()
    if row is None:
        raise refuse("not_found", "case_id")
    note_read("earthworks.applicant.read", "case", case_id)
    return {"name": row.applicant_name, "phone": row.applicant_phone}


def _approval(row: Any) -> Approval:
    return Approval(**{**dict(row), "title": json.loads(row["title"])})
