"""A point on the map."""

from __future__ import annotations

import strawberry

from leancity.graphql.api.scalars import Latitude, Longitude


@strawberry.type(description="A point on the map (WGS 84).")
class GeoPoint:
    lat: float
    lon: float


@strawberry.input(description="A point on the map (WGS 84).")
class GeoPointInput:
    lat: Latitude
    lon: Longitude
