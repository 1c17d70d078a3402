"""The module's part of the GraphQL schema: forwarding."""

from __future__ import annotations

import strawberry


@strawberry.type
class ForwardingQuery:
    pass


@strawberry.type
class ForwardingMutation:
    pass
