"""The map: single reports in a frame, and hexagons of many, down to a street and across the antimeridian."""

from __future__ import annotations

from typing import Any

from tests.modules.city_problems.conftest import POINT, Town

POINTS = """
query ($southWest: GeoPointInput!, $northEast: GeoPointInput!, $openOnly: Boolean! = true, $first: Int! = 100) {
  cityProblems {
    points(southWest: $southWest, northEast: $northEast, openOnly: $openOnly, first: $first) {
      id status point { lat lon } category { key } }
    clusters(southWest: $southWest, northEast: $northEast, openOnly: $openOnly, resolution: 9) { reports } } }
"""


async def looked_at(town: Town, south: float, west: float, north: float, east: float, **more: Any) -> dict[str, Any]:
    frame = {"southWest": {"lat": south, "lon": west}, "northEast": {"lat": north, "lon": east}}
    answer: dict[str, Any] = (await town.city.data(POINTS, frame | more))["cityProblems"]
    return answer


async def filed(town: Town, lat: float, lon: float) -> str:
    payload = await town.report(point={"lat": lat, "lon": lon})
    assert payload["errors"] == []
    return str(payload["report"]["id"])


async def test_a_street_and_the_whole_city_show_the_same_reports(town: Town) -> None:
    lat, lon = POINT["lat"], POINT["lon"]
    here = await filed(town, lat, lon)
    corner = await filed(town, lat + 0.0009, lon + 0.0009)
    away = await filed(town, lat + 0.0011, lon)
    street = await looked_at(town, lat - 0.001, lon - 0.001, lat + 0.001, lon + 0.001)
    assert [point["id"] for point in street["points"]] == [corner, here], "the newest first"
    assert street["points"][1] == {"id": here, "status": "reported", "point": POINT, "category": {"key": "pothole"}}
    assert sum(cluster["reports"] for cluster in street["clusters"]) == 2
    city = await looked_at(town, lat - 1, lon - 1, lat + 1, lon + 1)
    assert [point["id"] for point in city["points"]] == [away, corner, here]
    assert sum(cluster["reports"] for cluster in city["clusters"]) == 3
    assert len((await looked_at(town, lat - 1, lon - 1, lat + 1, lon + 1, first=1))["points"]) == 1
    world = await looked_at(town, -90, -180, 90, 180)
    assert len(world["points"]) == 3

    await town.do(town.clerk, f'cityProblemsRefuse(id: "{here}", outcome: "not_ours", note: "x")')
    street = await looked_at(town, lat - 0.001, lon - 0.001, lat + 0.001, lon + 0.001)
    assert [point["id"] for point in street["points"]] == [corner]
    street = await looked_at(town, lat - 0.001, lon - 0.001, lat + 0.001, lon + 0.001, openOnly=False)
    assert [point["id"] for point in street["points"]] == [corner, here]


async def test_a_frame_crosses_the_antimeridian_when_its_west_is_east_of_its_east(town: Town) -> None:
    cases = [await filed(town, 64.7, 179.9995), await filed(town, 64.7, -179.9995)]
    for half in (0.001, 3):
        seen = await looked_at(town, 64.7 - half, 180 - half, 64.7 + half, half - 180)
        assert {point["id"] for point in seen["points"]} == {*cases}, half
        assert sum(cluster["reports"] for cluster in seen["clusters"]) == 2
    elsewhere = await looked_at(town, 64, 10, 65, 179)
    assert elsewhere == {"points": [], "clusters": []}
    upside_down = await looked_at(town, 65, 170, 64, -170)
    assert upside_down == {"points": [], "clusters": []}


async def test_no_more_points_than_a_map_can_show(town: Town) -> None:
    for first in (0, 501, -1):
        answer = await town.city.graphql(POINTS, {"southWest": POINT, "northEast": POINT, "first": first})
        assert [error["extensions"]["field"] for error in answer["errors"]] == ["first"]
