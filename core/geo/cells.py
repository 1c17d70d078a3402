"""H3 cells as 64-bit integers, and their parents by arithmetic that PostgreSQL can do too.

An H3 index keeps its resolution in bits 52 to 55 and one digit of three bits for each of 15 resolutions, 7 for the
unused ones (H3 documentation, «Bit layout of H3 indexes»). A parent therefore is the same number with the resolution
set and the finer digits filled up: no extension of the database is needed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil

import h3.api.basic_int as h3  # type: ignore[import-untyped] # it ships no types

from leancity.core.geo.distance import distance

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


def ranges_of(cells: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield the runs of stored cells below ``cells`` (of any resolutions, apart), neighbouring ones as one.

    A descendant has the finer digits filled in: all zeros is the first, all sixes the last.
    """
    low = high = None
    for first, last in sorted((_descendant(cell, 0), _descendant(cell, 6)) for cell in cells):
        if high is not None and low is not None and first > high + 1:
            yield low, high
            low = None
        low, high = first if low is None else low, last
    if low is not None and high is not None:
        yield low, high


def ranges_around(lat: float, lon: float, metres: float) -> list[tuple[int, int]]:
    """Return runs of stored cells that hold every point within ``metres`` of a point, and some beyond.

    A few dozen at most whatever the distance: larger circles are covered by larger hexagons. Measure what is found.
    """
    cell = h3.latlng_to_cell(lat, lon, _resolution(metres))
    centre = centre_of(cell)
    size = max(distance(*centre, *corner) for corner in h3.cell_to_boundary(cell))
    near = metres + _STICKS_OUT * size
    disk = h3.grid_disk(cell, ceil(metres / size) + 1)
    return [*ranges_of(int(each) for each in disk if distance(lat, lon, *centre_of(each)) <= near)]


_EDGES = 3
"""A circle's radius holds so many edges of the hexagons that cover it, at most."""
_STICKS_OUT = 1.3
"""Descendants stick out of their hexagon, and hexagons side by side differ in size."""


def _resolution(metres: float) -> int:
    """Return the finest resolution whose hexagons are large enough to cover a circle by few of them."""
    edges = [h3.average_hexagon_edge_length(resolution, unit="m") for resolution in range(FINEST + 1)]
    return max((resolution for resolution, edge in enumerate(edges) if edge * _EDGES >= metres), default=0)


def _descendant(cell: int, digit: int) -> int:
    """Return the stored cell below ``cell`` whose every finer digit is ``digit`` (layout: see above)."""
    resolution = int(h3.get_resolution(cell))
    found = (cell & ~(15 << 52)) | (FINEST << 52)
    for level in range(resolution + 1, FINEST + 1):
        shift = 3 * (15 - level)
        found = (found & ~(7 << shift)) | (digit << shift)
    return found
