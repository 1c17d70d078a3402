"""Who may do a piece of work: the hats that people wear, held against what an item asks for, in one condition in SQL.

A hat is a person in a role, from where the role was granted or where they sit; a role of "" is just sitting there. An
item asks for a role, a unit, a position: what it does not ask for does not narrow. The permission's reach narrows
further, by the item's unit or, where it has none, the unit of its process. Who stands in for somebody absent wears
their hats too. Somebody is in a position who sits in its unit and whose account names it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.identity.rights import principals_for
from leancity.core.identity.scopes import EVERYWHERE, Grants
from leancity.core.moment import now
from leancity.core.plugins.gate import is_open
from leancity.core.plugins.manager import installed_modules

WORK = "core.task.work"
ASSIGN = "core.task.assign"

PLACE = "coalesce(w.unit_id, i.unit_id)"
"""The unit that an item belongs to."""

_WORN = """
(hat.role_key = w.role_key and hat.user_id <> all(w.barred) and (w.unit_id is null or hat.unit_id = w.unit_id)
    and (w.position_id is null or exists (
        select from unnest($7::uuid[], $8::uuid[]) as seat (user_id, position_id)
        where seat.user_id = hat.user_id and seat.position_id = w.position_id))
    and (hat.everywhere
        or ({PLACE} is null and (w.role_key <> '' or w.position_id is not null))
        or exists (select from unnest($9::uuid[], $10::uuid[]) as reach (user_id, unit_id)
            where reach.user_id = hat.user_id and reach.unit_id = {PLACE})))
""".replace("{PLACE}", PLACE)
_HATS_IN = "unnest($3::uuid[], $4::text[], $5::uuid[], $6::boolean[]) as hat (user_id, role_key, unit_id, everywhere)"

SEEN = """(($2::uuid[])[1] <> all(w.barred) and (
    w.assignee_id = any($2::uuid[])
    or (w.assignee_id is null and w.state = 'open' and (
            w.role_key = any($4::text[]) or w.unit_id = any($5::uuid[]) or w.position_id = any($8::uuid[]))
        and exists (select from {HATS} where {WORN}))
))""".replace("{HATS}", _HATS_IN).replace("{WORN}", _WORN)
"""The condition on ``work_item w`` of a ``process_instance i``; $1 is the city, ``Hats.values`` gives $2 to $10.

That one of role, unit and position is among the hats' follows from the rest; it is there to be looked up by an index.
The first of $2 is who asks: who is barred doesn't see the item, in whosever place.
"""

ASSIGNED = """(
    $2::boolean or {PLACE} = any($3::uuid[])
    or exists (select from user_account u
        where u.tenant_id = $1 and u.id = w.assignee_id and u.unit_id = any($3::uuid[]))
)""".replace("{PLACE}", PLACE)
"""The same for who assigns; ``assigning`` gives $2 and $3."""

_FIT = """
select distinct hat.user_id from work_item w
join process_instance i on i.tenant_id = w.tenant_id and i.id = w.instance_id
cross join {HATS}
where w.tenant_id = $1 and w.id = $11 and hat.user_id = any($2::uuid[]) and {WORN}
""".replace("{HATS}", _HATS_IN).replace("{WORN}", _WORN)
_STOOD_IN_FOR = """
select distinct user_id from absence
where tenant_id = $1 and substitute_id = $2 and from_at <= $3 and until_at > $3
"""
_HATS = """
select u.id as user_id, '' as role_key, u.unit_id from user_account u where u.tenant_id = $1 and u.id = any($2::uuid[])
union
select g.user_id, r.key, place.unit_id from role_grant g
join role r on r.tenant_id = g.tenant_id and r.id = g.role_id
join user_account u on u.tenant_id = g.tenant_id and u.id = g.user_id
cross join lateral (values (coalesce(g.unit_id, u.unit_id)), (u.unit_id)) as place (unit_id)
where g.tenant_id = $1 and g.user_id = any($2::uuid[]) and (g.expires_at is null or g.expires_at > $3)
"""
_SEATS = """
select u.id as user_id, p.id as position_id from user_account u
join staff_position p on p.tenant_id = u.tenant_id and p.unit_id = u.unit_id and lower(p.title) = lower(u.position)
where u.tenant_id = $1 and u.id = any($2::uuid[]) and p.is_active
"""


@dataclass(frozen=True, kw_only=True)
class Hats:
    """The hats of some people; ``values`` are $2 to $10 of ``SEEN``."""

    user_ids: tuple[uuid.UUID, ...]
    values: tuple[Any, ...]


async def stood_in_for(user_id: uuid.UUID) -> list[uuid.UUID]:
    """Return who is absent now and whose work the person does meanwhile; whom those stand in for does not count."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_STOOD_IN_FOR, unit.tenant_id, user_id, now())
    return [row["user_id"] for row in rows]


async def my_hats() -> Hats:
    """Return the hats of whoever asks, and of whom they stand in for; raise as ``require`` does without the right."""
    who = current_principal()
    who.require(WORK)
    if who.user_id is None:
        return await hats_of({})
    absent = await principals_for(await stood_in_for(who.user_id))
    return await hats_of({who.user_id: who.grants} | {each: found.grants for each, found in absent.items()})


async def hats_of(grants: dict[uuid.UUID, Grants]) -> Hats:
    """Return the hats of people with these grants; who may not do tasks wears none."""
    working = {user_id: mine[WORK] for user_id, mine in grants.items() if WORK in mine}
    ids = [*working]
    async with tenant_tx() as unit:
        hats = await unit.connection.fetch(_HATS, unit.tenant_id, ids, now())
        seats = await unit.connection.fetch(_SEATS, unit.tenant_id, ids)
    reaches = [
        (user_id, unit_id)
        for user_id, reach in working.items()
        for each in reach
        if each.territory_id is None
        for unit_id in each.units or ()
    ]
    return Hats(
        user_ids=tuple(ids),
        values=(
            [*grants],  # what is assigned to somebody is theirs whatever they may do
            [row["user_id"] for row in hats],
            [row["role_key"] for row in hats],
            [row["unit_id"] for row in hats],
            [EVERYWHERE in working[row["user_id"]] for row in hats],
            [row["user_id"] for row in seats],
            [row["position_id"] for row in seats],
            [user_id for user_id, _ in reaches],
            [unit_id for _, unit_id in reaches],
        ),
    )


async def fitting(item_id: uuid.UUID, hats: Hats) -> set[uuid.UUID]:
    """Return those of the people who may do an item, whoever has it now."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_FIT, unit.tenant_id, *hats.values, item_id)
    return {row["user_id"] for row in rows}


async def fit_for(item_id: uuid.UUID, user_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the accounts that may sign in and may do an item."""
    found = await principals_for(user_ids)
    return await fitting(item_id, await hats_of({user_id: each.grants for user_id, each in found.items()}))


def assigning() -> tuple[bool, list[uuid.UUID]]:
    """Return $2 and $3 of ``ASSIGNED`` for whoever asks; raise as ``require`` does without the right."""
    reaches = current_principal().reach_of(ASSIGN)
    units = [unit_id for reach in reaches if reach.territory_id is None for unit_id in reach.units or ()]
    return EVERYWHERE in reaches, units


def closed_modules() -> list[str]:
    """Return the installed modules that the city has not: their processes do not exist for it."""
    return [name for name in installed_modules().names if not is_open(name)]
