"""Who is away and who does their work meanwhile.

Days are whole ones on the city's own calendar. A substitute sees and does the work of the person who is away; whom that
person stood in for does not come along, so substitutions never run in a circle.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from leancity.core.audit.log import note_refused, record
from leancity.core.cases.checks import SHORT, Checks, one_text
from leancity.core.clock.instants import local_day, local_instant
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import UserAccount
from leancity.core.moment import now
from leancity.core.processes.running.fitting import ASSIGN, WORK, assigning
from leancity.core.processes.running.tables import Absence
from leancity.core.tenancy.context import current_tenant

LONGEST = 400
"""Days of one absence."""

_LIST = """
from absence a join user_account u on u.tenant_id = a.tenant_id and u.id = a.user_id
where a.tenant_id = $1 and (a.user_id = $2 or a.substitute_id = $2 or $3 or u.unit_id = any($4::uuid[]))
  and ($5::uuid is null or a.user_id = $5) and ($6 or a.until_at > $7)
"""
_PAGE = (
    "select a.id, a.user_id, a.substitute_id, a.from_at, a.until_at, case when $3 or a.user_id = $2"
    " or u.unit_id = any($4::uuid[]) then a.reason else '' end as reason"
    + _LIST
    + " and ($8::timestamptz is null or (a.from_at, a.id) > ($8, $9::uuid)) order by a.from_at, a.id limit $10"
)
_COUNT = "select count(*)" + _LIST
_LOCK = "select unit_id, is_active, kind from user_account where tenant_id = $1 and id = $2 for no key update"
_OVERLAPPING = """
select exists (select from absence
    where tenant_id = $1 and user_id = $2 and id <> $5 and from_at < $4 and until_at > $3)
"""


@dataclass(frozen=True, kw_only=True)
class Away:
    """An absence from ``from_on`` to ``until_on``, both days included. ``reason`` is "" for who may not know it."""

    id: uuid.UUID
    user_id: uuid.UUID
    substitute_id: uuid.UUID | None
    from_on: date
    until_on: date
    reason: str
    from_at: datetime


@dataclass(frozen=True, kw_only=True)
class NewAbsence:
    """What is said of an absence; without ``user_id`` it is one's own."""

    from_on: date
    until_on: date
    substitute_id: uuid.UUID | None = None
    reason: str = ""
    user_id: uuid.UUID | None = None


class Place(NamedTuple):
    """The place of an absence in the list."""

    from_at: datetime
    id: uuid.UUID


async def list_absences(
    *, limit: int, after: Place | None = None, user_id: uuid.UUID | None = None, past: bool = False
) -> list[Away]:
    """Return absences by their first day: one's own, those one stands in for, and of whom one assigns work to."""
    async with tenant_tx() as unit:
        values = (*_mine(), user_id, past, now(), *(after or (None, None)), limit)
        rows = await unit.connection.fetch(_PAGE, unit.tenant_id, *values)
    zone = current_tenant().zone_info
    return [
        Away(
            id=row["id"],
            user_id=row["user_id"],
            substitute_id=row["substitute_id"],
            from_on=local_day(row["from_at"], zone),
            until_on=local_day(row["until_at"], zone) - timedelta(days=1),
            reason=row["reason"],
            from_at=row["from_at"],
        )
        for row in rows
    ]


async def count_absences(*, user_id: uuid.UUID | None = None, past: bool = False) -> int:
    """Return how many absences ``list_absences`` would page through."""
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, *_mine(), user_id, past, now()))


async def add_absence(new: NewAbsence) -> Absence:
    """Enter an absence, one's own or (by core.task.assign) another's; refuse one that overlaps with theirs."""
    user_id = current_principal().account() if new.user_id is None else new.user_id
    from_at, until_at = _bounds(new)
    row = Absence(
        user_id=user_id,
        substitute_id=new.substitute_id,
        from_at=from_at,
        until_at=until_at,
        reason=one_text("reason", new.reason, limit=SHORT),
    )
    async with tenant_tx(write=True):
        await _require_mine(user_id, "user_id")
        await _check(row)
        await row.save()
        await record("core.absence.added", "user_account", user_id, absence_id=row.id, substitute_id=new.substitute_id)
    return row


