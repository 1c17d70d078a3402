"""The answer of who reported: once, within the window, by nobody else; and what it sets going."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from leancity.core.moment import now
from leancity.core.plugins.manager import Modules
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import TestUser
from tests.graphql.kernel.notifications.desk import account
from tests.modules.city_problems.conftest import Town
from tests.modules.city_problems.test_following import reported, told

pytestmark = pytest.mark.usefixtures("mailbox")
CONFIRMATION = (
    "{ cityProblems { report(id: %s) { status confirmation { isConfirmed until mark canConfirm canContest } } } }"
)
MARKS = '{ cityProblems { report(id: "%s") { marks { mark comment isContested } } } }'


@pytest_asyncio.fixture
async def resident(town: Town) -> TestUser:
    return await account(town.city, kind="resident")


async def closed(town: Town, as_: TestUser | None, outcome: str = "fixed") -> str:
    """Report as a person, let it be closed with an outcome, and return its id."""
    case = await reported(town, as_=as_)
    await close_again(town, case, outcome)
    return case


async def close_again(town: Town, case: str, outcome: str = "fixed") -> None:
    if outcome == "not_ours":
        steps = [(town.clerk, f'cityProblemsRefuse(id: "{case}", outcome: "not_ours", note: "x")')]
    else:
        proof = await town.photo()
        named = f'proofs: [{{id: "{proof["id"]}", claim: "{proof["claim"]}"}}]'
        steps = [
            (town.clerk, f'cityProblemsSort(id: "{case}")'),
            (town.clerk, f'cityProblemsSend(id: "{case}", unitId: "{town.unit_id}")'),
            (town.executor, f'cityProblemsTake(id: "{case}")'),
            (town.executor, f'cityProblemsClose(id: "{case}", outcome: "{outcome}", note: "Done", {named})'),
        ]
        status = (await confirmation(town, case, None))["status"]
        steps = steps[1:] if status == "sorted" else steps
    for who, step in steps:
        done = await town.do(who, step)
        assert done["errors"] == [], done


async def answer(town: Town, as_: TestUser | None, mutation: str) -> list[tuple[str | None, str]]:
    """Answer and return what was wrong."""
    payload = await town.do(as_, mutation)
    return [(error["field"], error["code"]) for error in payload["errors"]]


async def confirmation(town: Town, case: str, as_: TestUser | None) -> dict[str, Any]:
    report: dict[str, Any] = (await town.city.data(CONFIRMATION % f'"{case}"', as_=as_))["cityProblems"]["report"]
    return report


async def test_who_reported_confirms_with_a_mark_and_everybody_sees_that_it_was(town: Town, resident: TestUser) -> None:
    case = await closed(town, resident)
    mine = (await confirmation(town, case, resident))["confirmation"]
    assert (mine["isConfirmed"], mine["canConfirm"], mine["canContest"]) == (False, True, True)
    until = datetime.fromisoformat(mine["until"]).astimezone(town.city.tenant.zone_info)
    assert (until.hour, until.minute) == (0, 0)
    days = (until.date() - now().astimezone(town.city.tenant.zone_info).date()).days
    assert days == 15, "up to the end of the fourteenth day"

    assert await answer(town, resident, f'cityProblemsConfirm(id: "{case}", mark: 4, comment: "Thank you, Ann")') == []
    mine = (await confirmation(town, case, resident))["confirmation"]
    assert (mine["isConfirmed"], mine["mark"], mine["canConfirm"], mine["canContest"]) == (True, 4, False, False)
    public = (await confirmation(town, case, None))["confirmation"]
    assert public == {"isConfirmed": True, "until": None, "mark": None, "canConfirm": False, "canContest": False}
    seen = (await town.city.data(MARKS % case, as_=town.clerk))["cityProblems"]["report"]["marks"]
    assert seen == [{"mark": 4, "comment": "Thank you, Ann", "isContested": False}]
    for person in (None, resident):
        refused = await town.city.graphql(MARKS % case, as_=person)
        assert refused["data"]["cityProblems"]["report"]["marks"] is None and refused["errors"]
    stored = await town.city.rows("select data::text as data from case_event where tenant_id = $1")
    logged = await town.city.rows("select data::text as data from audit_event where tenant_id = $1")
    assert not [row for row in (*stored, *logged) if "Ann" in row["data"]]


async def test_what_is_not_done_is_taken_up_anew_and_the_unit_hears_of_it(town: Town, resident: TestUser) -> None:
    case, photo = await closed(town, resident), await town.photo()
    given = f'photos: [{{id: "{photo["id"]}", claim: "{photo["claim"]}"}}]'
    assert (
        await answer(town, resident, f'cityProblemsContest(id: "{case}", note: "Still a hole", mark: 1, {given})') == []
    )
    now_ = await confirmation(town, case, resident)
    assert now_ == {"status": "sorted", "confirmation": None}
    terms = "select 1 from case_term where tenant_id = $1 and stage = '*' and ended_at is null"
    assert len(await town.city.rows(terms)) == 1, "its term begins anew"
    assert "city_problems.reopened_unit" in await told(town, town.executor)
    assert "city_problems.reopened_clerk" in await told(town, town.clerk)
    shown = await town.city.data(f'{{ cityProblems {{ report(id: "{case}") {{ text photos {{ url }} }} }} }}')
    assert f"/files/{photo['id']}" in [each["url"] for each in shown["cityProblems"]["report"]["photos"]]
    assert "Still a hole" not in str(shown), "these words are for the city"

    await close_again(town, case)
    assert (await confirmation(town, case, resident))["confirmation"]["canConfirm"], "a closing is answered anew"
    assert await answer(town, resident, f'cityProblemsConfirm(id: "{case}")') == []
    rows = await town.city.rows("select mark, is_contested from city_problems_mark where tenant_id = $1 order by at")
    assert [(row["mark"], row["is_contested"]) for row in rows] == [(1, True), (None, False)]


async def test_an_answer_counts_once_even_when_given_twice_at_once(town: Town, resident: TestUser) -> None:
    case = await closed(town, resident)
    both = [f'cityProblemsConfirm(id: "{case}", mark: 5)', f'cityProblemsContest(id: "{case}", note: "No")']
    done = await asyncio.gather(*(answer(town, resident, each) for each in both * 2))
    assert sorted(map(len, done)) == [0, 1, 1, 1], done
    assert len(await town.city.rows("select 1 from city_problems_mark where tenant_id = $1")) == 1


@pytest.mark.parametrize(("outcome", "confirms", "contests"), [("not_fixed", False, True), ("not_ours", False, True)])
async def test_what_was_not_fixed_can_be_contested_and_not_confirmed(
    town: Town, resident: TestUser, outcome: str, confirms: bool, contests: bool
) -> None:
    case = await closed(town, resident, outcome)
    mine = (await confirmation(town, case, resident))["confirmation"]
    assert (mine["canConfirm"], mine["canContest"]) == (confirms, contests)
    wrong = await answer(town, resident, f'cityProblemsConfirm(id: "{case}")')
    assert wrong == [("id", "city_problems.nothing_to_confirm")]
    assert await answer(town, resident, f'cityProblemsContest(id: "{case}", note: "It is yours")') == []


async def test_nobody_else_answers_nor_anybody_too_late_or_too_early(town: Town, resident: TestUser) -> None:
    case, open_one, strangers = await closed(town, resident), await reported(town, resident), await closed(town, None)
    other = await account(town.city, kind="resident")
    for person, id_, code in (
        (other, case, "not_found"),
        (town.clerk, case, "not_found"),
        (resident, str(uuid4()), "not_found"),
        (resident, open_one, "city_problems.not_closed"),
        (resident, strangers, "not_found"),
    ):
        assert [each[1] for each in await answer(town, person, f'cityProblemsContest(id: "{id_}", note: "x")')] == [
            code
        ]
    refused = await town.city.graphql(f'mutation {{ cityProblemsConfirm(id: "{case}") {{ errors {{ code }} }} }}')
    assert refused["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
    late = "update city_problems_report set confirm_until = $2 where tenant_id = $1 returning 1"
    await town.city.rows(late, now() - timedelta(seconds=1))
    for mutation in (f'cityProblemsConfirm(id: "{case}")', f'cityProblemsContest(id: "{case}", note: "x")'):
        assert await answer(town, resident, mutation) == [("id", "city_problems.window_closed")]
    assert await town.city.rows("select 1 from city_problems_mark where tenant_id = $1") == []


async def test_what_does_not_fit_is_refused_by_its_fields(town: Town, resident: TestUser) -> None:
    case = await closed(town, resident)
    for mark in (0, 6):
        wrong = await answer(town, resident, f'cityProblemsConfirm(id: "{case}", mark: {mark})')
        assert wrong == [("mark", "city_problems.mark_invalid")]
    wrong = await answer(town, resident, f'cityProblemsContest(id: "{case}", note: " ", mark: 9)')
    assert wrong == [("mark", "city_problems.mark_invalid"), ("note", "required")]
    long = "x" * 2001
    assert await answer(town, resident, f'cityProblemsConfirm(id: "{case}", comment: "{long}")') == [
        ("comment", "too_long")
    ]
    strange = f'{{id: "{uuid4()}", claim: "no"}}'
    assert await answer(town, resident, f'cityProblemsContest(id: "{case}", note: "x", photos: [{strange}])') != []
    assert (await confirmation(town, case, None))["status"] == "closed", "nothing of it was done"
    assert (await confirmation(town, case, resident))["confirmation"]["canConfirm"]


async def test_the_city_says_how_long_and_a_low_mark_is_heard(
    make_town: Callable[..., Awaitable[Town]], modules: Modules
) -> None:
    town = await make_town(zone="Europe/Moscow")
    resident = await account(town.city, kind="resident")
    async with town.city.serving():
        await change_settings(modules, "city_problems", {"confirm_days": 1})
    case = await closed(town, resident)
    until = (await confirmation(town, case, resident))["confirmation"]["until"]
    assert datetime.fromisoformat(until) - now() < timedelta(days=2)
    assert await answer(town, resident, f'cityProblemsConfirm(id: "{case}", mark: 2, comment: "Crooked")') == []
    assert "city_problems.dissatisfied_unit" in await told(town, town.executor)
    timeline = await town.city.data(
        f'{{ case(id: "{case}") {{ timeline(first: 100) {{ edges {{ node {{ kind title }} }} }} }} }}', as_=town.clerk
    )
    lines = {edge["node"]["kind"]: edge["node"]["title"] for edge in timeline["case"]["timeline"]["edges"]}
    assert lines["dissatisfied"] == "Who filed it gave a low mark"
