"""Units of the city's organisation and who works in them."""

from __future__ import annotations

import uuid
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.identity import people
from leancity.core.identity.tables import OrgUnit as UnitRow
from leancity.graphql.api import Context, field
from leancity.graphql.kernel.loading import found_by_id


@strawberry.type(description="A person with an account.")
class User:
    id: uuid.UUID
    name: str

    @classmethod
    def of(cls, row: people.Person) -> Self:
        return cls(id=row.id, name=row.name)


@strawberry.type(description="A unit of the city's organisation.")
class OrgUnit:
    id: uuid.UUID
    key: str
    title: str
    parent_id: uuid.UUID | None

    @classmethod
    def of(cls, row: UnitRow) -> Self:
        return cls(id=row.id, key=row.key, title=row.title, parent_id=row.parent_id)

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
