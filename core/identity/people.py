"""Reading units and people, for many at once: what is not the city's is simply not among the answers.

Colleagues see one another's names. A resident's name and everybody's contacts are personal data: masked for who lacks
``core.person.read``, recorded when read by who has it.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from leancity.core.audit.log import note_read
from leancity.core.cases.checks import keepable
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.masking import mask_email, mask_name, mask_phone
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit, UserAccount

READ = "core.person.read"

_PEOPLE = """
select id, name, position, unit_id, kind, is_active, erased_at, sorted_name from user_account
where tenant_id = $1 and ($2::text is null or kind = $2) and ($3::uuid is null or unit_id = $3)
  and ($4 = '' or position($4 in sorted_name) > 0 or position($4 in login) > 0)
"""
_PAGE = _PEOPLE + " and ($5::text is null or (sorted_name, id) > ($5, $6::uuid)) order by sorted_name, id limit $7"
_COUNT = "select count(*) from ({}) as people".replace("{}", _PEOPLE)
_GRANTS = """
select g.id, g.user_id, r.key as role, r.title, g.unit_id, g.territory_id, g.across_entities, g.expires_at
from role_grant g join role r on r.tenant_id = g.tenant_id and r.id = g.role_id
where g.tenant_id = $1 and g.user_id = any($2::uuid[]) order by r.title, g.id
"""


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody with an account, as far as whoever asks may see them."""

    id: uuid.UUID
    name: str
    position: str
    unit_id: uuid.UUID | None
    is_resident: bool
    is_active: bool
    is_erased: bool


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """How to reach a person; ``is_masked`` for who may not."""

    login: str
    email: str
    phone: str
    is_masked: bool


@dataclass(frozen=True, kw_only=True)
class HeldRole:
    """A role that a person was granted."""

    id: uuid.UUID
    user_id: uuid.UUID
    role: str
    title: str
    unit_id: uuid.UUID | None
    territory_id: uuid.UUID | None
    across_entities: bool
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class PeopleFilter:
    """Which people; a field left out asks for nothing. ``text`` is a part of the name or of the login."""

    kind: str | None = None
    unit_id: uuid.UUID | None = None
    text: str = ""


class Place(NamedTuple):
    """The place of a person in the list; a page begins behind it."""

    sorted_name: str
    id: uuid.UUID


async def list_units() -> list[OrgUnit]:
    """Return the city's units by title."""
    current_principal().require("core.unit.read")
    async with tenant_tx():
        rows = await OrgUnit.objects()
    return sorted(rows, key=lambda row: (_sorted_by(row.title), row.id))


async def units_by_id(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, OrgUnit]:
    """Return those of the units that exist, by id. Asks for no permission: guard what leads there."""
    async with tenant_tx():
        rows = await OrgUnit.objects().where(OrgUnit.id.is_in([*ids])) if ids else []
    return {row.id: row for row in rows}


async def people_by_id(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Person]:
    """Return those of the people that exist, also who left, by id. Asks for no permission: guard what leads there."""
    async with tenant_tx():
        rows = await UserAccount.objects().where(UserAccount.id.is_in([*ids])) if ids else []
    return {row.id: _person(row.to_dict()) for row in rows}


async def people_of_units(unit_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Person]]:
    """Return who works in the units, by name, by unit."""
    current_principal().require("core.unit.read")
    found: dict[uuid.UUID, list[Person]] = defaultdict(list)
    async with tenant_tx():
        working = UserAccount.unit_id.is_in([*unit_ids]) & UserAccount.is_active.eq(True)
        rows = await UserAccount.objects().where(working) if unit_ids else []
    for row in sorted(rows, key=lambda row: (_sorted_by(row.name), row.id)):
        found[row.unit_id].append(_person(row.to_dict()))
    return found


async def list_people(wanted: PeopleFilter, *, limit: int, after: Place | None = None) -> list[tuple[Place, Person]]:
    """Return people by name, behind ``after``, each with their place in the list."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_PAGE, unit.tenant_id, *_values(wanted), *(after or (None, None)), limit)
    return [(Place(row["sorted_name"], row["id"]), _person(dict(row))) for row in rows]


async def count_people(wanted: PeopleFilter) -> int:
    """Return how many people ``list_people`` would page through."""
    current_principal().require(READ)
    async with tenant_tx() as unit:
        return int(await unit.connection.fetchval(_COUNT, unit.tenant_id, *_values(wanted)))


async def contacts_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Contacts]:
    """Return how to reach people, by id; one's own are never masked."""
    who = current_principal()
    who.require("core.unit.read")
    async with tenant_tx():
        rows = await UserAccount.objects().where(UserAccount.id.is_in([*ids])) if ids else []
    return {row.id: _contacts(row, is_clear=row.id == who.user_id or who.can(READ)) for row in rows}


async def roles_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[HeldRole]]:
    """Return the roles that people were granted, by person."""
    current_principal().require(READ)
    found: dict[uuid.UUID, list[HeldRole]] = defaultdict(list)
    async with tenant_tx() as unit:
        for row in await unit.connection.fetch(_GRANTS, unit.tenant_id, [*ids]):
            found[row["user_id"]].append(HeldRole(**dict(row)))
    return found


def _person(row: dict[str, Any]) -> Person:
    who = current_principal()
    is_resident, is_erased = row["kind"] == "resident", row["erased_at"] is not None
    name = row["name"]
    if is_resident and not is_erased and not who.is_system and row["id"] != who.user_id:
        if who.can(READ):
            note_read("core.person.read", "user_account", row["id"])
        else:
            name = mask_name(name)
    return Person(
        id=row["id"],
        name=name,
        position=row["position"],
        unit_id=row["unit_id"],
        is_resident=is_resident,
        is_active=row["is_active"],
        is_erased=is_erased,
    )


def _contacts(row: UserAccount, *, is_clear: bool) -> Contacts:
    if not is_clear:
        login = mask_email(row.login) if "@" in row.login else mask_name(row.login)
        return Contacts(login=login, email=mask_email(row.email), phone=mask_phone(row.phone), is_masked=True)
    if row.id != current_principal().user_id:
        note_read("core.contacts.read", "user_account", row.id)
    return Contacts(login=row.login, email=row.email, phone=row.phone, is_masked=False)


def _values(wanted: PeopleFilter) -> tuple[Any, ...]:
    return wanted.kind, wanted.unit_id, _sorted_by(keepable(wanted.text).strip())


def _sorted_by(name: str) -> str:
    return name.lower().replace("ё", "е")
