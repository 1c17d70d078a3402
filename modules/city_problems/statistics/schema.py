"""The module's part of the GraphQL schema: statistics."""

from __future__ import annotations

import strawberry


@strawberry.type
class StatisticsQuery:
    pass
