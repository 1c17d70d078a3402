"""What the schema says of endpoints and forwardings."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Self

import strawberry

from leancity.graphql.api import Payload
from leancity.modules.city_problems.forwarding.client import Service
from leancity.modules.city_problems.forwarding.endpoints import EndpointCard, in_words
from leancity.modules.city_problems.forwarding.reading import Forwarding, forwarded_of, forwardings_of
from leancity.modules.city_problems.forwarding.tables import CityProblemsEndpoint


@strawberry.type(description="Which service of an endpoint a category of the city's is.")
class CityProblemsEndpointMapping:
    category: str
    service_code: str


@strawberry.type(description="Another body's Open311 endpoint.")
class CityProblemsEndpointType:
    key: str
    title: str
    url: str = strawberry.field(description="What /requests.json is put behind.")
    jurisdiction: str
    has_key: bool = strawberry.field(description="An API key is kept; it is never shown.")
    service_code: str = strawberry.field(description="The service of categories that have none of their own.")
    services: list[CityProblemsEndpointMapping]
    is_active: bool
    checked_at: datetime | None
    failure: str = strawberry.field(description="Why it could not be asked last, in words; empty when it could.")

    @classmethod
    def of(cls, row: CityProblemsEndpoint) -> Self:
        services = sorted(json.loads(row.services).items())
        return cls(
            key=row.key,
            title=row.title,
            url=row.url,
            jurisdiction=row.jurisdiction,
            has_key=bool(row.api_key),
            service_code=row.service_code,
            services=[CityProblemsEndpointMapping(category=key, service_code=code) for key, code in services],
            is_active=row.is_active,
            checked_at=row.checked_at,
            failure=in_words(row.failure) if row.failure else "",
        )


@strawberry.type(description="A kind of request that an endpoint takes, as it says itself.")
class CityProblemsEndpointService:
    code: str
    name: str
    group: str
    description: str

    @classmethod
    def of(cls, row: Service) -> Self:
        return cls(code=row.code, name=row.name, group=row.group, description=row.description)


@strawberry.type(description="With whom a forwarded report is, and what they say of it.")
class CityProblemsForwarded:
    title: str
    number: str = strawberry.field(description="Their number of it.")
    status: str = strawberry.field(description="open or closed.")
    status_notes: str
    updated_at: datetime | None

    @classmethod
    def of(cls, row: Forwarding) -> Self:
        return cls(
            title=row.title,
            number=row.number,
            status=row.status,
            status_notes=row.status_notes,
            updated_at=row.updated_at,
        )


@strawberry.type(description="A report on its way to another body, or there.")
class CityProblemsForwardingType:
    endpoint: str
    title: str
    service_code: str
    state: str = strawberry.field(description="sending, waiting (for their number), there, refused or recalled.")
    number: str
    status: str
    status_notes: str
    asked_at: datetime
    sent_at: datetime | None
    checked_at: datetime | None
    attempts: int
    failure: str = strawberry.field(description="Why it was not taken, or is in doubt, in words.")

    @classmethod
    def of(cls, row: Forwarding) -> Self:
        return cls(
            endpoint=row.endpoint,
            title=row.title,
            service_code=row.service_code,
            state=row.state,
            number=row.number,
            status=row.status,
            status_notes=row.status_notes,
            asked_at=row.asked_at,
            sent_at=row.sent_at,
            checked_at=row.checked_at,
            attempts=row.attempts,
            failure=in_words(row.failure) if row.failure else "",
        )


@strawberry.input
class CityProblemsEndpointMappingInput:
    category: str
    service_code: str


@strawberry.input
class CityProblemsEndpointInput:
    key: str = strawberry.field(description="By which the city calls it; of one that is there it changes that one.")
    title: str
    url: str
    jurisdiction: str = ""
    api_key: str | None = strawberry.field(default=None, description="Null keeps the one it has.")
    service_code: str = ""
    services: list[CityProblemsEndpointMappingInput] = strawberry.field(default_factory=list)
    is_active: bool = True

    def card(self) -> EndpointCard:
        return EndpointCard(
            key=self.key,
            title=self.title,
            url=self.url,
            jurisdiction=self.jurisdiction,
            api_key=self.api_key,
            service_code=self.service_code,
            services={each.category: each.service_code for each in self.services},
            is_active=self.is_active,
        )


@strawberry.type
class CityProblemsEndpointPayload(Payload):
    endpoint: CityProblemsEndpointType | None = None


@strawberry.type
class CityProblemsEndpointRemovePayload(Payload):
    id: uuid.UUID | None = None


async def forwarded(ids: list[uuid.UUID]) -> list[CityProblemsForwarded | None]:
    """Load with whom reports are, for everybody who sees them."""
    found = await forwarded_of(ids)
    return [CityProblemsForwarded.of(found[each]) if each in found else None for each in ids]


async def forwardings(ids: list[uuid.UUID]) -> list[list[CityProblemsForwardingType]]:
    """Load the attempts to forward reports, for the staff who may read them."""
    found = await forwardings_of(ids)
    return [[CityProblemsForwardingType.of(row) for row in found.get(each, [])] for each in ids]
