"""The face of GraphQL that a module's ``schema.py`` imports; nothing else of ``leancity.graphql`` is for modules."""

from strawberry.scalars import JSON

from leancity.graphql.api.connections import (
    PAGE_DEFAULT,
    PAGE_MAX,
    Connection,
    Edge,
    PageInfo,
    connection,
    connection_by_key,
)
from leancity.graphql.api.context import Context, loader
from leancity.graphql.api.cursor import Keyset
from leancity.graphql.api.geo import GeoPoint, GeoPointInput
from leancity.graphql.api.guard import field, subscription
from leancity.graphql.api.live import Reread
from leancity.graphql.api.mutations import Payload, UserError, mutation, user_error
from leancity.graphql.api.scalars import Latitude, Longitude

__all__ = [
    "JSON",
    "PAGE_DEFAULT",
    "PAGE_MAX",
    "Connection",
    "Context",
    "Edge",
    "GeoPoint",
    "GeoPointInput",
    "Keyset",
    "Latitude",
    "Longitude",
    "PageInfo",
    "Payload",
    "Reread",
    "UserError",
    "connection",
    "connection_by_key",
    "field",
    "loader",
    "mutation",
    "subscription",
    "user_error",
]
