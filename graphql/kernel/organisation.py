"""The city's organisation and its territories, read and changed."""

from __future__ import annotations

import uuid

import strawberry
from strawberry.types import Info

from leancity.core.geo.territories import list_territories, save_territory
from leancity.core.identity import people, units
from leancity.core.identity.units import LegalForm, UnitKind
from leancity.graphql.api import Context, Payload, field, mutation
from leancity.graphql.kernel.people import OrgUnit, Territory, unit_of


@strawberry.type
class OrganisationQuery:
    @field(permission="core.unit.read", description="The units of the city's organisation, by title.")
    async def units(self) -> list[OrgUnit]:
        return [OrgUnit.of(row) for row in await people.list_units()]

    @field(permission="core.unit.read")
    async def unit(self, info: Info[Context, None], id: uuid.UUID) -> OrgUnit | None:
        return await unit_of(info, id)

    @field(permission="core.unit.read", description="By title.")
    async def territories(self) -> list[Territory]:
        return [Territory.of(row) for row in await list_territories()]


@strawberry.input(description="All that is told of a unit. Legal form and INN belong to a legal entity.")
class OrgUnitInput:
    key: str
    title: str
    parent_id: uuid.UUID | None = None
    kind: UnitKind = UnitKind.DEPARTMENT
    legal_form: LegalForm | None = None
    inn: str = ""
    head_id: uuid.UUID | None = None
    is_active: bool = True

    def card(self) -> units.UnitCard:
        return units.UnitCard(**vars(self))


@strawberry.type
class OrgUnitPayload(Payload):
    unit: OrgUnit | None = None


@strawberry.type
class TerritoryPayload(Payload):
    territory: Territory | None = None


@strawberry.type
class OrganisationMutation:
    @mutation(permission=units.CHANGE)
    async def unit_add(self, input: OrgUnitInput) -> OrgUnitPayload:
        return OrgUnitPayload(unit=OrgUnit.of(await units.add_unit(input.card())))

    @mutation(permission=units.CHANGE, description="Replaces the whole card.")
    async def unit_change(self, id: uuid.UUID, input: OrgUnitInput) -> OrgUnitPayload:
        return OrgUnitPayload(unit=OrgUnit.of(await units.change_unit(id, input.card())))

    @mutation(permission=units.CHANGE, description="Adds a territory or changes the one with this key.")
    async def territory_save(self, key: str, title: str, area: str) -> TerritoryPayload:
        return TerritoryPayload(territory=Territory.of(await save_territory(key, title, area)))
