"""H3 cells as 64-bit integers, and their parents by arithmetic that PostgreSQL can do too.

An H3 index keeps its resolution in bits 52 to 55 and one digit of three bits for each of 15 resolutions, 7 for the
unused ones (H3 documentation, «Bit layout of H3 indexes»). A parent therefore is the same number with the resolution
set and the finer digits filled up: no extension of the database is needed.
"""

from __future__ import annotations

import h3.api.basic_int as h3  # type: ignore[import-untyped] # it ships no types

FINEST = 12
"""The resolution that is stored: edges of about 10 m."""

PARENT_SQL = (
    "(({cell} & ~(15::bigint << 52)) | (({resolution})::bigint << 52) | ((1::bigint << (3 * (15 - {resolution}))) - 1))"
)
"""A cell's parent at a coarser resolution; both places are expressions."""


def cell_of(lat: float, lon: float) -> int:
    """Return the stored cell of a point (degrees of WGS 84)."""
    return int(h3.latlng_to_cell(lat, lon, FINEST))


def centre_of(cell: int) -> tuple[float, float]:
    """Return ``(lat, lon)`` of a cell's centre."""
    lat, lon = h3.cell_to_latlng(cell)
    return lat, lon


def name_of(cell: int) -> str:
    """Return the cell's name as other tools write it."""
    return str(h3.int_to_str(cell))
