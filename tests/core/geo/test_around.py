"""What lies within a distance of a point lies in the cells around it: at the poles and the antimeridian too."""

from __future__ import annotations

from math import asin, atan2, cos, degrees, pi, radians, sin

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from leancity.core.geo.cells import cell_of, ranges_around
from leancity.core.geo.distance import EARTH, distance


def moved(lat: float, lon: float, metres: float, bearing: float) -> tuple[float, float]:
    """Return the point ``metres`` away in the direction of ``bearing`` (radians)."""
    angle, high = metres / EARTH, radians(lat)
    there = asin(max(-1, min(1, sin(high) * cos(angle) + cos(high) * sin(angle) * cos(bearing))))
    turn = atan2(sin(bearing) * sin(angle) * cos(high), cos(angle) - sin(high) * sin(there))
    return degrees(there), (lon + degrees(turn) + 540) % 360 - 180


@given(
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    metres=st.floats(1, 20_000),
    share=st.floats(0, 1),
    bearing=st.floats(0, 2 * pi),
)
@example(lat=90, lon=0, metres=2000, share=1, bearing=1)
@example(lat=-89.9999, lon=179, metres=2000, share=1, bearing=3)
@example(lat=64.7, lon=179.9999, metres=100, share=1, bearing=1.57)
@example(lat=64.7, lon=-179.9999, metres=100, share=1, bearing=4.71)
@example(lat=58.157, lon=11.545, metres=2000, share=1, bearing=1)  # one of the twelve pentagons
@example(lat=39.1, lon=122.3, metres=10, share=1, bearing=5)
def test_no_point_of_the_circle_is_missed(lat: float, lon: float, metres: float, share: float, bearing: float) -> None:
    there = moved(lat, lon, metres * share, bearing)
    cell = cell_of(*there)
    ranges = ranges_around(lat, lon, metres)
    assert any(low <= cell <= high for low, high in ranges)
    assert len(ranges) <= 50


def test_what_is_far_is_left_out() -> None:
    ranges = ranges_around(46.9591, 142.738, 100)
    far = [moved(46.9591, 142.738, 400, radians(turn)) for turn in range(0, 360, 10)]
    assert not [point for point in far if any(low <= cell_of(*point) <= high for low, high in ranges)]


@pytest.mark.parametrize(
    ("points", "metres"),
    [
        ((0, 0, 0, 1), EARTH * pi / 180),
        ((64.7, 179.9995, 64.7, -179.9995), EARTH * radians(0.001) * cos(radians(64.7))),
        ((90, 0, 90, 123), 0),
        ((0, 0, 0, 180), EARTH * pi),
        ((46.9591, 142.738, 46.9591, 142.738), 0),
    ],
)
def test_distances_are_those_of_the_sphere(points: tuple[float, float, float, float], metres: float) -> None:
    assert distance(*points) == pytest.approx(metres, rel=1e-6, abs=1e-6)
