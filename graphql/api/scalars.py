"""Scalars of the schema. Ids are ``uuid.UUID`` in Python and ``UUID`` in the schema; dates are ``datetime.date``."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NewType

import strawberry
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

Latitude = NewType("Latitude", float)
Longitude = NewType("Longitude", float)


def _write_moment(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no zone: moments are timezone-aware everywhere")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read_moment(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("expected a text")
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("expected an offset or Z at its end")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("out of range") from error


def _degrees(limit: int) -> Callable[[object], float]:
    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("expected a number")
        if not math.isfinite(value) or not -limit <= value <= limit:
            raise ValueError(f"expected -{limit} to {limit} degrees")
        return float(value)

    return read


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A moment, ISO 8601: written in UTC with Z, read with any offset.",
        serialize=_write_moment,
        parse_value=_read_moment,
    ),
    Latitude: strawberry.scalar(
        name="Latitude",
        description="Degrees north, -90 to 90 (WGS 84).",
        serialize=float,
        parse_value=_degrees(90),
    ),
    Longitude: strawberry.scalar(
        name="Longitude",
        description="Degrees east, -180 to 180 (WGS 84).",
        serialize=float,
        parse_value=_degrees(180),
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value, passed through as it is.",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
}
