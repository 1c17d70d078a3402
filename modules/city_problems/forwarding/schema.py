"""The module's part of the GraphQL schema: forwarding."""

from __future__ import annotations

import uuid

import strawberry

from leancity.graphql.api import field, mutation
from leancity.modules.city_problems.forwarding import endpoints, sending
from leancity.modules.city_problems.forwarding.schema_types import (
    CityProblemsEndpointInput,
    CityProblemsEndpointPayload,
    CityProblemsEndpointRemovePayload,
    CityProblemsEndpointService,
    CityProblemsEndpointType,
)
from leancity.modules.city_problems.permissions import SETTINGS, TRIAGE
from leancity.modules.city_problems.schema_types import CityProblemsReportPayload


@strawberry.type
class ForwardingQuery:
    @field(permission=SETTINGS, description="The bodies to whom reports are forwarded.")
    async def endpoints(self) -> list[CityProblemsEndpointType]:
        return [CityProblemsEndpointType.of(row) for row in await endpoints.list_endpoints()]

    @field(permission=SETTINGS, description="What an endpoint takes; it is asked now.")
    async def endpoint_services(self, key: str) -> list[CityProblemsEndpointService]:
        return [CityProblemsEndpointService.of(row) for row in await endpoints.services_of(key)]


@strawberry.type
class ForwardingMutation:
    @mutation(permission=SETTINGS, description="Add a body to whom reports are forwarded, or change it.")
    async def city_problems_endpoint_save(self, input: CityProblemsEndpointInput) -> CityProblemsEndpointPayload:
        row = await endpoints.save_endpoint(input.card())
        return CityProblemsEndpointPayload(endpoint=CityProblemsEndpointType.of(row))

    @mutation(permission=SETTINGS, description="Remove a body to whom nothing was forwarded yet.")
    async def city_problems_endpoint_remove(self, key: str) -> CityProblemsEndpointRemovePayload:
        return CityProblemsEndpointRemovePayload(id=await endpoints.remove_endpoint(key))

    @mutation(permission=TRIAGE, description="Forward a report to another body, to the service its category is there.")
    async def city_problems_forward(
        self, id: uuid.UUID, endpoint: str, service_code: str = "", note: str = ""
    ) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await sending.forward(id, endpoint, service_code, note))

    @mutation(permission=TRIAGE, description="Take a report back that the other body has given no number yet.")
    async def city_problems_recall(self, id: uuid.UUID, note: str) -> CityProblemsReportPayload:
        return CityProblemsReportPayload.of(await sending.recall(id, note))
