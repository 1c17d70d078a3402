"""People with an account, and the units they work in."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.geo.tables import Territory as TerritoryRow
from leancity.core.geo.territories import territories_by_id
from leancity.core.i18n.catalogue import text
from leancity.core.identity import accounts, people
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import OrgUnit as UnitRow
from leancity.core.identity.units import LegalForm, UnitKind
from leancity.graphql.api import Connection, Context, Keyset, Payload, connection, field, mutation
from leancity.graphql.kernel.loading import found_by_id

strawberry.enum(UnitKind, name="OrgUnitKind")
strawberry.enum(LegalForm, name="OrgUnitLegalForm")


@strawberry.enum
class UserKind(StrEnum):
    STAFF = "staff"
    RESIDENT = "resident"


@strawberry.type(description="How to reach a person. Every reading of what is not masked is recorded.")
class UserContacts:
    login: str
    email: str
    phone: str
    is_masked: bool = strawberry.field(description="The viewer may see the person, but not how to reach them.")

    @classmethod
    def of(cls, row: people.Contacts) -> Self:
        return cls(login=row.login, email=row.email, phone=row.phone, is_masked=row.is_masked)


@strawberry.type(description="A person with an account.")
class User:
    id: uuid.UUID
    name: str = strawberry.field(description="A resident's is masked for who may not read it.")
    position: str = strawberry.field(description="What they work as; empty where nobody has said.")
    is_resident: bool
    is_active: bool
    is_erased: bool = strawberry.field(description="The person asked to be forgotten.")
    unit_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: people.Person) -> Self:
        return cls(
            id=row.id,
            name=text("person_erased", current_principal().locale) if row.is_erased else row.name,
            position=row.position,
            is_resident=row.is_resident,
            is_active=row.is_active,
            is_erased=row.is_erased,
            unit_id=row.unit_id,
        )

    @field(permission="core.unit.read")
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.unit_id)

    @field(permission="core.unit.read")
    async def contacts(self, info: Info[Context, None]) -> UserContacts | None:
        row = await found_by_id(info, "contacts", people.contacts_of, self.id)
        return None if row is None else UserContacts.of(row)

    @field(permission=people.READ)
    async def roles(self, info: Info[Context, None]) -> list[UserRole]:
        rows = await found_by_id(info, "user_roles", people.roles_of, self.id)
        return [UserRole.of(row) for row in rows or []]


@strawberry.type(description="A part of the city that a role may be limited to.")
class Territory:
    id: uuid.UUID
    key: str
    title: str
    area: str = strawberry.field(description="The outline as GeoJSON.")

    @classmethod
    def of(cls, row: TerritoryRow) -> Self:
        return cls(id=row.id, key=row.key, title=row.title, area=row.area)


@strawberry.type(description="A role that a person was granted, and from where it reaches how far.")
class UserRole:
    id: uuid.UUID = strawberry.field(description="Of the grant.")
    role: str
    title: str
    across_entities: bool = strawberry.field(description="It crosses the borders of legal entities.")
    expires_at: datetime | None
    unit_id: strawberry.Private[uuid.UUID | None]
    territory_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: people.HeldRole) -> Self:
        return cls(
            id=row.id,
            role=row.role,
            title=row.title,
            across_entities=row.across_entities,
            expires_at=row.expires_at,
            unit_id=row.unit_id,
            territory_id=row.territory_id,
        )

    @field(permission=people.READ, description="Where it begins; null for the person's own unit.")
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.unit_id)

    @field(permission=people.READ)
    async def territory(self, info: Info[Context, None]) -> Territory | None:
        if self.territory_id is None:
            return None
        row = await found_by_id(info, "territory", territories_by_id, self.territory_id)
        return None if row is None else Territory.of(row)


@strawberry.type(description="A unit of the city's organisation.")
class OrgUnit:
    id: uuid.UUID
    key: str
    title: str
    parent_id: uuid.UUID | None
    kind: UnitKind
    legal_form: LegalForm | None
    inn: str
    is_active: bool
    head_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: UnitRow) -> Self:
        return cls(
            id=row.id,
            key=row.key,
            title=row.title,
            parent_id=row.parent_id,
            kind=UnitKind(row.kind),
            legal_form=LegalForm(row.legal_form) if row.legal_form else None,
            inn=row.inn,
            is_active=row.is_active,
            head_id=row.head_id,
        )

    @field(permission="core.unit.read")
    async def head(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.head_id)

    @field(permission="core.unit.read", description="Who works there, by name.")
    async def users(self, info: Info[Context, None]) -> list[User]:
        rows = await found_by_id(info, "unit_users", people.people_of_units, self.id)
        return [User.of(row) for row in rows or []]


async def user_of(info: Info[Context, None], user_id: uuid.UUID | None) -> User | None:
    """Return a person by id, also one who left. Guard what leads here."""
    row = None if user_id is None else await found_by_id(info, "user", people.people_by_id, user_id)
    return None if row is None else User.of(row)


async def unit_of(info: Info[Context, None], unit_id: uuid.UUID | None) -> OrgUnit | None:
    """Return a unit by id. Guard what leads here."""
    row = None if unit_id is None else await found_by_id(info, "unit", people.units_by_id, unit_id)
    return None if row is None else OrgUnit.of(row)


@strawberry.type
class PeopleQuery:
    @field(permission=people.READ)
    async def person(self, info: Info[Context, None], id: uuid.UUID) -> User | None:
        return await user_of(info, id)

    @field(permission=people.READ, description="By name; text is a part of the name or of the login.")
    async def people(
        self,
        kind: UserKind | None = None,
        unit_id: uuid.UUID | None = None,
        text: str = "",
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[User]:
        wanted = people.PeopleFilter(kind=None if kind is None else kind.value, unit_id=unit_id, text=text)

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[tuple[people.Place, people.Person]]:
            return await people.list_people(
                wanted, limit=limit, after=None if keyset is None else people.Place(*keyset)
            )

        async def count() -> int:
            return await people.count_people(wanted)

        return await connection(
            "core.people",
            keyset=(str, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: row[0],
            node=lambda row: User.of(row[1]),
        )


@strawberry.type
class PersonPayload(Payload):
    user_id: strawberry.Private[uuid.UUID | None] = None

    @field(permission=people.READ)
    async def person(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.user_id)


@strawberry.type
class PeopleMutation:
    @mutation(permission=accounts.CHANGE, description="What is left out stays as it is.")
    async def person_change(
        self,
        user_id: uuid.UUID,
        name: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        position: str | None = None,
        unit_id: uuid.UUID | None = None,
        leaves_unit: bool = False,
    ) -> PersonPayload:
        change = accounts.PersonChange(
            name=name, email=email, phone=phone, position=position, unit_id=unit_id, leaves_unit=leaves_unit
        )
        await accounts.change_person(user_id, change)
        return PersonPayload(user_id=user_id)
