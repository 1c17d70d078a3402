"""Polls: drafts of the staff, choices of residents, counts for everybody, and nobody who reads who chose what."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest_asyncio

from leancity.core.moment import now
from leancity.core.testing.city import TestUser
from tests.graphql.kernel.notifications.desk import account
from tests.modules.city_problems.conftest import Town

SAVE = """mutation ($input: CityProblemsPollInput!, $id: UUID) { cityProblemsPollSave(input: $input, id: $id) {
  errors { field code } poll { id isPublished } } }"""
POLL = """query ($id: UUID!) { cityProblems { poll(id: $id) {
  title text isOpen isPublished voters myVote territoryTitle options { key title votes } } } }"""
OPTIONS = [{"titleRu": "Клён"}, {"titleRu": "Берёза", "titleEn": "Birch"}]


@pytest_asyncio.fixture
async def resident(town: Town) -> TestUser:
    return await account(town.city, kind="resident")


def later(**more: float) -> str:
    return (now() + timedelta(**more)).isoformat()


async def save(town: Town, id_: str | None = None, as_: TestUser | None = None, **fields: Any) -> dict[str, Any]:
    given = {"titleRu": "Что посадить?", "options": OPTIONS, "closesAt": later(days=7), **fields}
    data = await town.city.data(SAVE, {"input": given, "id": id_}, as_=as_ or town.clerk)
    payload: dict[str, Any] = data["cityProblemsPollSave"]
    return payload


async def done(town: Town, as_: TestUser | None, mutation: str) -> list[str]:
    """Run one mutation and return the codes of what was wrong."""
    answer = await town.city.graphql(f"mutation {{ done: {mutation} {{ errors {{ code }} }} }}", as_=as_)
    if "errors" in answer:
        return [error["extensions"]["code"] for error in answer["errors"]]
    return [error["code"] for error in answer["data"]["done"]["errors"]]


async def published(town: Town, **fields: Any) -> str:
    payload = await save(town, **fields)
    assert payload["errors"] == []
    assert await done(town, town.clerk, f'cityProblemsPollPublish(id: "{payload["poll"]["id"]}")') == []
    id_: str = payload["poll"]["id"]
    return id_


async def vote(town: Town, as_: TestUser | None, id_: str, *options: str) -> list[str]:
    keys = ", ".join(f'"{option}"' for option in options)
    return await done(town, as_, f'cityProblemsPollVote(id: "{id_}", options: [{keys}])')


async def poll(town: Town, id_: str, as_: TestUser | None = None, locale: str = "ru") -> dict[str, Any]:
    found: dict[str, Any] = (await town.city.data(POLL, {"id": id_}, as_=as_, locale=locale))["cityProblems"]["poll"]
    return found


async def closes(town: Town, id_: str, at: datetime) -> None:
    await town.city.rows(
        "update city_problems_poll set closes_at = $3 where tenant_id = $1 and id = $2 returning 1", id_, at
    )


async def test_residents_choose_once_and_learn_the_count_after_it_closed(town: Town, resident: TestUser) -> None:
    id_, other = await published(town), await account(town.city, kind="resident")
    assert await vote(town, resident, id_, "1") == await vote(town, resident, id_, "2") == []
    assert await vote(town, other, id_, "2") == []
    assert await vote(town, resident, id_, "1", "2") == ["city_problems.poll_one_option"]
    mine = await poll(town, id_, resident)
    assert (mine["isOpen"], mine["myVote"], mine["voters"]) == (True, ["2"], None), "no count while it is open"
    assert [each["votes"] for each in mine["options"]] == [None, None]
    await closes(town, id_, now())
    shown = await poll(town, id_)
    assert (shown["isOpen"], shown["voters"], shown["myVote"]) == (False, 2, [])
    assert [(each["title"], each["votes"]) for each in shown["options"]] == [("Клён", 0), ("Берёза", 2)]
    english = await poll(town, id_, locale="en")
    assert [each["title"] for each in english["options"]] == ["Клён", "Birch"]
    assert await vote(town, resident, id_, "1") == ["city_problems.poll_not_open"]
    logged = await town.city.rows(
        "select data::text as data from audit_event where tenant_id = $1 and action = 'city_problems.poll.voted'"
    )
    assert {row["data"] for row in logged} == {"{}"}, "that they voted, not for what"


async def test_several_may_be_chosen_and_counted_in_the_open(town: Town, resident: TestUser) -> None:
    id_ = await published(town, isSeveral=True, isOpenCount=True)
    assert await vote(town, resident, id_, "1", "2", "2") == []
    shown = await poll(town, id_)
    assert (shown["voters"], [each["votes"] for each in shown["options"]]) == (1, [1, 1])


async def test_two_choices_at_once_leave_one(town: Town, resident: TestUser) -> None:
    id_ = await published(town)
    assert await asyncio.gather(*(vote(town, resident, id_, key) for key in "1212")) == [[]] * 4
    assert len(await town.city.rows("select 1 from city_problems_poll_vote where tenant_id = $1")) == 1


async def test_who_may_not_and_what_may_not_be_chosen(town: Town, resident: TestUser) -> None:
    draft, id_ = (await save(town))["poll"]["id"], await published(town)
    soon = await published(town, opensAt=later(days=1))
    assert await vote(town, None, id_, "1") == ["NOT_SIGNED_IN"]
    assert await vote(town, resident, draft, "1") == await vote(town, resident, str(uuid4()), "1") == ["not_found"]
    assert await vote(town, resident, soon, "1") == ["city_problems.poll_not_open"]
    assert await vote(town, resident, id_) == ["required"]
    assert await vote(town, resident, id_, "3") == ["city_problems.poll_option_unknown"]
    assert not await town.city.rows("select 1 from city_problems_poll_vote where tenant_id = $1")


async def test_a_draft_is_the_staffs_and_what_is_published_stays(town: Town, resident: TestUser) -> None:
    draft = (await save(town))["poll"]["id"]
    assert await poll(town, draft) is None and await poll(town, draft, resident) is None
    assert (await poll(town, draft, town.clerk))["isPublished"] is False
    drafts = "{ cityProblems { pollDrafts { id } polls { totalCount } } }"
    assert (await town.city.data(drafts, as_=town.clerk))["cityProblems"] == {
        "pollDrafts": [{"id": draft}],
        "polls": {"totalCount": 0},
    }
    changed = await save(
        town, draft, titleRu="", titleEn="What shall we plant?", options=[*OPTIONS, {"titleEn": "Oak"}]
    )
    assert changed["errors"] == []
    shown = await poll(town, draft, town.clerk)
    assert shown["title"] == "What shall we plant?" and len(shown["options"]) == 3
    for mutation in (f'cityProblemsPollPublish(id: "{draft}")', f'cityProblemsPollRemove(id: "{draft}")'):
        assert await done(town, resident, mutation) == await done(town, town.executor, mutation) == ["FORBIDDEN"]
    assert await done(town, town.clerk, f'cityProblemsPollPublish(id: "{draft}")') == []
    for mutation in (f'cityProblemsPollPublish(id: "{draft}")', f'cityProblemsPollRemove(id: "{draft}")'):
        assert await done(town, town.clerk, mutation) == ["city_problems.poll_published"]
    assert [each["code"] for each in (await save(town, draft))["errors"]] == ["city_problems.poll_published"]
    other = (await save(town))["poll"]["id"]
    assert await done(town, town.clerk, f'cityProblemsPollRemove(id: "{other}")') == []
    assert await poll(town, other, town.clerk) is None


async def test_a_question_that_does_not_fit_is_refused_by_its_fields(town: Town) -> None:
    async def wrong(**fields: Any) -> list[tuple[str, str]]:
        return [(each["field"], each["code"]) for each in (await save(town, **fields))["errors"]]

    times = "city_problems.poll_times"
    assert await wrong(titleRu=" ", closesAt=later(minutes=-1)) == [("titleRu", "required"), ("closesAt", times)]
    assert await wrong(closesAt=later(days=91)) == [("closesAt", times)]
    assert await wrong(opensAt=later(days=8)) == [("opensAt", "city_problems.poll_opens_late")]
    assert await wrong(options=OPTIONS[:1]) == [("options", "city_problems.poll_options")]
    assert await wrong(options=[OPTIONS[0]] * 2) == [("options", "city_problems.poll_option_twice")]
    assert await wrong(options=[*OPTIONS, {"titleEn": "\0"}]) == [("options.2.titleRu", "required")]
    assert await wrong(options=[*OPTIONS, {"titleEn": "x" * 201}]) == [("options.2.titleEn", "too_long")]
    assert await wrong(territoryId=str(uuid4())) == [("territoryId", "not_found")]
    assert not await town.city.rows("select 1 from city_problems_poll where tenant_id = $1")


async def test_pages_of_polls_follow_one_another(town: Town) -> None:
    made = [await published(town, closesAt=later(days=day)) for day in (1, 2, 3)]
    query = "{ cityProblems { polls(first: 2%s) { edges { node { id } } pageInfo { endCursor } } } }"
    first = (await town.city.data(query % ""))["cityProblems"]["polls"]
    rest = (await town.city.data(query % f', after: "{first["pageInfo"]["endCursor"]}"'))["cityProblems"]["polls"]
    assert [edge["node"]["id"] for edge in (*first["edges"], *rest["edges"])] == made[::-1]
