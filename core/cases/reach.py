"""Which cases a permission reaches: one condition in SQL, asked by every list, count, read and verb.

Within every reach: cases that the person filed or is assigned to. Within a unit's: those it holds; to be read, answered
and commented also those offered to it, for until it accepts the giver holds them. Within a territory's: those whose
place lies in it.

Cases of a kind apart (``CaseKind.reading_permission``) are within reach of who reads them by the kind's own permission:
``core.case.read`` does not open them, and what other permissions allow is allowed on those of them that one may read.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from typing import Any

from piccolo.columns.combination import WhereRaw

from leancity.core.audit.log import note_refused
from leancity.core.cases.apart import APART, COMMON, apart
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.scopes import EVERYWHERE
from leancity.core.tenancy.context import current_tenant

READ = COMMON
OF_RECEIVERS = frozenset({READ, "core.case.accept", "core.case.comment"})
"""What a unit may do to a case that it has been offered and has not accepted."""

WITHIN = """(
    $2::boolean or case_record.author_id = $3::uuid or case_record.assignee_id = $3::uuid
    or case_record.unit_id = any($4::uuid[])
    or case_record.id = any(array(select h.case_id from case_handover h
        where h.tenant_id = $1 and h.receiver_id = any($5::uuid[]) and h.state = 'offered'))
    or case_record.cell <@ (select range_agg(int8range(t.low, t.high, '[]')) from territory_range t
        where t.tenant_id = $1 and t.territory_id = any($6::uuid[]))
    or (case_record.unit_id = any($7::uuid[]) and exists (
        select from unnest($7::uuid[], $8::uuid[]) as ward (unit_id, territory_id)
        join territory_range t on t.tenant_id = $1 and t.territory_id = ward.territory_id
        where ward.unit_id = case_record.unit_id and case_record.cell between t.low and t.high))
)"""
"""The condition on ``case_record`` of a kind that is none apart; $1 is the city, ``bounds`` gives $2 to $8.

With $2 true it folds away. The ranges of $6 are gathered once a statement; $7 and $8 are units within a territory each.
"""

REACHED = """(
    (($9::text[] is null or case_record.kind <> all($9::text[])) and {within})
    or ($9::text[] is not null and case_record.kind = any($9::text[]) and {apart})
)""".replace("{within}", WITHIN).replace(
    "{apart}",
    APART.replace("{who}", "$3")
    .replace("{kinds}", "$10")
    .replace("{units}", "$11")
    .replace("{territories}", "$12")
    .replace("{receivers}", "$13"),
)
"""The same for cases of every kind; ``limits`` gives $2 to $13. Where no kind is apart, $9 is null and folds away."""

_RAW = re.sub(r"\$\d+", "{}", REACHED)
_ORDER = [int(number) - 1 for number in re.findall(r"\$(\d+)", REACHED)]
_AMONG = "select id from case_record where tenant_id = $1 and id = any($14::uuid[]) and {}".replace("{}", REACHED)
_CLOSED = """
select id from case_record where tenant_id = $1 and id = any($8::uuid[]) and kind = any($3::text[])
and {apart} is not true
""".replace(
    "{apart}",
    APART.replace("{who}", "$2")
    .replace("{kinds}", "$4")
    .replace("{units}", "$5")
    .replace("{territories}", "$6")
    .replace("{receivers}", "$7"),
)


EVERYBODY: tuple[Any, ...] = (True, None, [], [], [], [], [])
"""$2 to $8 for what is shown to all: no permission is asked."""


def bounds(permission: str, *, offered: bool | None = None) -> tuple[Any, ...]:
    """Return $2 to $8 of ``WITHIN`` for whoever asks; raise as ``require`` does where nothing was granted.

    ``offered``: whether what is offered to a unit counts; None leaves it to the permission.
    """
    who = current_principal()
    reaches = who.reach_of(permission)
    units = [unit for reach in reaches if reach.territory_id is None for unit in reach.units or ()]
    wards = [
        (unit, reach.territory_id)
        for reach in reaches
        if reach.territory_id is not None
        for unit in (reach.units if reach.units is not None else (None,))
    ]
    free = [ward for unit, ward in wards if unit is None]
    bound = [(unit, ward) for unit, ward in wards if unit is not None]
    receiving = units if (permission in OF_RECEIVERS if offered is None else offered) else []
    pairs = [unit for unit, _ in bound], [ward for _, ward in bound]
    return EVERYWHERE in reaches, who.user_id, units, receiving, free, *pairs


def limits(permission: str, *, offered: bool | None = None) -> tuple[Any, ...]:
    """Return $2 to $13 of ``REACHED`` for whoever asks, as ``bounds`` does."""
    receives = permission in OF_RECEIVERS if offered is None else offered
    return (*bounds(permission, offered=offered), *apart(permission, offered=receives))


def within(permission: str) -> WhereRaw | None:
    """Return the condition for a piccolo query on ``CaseRecord``, None where the permission reaches every case."""
    values = (current_tenant().id, *limits(permission))
    return None if _is_everything(values[1:]) else WhereRaw(_RAW, *(values[place] for place in _ORDER))


async def reached(permission: str, case_ids: Collection[uuid.UUID], *, offered: bool | None = None) -> set[uuid.UUID]:
    """Return those of the cases that whoever asks reaches by ``permission``; none where it was not granted."""
    if not current_principal().can(permission):
        return set()
    values = limits(permission, offered=offered)
    if _is_everything(values):
        return {*case_ids}
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_AMONG, unit.tenant_id, *values, [*case_ids])
    return {row["id"] for row in rows}


async def closed_among(case_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the cases that are of a kind apart and that whoever asks may not read."""
    kinds, *opened = apart(READ, offered=True)
    if kinds is None or not case_ids:
        return set()
    async with tenant_tx() as unit:
        values = (current_principal().user_id, kinds, *opened, [*case_ids])
        rows = await unit.connection.fetch(_CLOSED, unit.tenant_id, *values)
    return {row["id"] for row in rows}


async def require_reach(
    permission: str, case: CaseRecord, *, field: str = "case_id", offered: bool | None = None
) -> None:
    """Refuse ``permission`` on a case it does not reach: one that whoever asks may not even see does not exist."""
    current_principal().require(permission)
    if case.id in await reached(permission, [case.id], offered=offered):
        return
    if permission == READ or case.id not in await reached(READ, [case.id]):
        note_refused(permission, "case", case.id)  # to them it does not exist; the city sees that they tried
        raise refuse("not_found", field)
    current_principal().refuse(permission, "case", case.id)


def _is_everything(values: tuple[Any, ...]) -> bool:
    """Tell whether $2 to $13 reach every case."""
    return bool(values[0]) and values[7] is None
