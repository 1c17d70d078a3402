"""Operations against a real database: pages, loaders, mutations and the snapshot their payloads are read in."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import pytest_asyncio

from leancity.core.identity.principal import Kind, Principal, acting_as, system
from leancity.core.identity.scopes import everywhere
from leancity.core.identity.units import create_unit
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.testing.city import City
from leancity.graphql.execution import Caller, execute, prepare
from leancity.graphql.http import Params
from leancity.graphql.schema import build_schema

CALLER = Caller(may_explore=True, may_change=True)
ANNA = Principal(
    kind=Kind.USER,
    user_id=uuid.UUID(int=1),
    name="Anna",
    grants=everywhere({"city_notes.note.read", "city_notes.note.add"}),
    locale="en",
)


class Api:
    """Runs operations in a city that has the example module."""

    def __init__(self, example: Any, city: City) -> None:
        self.schema = build_schema(example.modules, example.modules.names)
        self.tenant = Tenant(**{**vars(city.tenant), "modules": example.modules.names})

    async def __call__(self, query: str, **variables: Any) -> dict[str, Any]:
        with enter(self.tenant), acting_as(ANNA):
            params = Params(query=query, variables=variables)
            return await execute(self.schema, params, prepare(self.schema, params, CALLER))

    async def add(self, *keys: str, parent: uuid.UUID | None = None) -> list[uuid.UUID]:
        with enter(self.tenant), acting_as(system("en")):
            return [await create_unit(key, key.upper(), parent) for key in keys]


@pytest_asyncio.fixture
async def api(example: Any, city: City) -> Api:
    return Api(example, city)


PAGE = """query($first: Int, $after: String) { cityNotes { notes(first: $first, after: $after) {
    edges { cursor node { key } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""


async def test_pages_follow_each_other_to_the_end(api: Api, example: Any) -> None:
    await api.add(*"gacebdf")
    pages: list[str] = []
    after = None
    while True:
        answer = await api(PAGE, first=3, after=after)
        page = answer["data"]["cityNotes"]["notes"]
        pages.append("".join(edge["node"]["key"] for edge in page["edges"]))
        info = page["pageInfo"]
        assert info["hasPreviousPage"] is (after is not None)
        assert (info["startCursor"], info["endCursor"]) == (page["edges"][0]["cursor"], page["edges"][-1]["cursor"])
        after = info["endCursor"]
        if not info["hasNextPage"]:
            break
    assert pages == ["abc", "def", "g"]
    assert example.counts == [], "totalCount was not asked for"
    answer = await api(PAGE, after=after)
    assert answer["data"]["cityNotes"]["notes"]["edges"] == []


async def test_total_count_is_computed_on_request(api: Api, example: Any) -> None:
    await api.add(*"abc")
    answer = await api("{ cityNotes { notes(first: 1) { totalCount edges { node { key } } } } }")
    assert answer["data"]["cityNotes"]["notes"] == {"totalCount": 3, "edges": [{"node": {"key": "a"}}]}
    assert example.counts == [1]


async def test_a_loader_asks_once_for_all_rows_of_a_page(api: Api, example: Any) -> None:
    boss, other = await api.add("a", "b")
    await api.add(*[f"c{n}" for n in range(10)], parent=boss)
    await api.add(*[f"d{n}" for n in range(5)], parent=other)
    query = "{ cityNotes { notes { edges { node { key parent { key } } } } } }"
    for _ in range(2):
        answer = await api(query)
        nodes = [edge["node"] for edge in answer["data"]["cityNotes"]["notes"]["edges"]]
        assert {node["parent"]["key"] for node in nodes if node["parent"]} == {"a", "b"}
    assert example.batches == [2, 2], "one batch of two keys an operation, nothing kept for the next"


async def test_one_denied_field_leaves_twenty_siblings_and_their_snapshot_alone(api: Api) -> None:
    (boss,) = await api.add("a")
    await api.add(*[f"c{n}" for n in range(10)], parent=boss)
    siblings = " ".join(f"s{n}: notes(first: 2) {{ totalCount }}" for n in range(20))
    answer = await api(f"{{ cityNotes {{ {siblings} broken notes(first: 1) {{ edges {{ node {{ secret }} }} }} }} }}")
    data = answer["data"]["cityNotes"]
    assert {data[f"s{n}"]["totalCount"] for n in range(20)} == {11}
    assert (data["broken"], data["notes"]["edges"]) == (None, [{"node": {"secret": None}}])
    assert sorted(error["extensions"]["code"] for error in answer["errors"]) == ["FORBIDDEN", "INTERNAL"]


ADD = """mutation($parent: UUID) {
    a: cityNotesAdd(input: {key: "a", title: "A", parentId: $parent}) { errors { code } note { key parent { key } } }
    again: cityNotesAdd(input: {key: "a", title: "B"}) { errors { field code } note { key } }
    b: cityNotesAdd(input: {key: "b", title: "B", parentId: $parent}) { errors { code } note { parent { title } } } }"""


async def test_each_mutation_commits_before_its_payload_is_read(api: Api, example: Any) -> None:
    (boss,) = await api.add("boss")
    answer = await api(ADD, parent=str(boss))
    assert answer == {
        "data": {
            "a": {"errors": [], "note": {"key": "a", "parent": {"key": "boss"}}},
            "again": {"errors": [{"field": "key", "code": "key_taken"}], "note": None},
            "b": {"errors": [], "note": {"parent": {"title": "BOSS"}}},
        }
    }
    assert example.batches == [1, 1], "what one payload has loaded may be stale for the next"
    answer = await api("{ cityNotes { notes { totalCount } } }")
    assert answer["data"]["cityNotes"]["notes"]["totalCount"] == 3


@pytest.mark.parametrize("other", [False, True])
async def test_a_cursor_of_another_list_is_refused(api: Api, other: bool) -> None:
    await api.add("a", "b")
    answer = await api(PAGE, first=1)
    cursor = answer["data"]["cityNotes"]["notes"]["pageInfo"]["endCursor"]
    answer = await api(PAGE, after=cursor[::-1] if other else cursor)
    assert ("errors" in answer) is other
