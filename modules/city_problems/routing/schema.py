"""The module's part of the GraphQL schema: routing rules."""

from __future__ import annotations

import strawberry


@strawberry.type
class RoutingQuery:
    pass


@strawberry.type
class RoutingMutation:
    pass
