"""The module's part of the GraphQL schema: duplicates."""

from __future__ import annotations

import strawberry


@strawberry.type
class DuplicatesQuery:
    pass


@strawberry.type
class DuplicatesMutation:
    pass
