"""The endpoint behind the real door, in the web process."""

from __future__ import annotations

from leancity.core.testing.city import City


async def test_the_city_and_the_viewer_are_those_of_the_door(city: City, another_city: City) -> None:
    user = await city.user("core.case.read")
    query = "{ city { slug modules } viewer { isSignedIn name permissions } }"
    assert await city.data(query, as_=user) == {
        "city": {"slug": city.tenant.slug, "modules": sorted(city.tenant.modules)},
        "viewer": {"isSignedIn": True, "name": user.principal.name, "permissions": ["core.case.read"]},
    }
    assert await another_city.data(query) == {
        "city": {"slug": another_city.tenant.slug, "modules": sorted(another_city.tenant.modules)},
        "viewer": {"isSignedIn": False, "name": "", "permissions": []},
    }


async def test_what_a_city_leaves_is_gone_for_the_web_process(city: City) -> None:
    await city.leave(*city.tenant.modules)
    assert await city.data("{ city { modules } }") == {"city": {"modules": []}}