async def change_absence(absence_id: uuid.UUID, new: NewAbsence) -> Absence:
    """Say anew when somebody is away and who stands in; whose absence it is stays."""
    from_at, until_at = _bounds(new)
    reason = one_text("reason", new.reason, limit=SHORT)
    async with tenant_tx(write=True):
        row = await _held(absence_id)
        row.from_at, row.until_at, row.reason, row.substitute_id = from_at, until_at, reason, new.substitute_id
        await _check(row)
        await row.save()
        facts = {"absence_id": row.id, "substitute_id": new.substitute_id}
        await record("core.absence.changed", "user_account", row.user_id, **facts)
    return row


async def remove_absence(absence_id: uuid.UUID) -> None:
    """Take an absence back."""
    async with tenant_tx(write=True):
        row = await _held(absence_id)
        await row.remove()
        await record("core.absence.removed", "user_account", row.user_id, absence_id=absence_id)


def _bounds(new: NewAbsence) -> tuple[datetime, datetime]:
    """Return when an absence begins and ends: the midnights of the city around its days."""
    zone, checks = current_tenant().zone_info, Checks()
    if new.until_on < new.from_on:
        checks.wrong("absence_backwards", "until_on")
    elif (new.until_on - new.from_on).days >= LONGEST:
        checks.wrong("absence_long", "until_on", limit=LONGEST)
    elif new.until_on < local_day(now(), zone):
        checks.wrong("moment_past", "until_on")
    if not date(2000, 1, 1) <= new.from_on <= date(2100, 1, 1):
        checks.wrong("absence_far", "from_on")
    checks.done()
    return local_instant(new.from_on, 0, zone), local_instant(new.until_on + timedelta(days=1), 0, zone)


async def _check(row: Absence) -> None:
    """Refuse what overlaps, and a substitute who is no colleague or is away too."""
    if await _is_away(row.user_id, row):
        raise refuse("absence_overlaps", "from_on")
    if row.substitute_id is None:
        return
    if row.substitute_id == row.user_id:
        raise refuse("absence_substitute_self", "substitute_id")
    person = await UserAccount.objects().where(UserAccount.id == row.substitute_id).first()
    if person is None or not person.is_active or person.kind != "staff":
        raise refuse("not_found", "substitute_id")
    if await _is_away(row.substitute_id, row):
        raise refuse("absence_substitute_away", "substitute_id")


async def _is_away(user_id: uuid.UUID, row: Absence) -> bool:
    async with tenant_tx() as unit:
        values = (user_id, row.from_at, row.until_at, row.id)
        return bool(await unit.connection.fetchval(_OVERLAPPING, unit.tenant_id, *values))


async def _held(absence_id: uuid.UUID) -> Absence:
    row = await Absence.objects().where(Absence.id == absence_id).first()
    if row is None:
        raise refuse("not_found", "absence_id")
    await _require_mine(row.user_id, "absence_id")
    # The person's row is locked by now: nobody else changes their absences.
    row = await Absence.objects().where(Absence.id == absence_id).first()
    if row is None:
        raise refuse("not_found", "absence_id")
    return row


async def _require_mine(user_id: uuid.UUID, field: str) -> None:
    """Lock the person whose absence it is; another's asks for core.task.assign that reaches their unit."""
    who = current_principal()
    who.require(WORK)
    async with tenant_tx(write=True) as unit:
        row = await unit.connection.fetchrow(_LOCK, unit.tenant_id, user_id)
    if user_id == who.user_id:
        return
    everywhere, units = assigning() if who.can(ASSIGN) else (False, [])
    if row is None or row["kind"] != "staff" or not (everywhere or row["unit_id"] in units):
        note_refused(ASSIGN, "user_account", user_id)
        raise refuse("not_found", field)


def _mine() -> tuple[uuid.UUID | None, bool, list[uuid.UUID]]:
    who = current_principal()
    who.require(WORK)
    return who.user_id, *(assigning() if who.can(ASSIGN) else (False, []))
