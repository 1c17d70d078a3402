"""A profile is brought from the operator's place, which sees in what a city differs and not what it has there."""

from __future__ import annotations

from typing import Any

from leancity.core.customs import service as customs
from leancity.core.testing.city import City, TestUser
from tests.tenants.operator.asking import do, logged, refused

DRIFT = """query ($s: String!, $p: String!) {
  operator { drift(slug: $s, profile: $p) { collection key kind wanted } profiles { name units modules } } }"""
DONE = "written { collection key } kept { collection key kind }"


async def test_drift_is_seen_and_mended(place: City, boss: TestUser, town: City) -> None:
    async def drift() -> list[dict[str, Any]]:
        asked = {"s": town.tenant.slug, "p": "yuzhno-sakhalinsk"}
        answer = (await place.data(DRIFT, asked, as_=boss))["operator"]
        assert {each["name"] for each in answer["profiles"]} >= {"seversk", "yuzhno-sakhalinsk"}
        found: list[dict[str, Any]] = answer["drift"]
        return found

    before = await drift()
    assert {each["kind"] for each in before} == {"MISSING"}
    assert {"core.units", "core.branding", "city_problems.categories"} <= {each["collection"] for each in before}
    arguments = {"slug": town.tenant.slug, "profile": "yuzhno-sakhalinsk"}
    done = await do(place, boss, "operatorCityProfile", DONE, **arguments)
    assert (len(done["written"]), done["kept"]) == (len(before), [])
    assert await drift() == []
    assert (await do(place, boss, "operatorCityProfile", DONE, **arguments))["written"] == []
    assert len(await logged(town, "core.profile.brought")) == len(await logged(place, "operator.profile.applied")) == 1

    async with town.serving():
        await customs.change("core.branding", "", {"colour": "#ff0000"})
    (found,) = await drift()
    assert (found["kind"], found["wanted"]["colour"]) == ("CHANGED", "#0b6e99")
    assert "#ff0000" not in str(found), "what the city has there is its own"


async def test_what_does_not_fit_names_the_field(place: City, boss: TestUser, town: City) -> None:
    for slug, profile, expected in (
        (town.tenant.slug, "../seversk", ("profile", "profile_unknown")),
        ("nowhere", "seversk", ("slug", "city_unknown")),
        (place.tenant.slug, "seversk", ("slug", "operators_own_place")),
    ):
        assert await refused(place, boss, "operatorCityProfile", slug=slug, profile=profile) == [expected]
