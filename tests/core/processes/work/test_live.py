"""A work list changes while somebody looks at it: by the scheduler and Redis, which are processes of the product."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from leancity.core.testing.platform import Platform
from tests.core.processes.work.conftest import Office
from tests.graphql.kernel.watching import all_told, change_of, watching

WATCH = """subscription ($watching: [UUID!]) {
  workItemsChanged(watching: $watching) { isResync gone items { title state } } }"""


@pytest.fixture
def scheduler(platform: Platform) -> Iterator[None]:
    with platform.process("scheduler"):
        yield


@pytest.mark.usefixtures("scheduler")
async def test_who_watches_a_list_sees_it_change(office: Office) -> None:
    await office.begin()
    (item,) = await office.items(office.clerk)
    await all_told(office.city)
    async with office.city.socket(office.clerk) as socket:
        await watching(socket, WATCH, watching=[item["id"]])
        await office.do("Claim", item, office.colleague)
        assert await change_of(socket) == {"isResync": False, "gone": [item["id"]], "items": []}
        await office.do("Complete", item, office.colleague, facts={"depth": 1})
        told = {"isResync": False, "gone": [], "items": [{"title": "Sign the permit", "state": "OPEN"}]}
        assert await change_of(socket) == told
