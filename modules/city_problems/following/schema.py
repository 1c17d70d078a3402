"""The module's part of the GraphQL schema: followers and the answer of who reported."""

from __future__ import annotations

import strawberry


@strawberry.type
class FollowingQuery:
    pass


@strawberry.type
class FollowingMutation:
    pass
