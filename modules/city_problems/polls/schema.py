"""The module's part of the GraphQL schema: polls."""

from __future__ import annotations

import strawberry


@strawberry.type
class PollsQuery:
    pass


@strawberry.type
class PollsMutation:
    pass
