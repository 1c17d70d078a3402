"""The module's part of the GraphQL schema: routing rules and their trials."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from leancity.core.cases.checks import keepable
from leancity.graphql.api import JSON, Connection, Keyset, connection, field, mutation
from leancity.modules.city_problems.permissions import SETTINGS
from leancity.modules.city_problems.routing import trial
from leancity.modules.city_problems.routing.rules import RouteItem, digest_of
from leancity.modules.city_problems.routing.schema_types import (
    CityProblemsRoute,
    CityProblemsRouteTrial,
    CityProblemsTryRoutePayload,
)
from leancity.modules.city_problems.routing.tables import CityProblemsRouteTrial as Trial

_FIELDS = {to_camel_case(name): name for name in RouteItem.__struct_fields__}


@strawberry.type
class RoutingQuery:
    @field(permission=SETTINGS, description="The routing rules in the order in which they are asked.")
    async def routes(self) -> list[CityProblemsRoute]:
        rules = await trial.saved_rules()
        digests = {key: digest_of(item) for key, item in rules.items()}
        tried = await trial.tried_digests({*digests.values()})
        return [CityProblemsRoute.of(key, item, is_tried=digests[key] in tried) for key, item in rules.items()]

    @field(permission=SETTINGS, description="What trials found, the newest first: of one rule, or of all.")
    async def route_trials(
        self, route: str | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[CityProblemsRouteTrial]:
        wanted = None if route is None else keepable(route)

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[Trial]:
            place = None if keyset is None else (keyset[0], keyset[1])
            return await trial.trials(wanted, limit=limit, after=place)

        async def count() -> int:
            return await trial.count_trials(wanted)

        return await connection(
            "city_problems.route_trials",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.at, row.id),
            node=CityProblemsRouteTrial.of,
        )


@strawberry.input
class CityProblemsTryRouteInput:
    key: str | None = strawberry.field(default=None, description="Of the saved rule, or of the one a draft is for.")
    draft: JSON | None = strawberry.field(
        default=None, description="A rule that is not saved: values as customChange takes them."
    )
    since: datetime | None = strawberry.field(default=None, description="Reports of before are left out.")
    limit: int = strawberry.field(default=trial.MOST_REPORTS, description="The last so many reports, 1 to 10 000.")


@strawberry.type
class RoutingMutation:
    @mutation(permission=SETTINGS, description="Try a routing rule against the city's history; nothing is routed.")
    async def city_problems_try_route(self, input: CityProblemsTryRouteInput) -> CityProblemsTryRoutePayload:
        key = None if input.key is None else keepable(input.key)
        found = await trial.try_rule(key, _read(input.draft), since=input.since, limit=input.limit)
        return CityProblemsTryRoutePayload(trial=CityProblemsRouteTrial.of(found))


def _read(values: Any) -> Any:
    """Return a draft with the fields' own names; what is no object is the service's to refuse."""
    if not isinstance(values, dict):
        return values
    return {_FIELDS.get(name, name): value for name, value in values.items()}
