"""The municipality's IT systems and what uses them."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.processes.registry import listing, powers
from leancity.core.processes.registry.checking import CHANGE, READ
from leancity.core.processes.registry.powers import Interface
from leancity.core.processes.registry.tables import ItSystem as SystemRow
from leancity.graphql.api import Connection, Context, Payload, connection_by_key, field, mutation
from leancity.graphql.kernel.loading import found_by_id
from leancity.graphql.kernel.people import OrgUnit, unit_of

strawberry.enum(Interface, name="ItSystemInterface")


@strawberry.type(description="An IT system of the municipality.")
class ItSystem:
    id: uuid.UUID
    key: str
    title: str
    vendor: str
    interface: Interface
    is_connected: bool = strawberry.field(description="To the city's platform.")
    note: str
    unit_id: strawberry.Private[uuid.UUID | None]

    @classmethod
    def of(cls, row: SystemRow) -> Self:
        return cls(
            id=row.id,
            key=row.key,
            title=row.title,
            vendor=row.vendor,
            interface=Interface(row.interface),
            is_connected=row.is_connected,
            note=row.note,
            unit_id=row.unit_id,
        )

    @field(permission=READ, description="Who owns it.")
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.unit_id)

    @field(permission=READ, description="How many functions use it.")
    async def functions(self, info: Info[Context, None]) -> int:
        return len(await found_by_id(info, "system_functions", listing.users_of, self.id) or [])


@strawberry.type(description="A function uses a system.")
class ItSystemUse:
    purpose: str
    system_id: strawberry.Private[uuid.UUID]

    @field(permission=READ)
    async def system(self, info: Info[Context, None]) -> ItSystem | None:
        row = await found_by_id(info, "it_system", listing.systems_by_id, self.system_id)
        return None if row is None else ItSystem.of(row)


@strawberry.type
class ItSystemQuery:
    @field(permission=READ, description="By key; text is a part of the title.")
    async def it_systems(
        self, is_connected: bool | None = None, text: str = "", first: int | None = None, after: str | None = None
    ) -> Connection[ItSystem]:
        return await connection_by_key(
            "core.it_systems",
            first=first,
            after=after,
            fetch=partial(listing.list_systems, is_connected, text),
            count=partial(listing.count_systems, is_connected, text),
            node=ItSystem.of,
        )


@strawberry.input(description="All that is told of an IT system.")
class ItSystemInput:
    key: str
    title: str
    unit_id: uuid.UUID | None = None
    vendor: str = ""
    interface: Interface = Interface.UNKNOWN
    is_connected: bool = False
    note: str = ""


@strawberry.type
class ItSystemPayload(Payload):
    system: ItSystem | None = None


@strawberry.type
class ItSystemMutation:
    @mutation(permission=CHANGE, description="Adds a system or changes the one with this key.")
    async def it_system_save(self, input: ItSystemInput) -> ItSystemPayload:
        row = await powers.save_system(powers.SystemCard(**vars(input)))
        return ItSystemPayload(system=ItSystem.of(row))
