"""With either city's credentials nothing of the other is reachable; a module not subscribed is not there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from leancity.core.testing.city import City
from tests.modules.city_problems.conftest import Town


async def test_another_citys_report_does_not_exist(make_town: Callable[..., Awaitable[Town]]) -> None:
    ours, theirs = await make_town(), await make_town("Asia/Tomsk")
    case = (await theirs.report(reporterName="Ирина"))["report"]["id"]
    seen = await ours.city.data(f'{{ cityProblems {{ report(id: "{case}") {{ number }} reports {{ totalCount }} }} }}')
    assert seen["cityProblems"] == {"report": None, "reports": {"totalCount": 0}}
    moved = await ours.do(ours.clerk, f'cityProblemsSort(id: "{case}")')
    assert moved["errors"][0]["code"] == "not_found"
    assert case not in (await ours.city.request("GET", "/m/city_problems/reports.csv")).text


async def test_another_citys_token_opens_nothing(make_town: Callable[..., Awaitable[Town]]) -> None:
    ours, theirs = await make_town(), await make_town()
    answer = await ours.city.request("POST", "/graphql", as_=theirs.clerk, json={"query": "{ viewer { name } }"})
    assert answer.status_code == 401
    cookie = {"Cookie": f"leancity_session={theirs.clerk.token}"}
    answer = await ours.city.request("POST", "/graphql", headers=cookie, json={"query": "{ viewer { name } }"})
    assert answer.json()["data"]["viewer"]["name"] == ""


async def test_a_unit_of_another_city_is_not_found(make_town: Callable[..., Awaitable[Town]]) -> None:
    ours, theirs = await make_town(), await make_town()
    case = (await ours.report())["report"]["id"]
    await ours.do(ours.clerk, f'cityProblemsSort(id: "{case}")')
    sent = await ours.do(ours.clerk, f'cityProblemsSend(id: "{case}", unitId: "{theirs.unit_id}")')
    assert sent["errors"][0]["code"] == "not_found"
    state = await ours.city.data(f'{{ cityProblems {{ report(id: "{case}") {{ status }} }} }}')
    assert state["cityProblems"]["report"]["status"] == "sorted", "what failed has left nothing behind"


async def test_without_the_module_nothing_of_it_is_there(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city()
    answer = await city.graphql("{ cityProblems { categories { key } } }")
    assert "Cannot query field 'cityProblems'" in answer["errors"][0]["message"]
    mutation = await city.graphql('mutation { cityProblemsSort(id: "0") { errors { code } } }')
    assert "Cannot query field 'cityProblemsSort'" in mutation["errors"][0]["message"]
    assert (await city.request("GET", "/m/city_problems/reports.csv")).status_code == 404
    await city.subscribe("city_problems")
    assert (await city.data("{ cityProblems { reports { totalCount } } }"))["cityProblems"]["reports"][
        "totalCount"
    ] == 0
    await city.leave("city_problems")
    assert (await city.request("GET", "/m/city_problems/reports.csv")).status_code == 404
