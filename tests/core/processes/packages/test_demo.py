"""The demo's two cities: one offers a practice, the other has it waiting for its names, however often it is loaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from leancity.core.identity.units import create_unit
from leancity.core.processes.packages.demo import begin_to_take, offer_practice
from leancity.core.testing.city import City
from tests.core.processes.versions.conftest import READ


async def test_the_demo_is_loaded_once(make_city: Callable[..., Awaitable[City]]) -> None:
    giver, taker = await make_city(), await make_city()
    person = await giver.user(READ)
    async with giver.serving():
        unit = await create_unit("personnel", "Кадровая служба")
        for _ in range(2):
            await offer_practice(person.id, unit, "core.executor")
    async with taker.serving():
        for _ in range(2):
            await begin_to_take(giver.tenant.slug)
    reader = await taker.user(READ)
    found = await taker.data(
        "{ processAdoptions { edges { node { state packageKey names { name { title } target } } } } }", as_=reader
    )
    (adoption,) = [edge["node"] for edge in found["processAdoptions"]["edges"]]
    assert (adoption["state"], adoption["packageKey"]) == ("BINDING", f"{giver.tenant.slug}/leave")
    assert "Кадровая служба" in {each["name"]["title"] for each in adoption["names"]}
    assert not any(each["target"] for each in adoption["names"])
    assert len(await giver.rows("select 1 from catalogue_package where tenant_id = $1")) == 1
