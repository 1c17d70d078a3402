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


INJECTIONS = (
    "'; set local app.tenant = '{other}'; --",
    "x' or tenant_id <> 0 or 'a' = '",
    "\\'; select leancity_enter({other}); --",
    "%' union select id from case_record --",
    "{{}} {{0}} $1 :x",
)


async def test_injection_strings_in_every_input_stay_strings(make_town: Callable[..., Awaitable[Town]]) -> None:
    ours, theirs = await make_town(), await make_town()
    await theirs.report(text="their secret hole", reporterName="Ирина")
    for template in INJECTIONS:
        text = template.format(other=theirs.city.tenant.id)
        filled = dict.fromkeys(("text", "address", "reporterName"), text)
        refused = await ours.report(**filled, reporterPhone=text, reporterEmail=text)
        assert {(each["field"], each["code"]) for each in refused["errors"]} == {
            ("reporterPhone", "city_problems.phone_invalid"),
            ("reporterEmail", "email_invalid"),
        }
        filed = await ours.report(**filled)
        assert filed["errors"] == []
        data = await ours.city.data(
            """query ($id: UUID!, $text: String!) { cityProblems { report(id: $id) { text address reporter { name } } }
              found: inbox(filter: {text: $text}) { edges { node { text } } }
              kind: inbox(filter: {kinds: [$text], statuses: [$text], number: $text, outcome: $text}) {
                totalCount } }""",
            {"id": filed["report"]["id"], "text": text},
            as_=ours.clerk,
        )
        stored = data["cityProblems"]["report"]
        assert stored == {"text": text, "address": text, "reporter": {"name": text}}
        assert data["kind"] == {"totalCount": 0}
        assert "their secret hole" not in str(data)
        unknown = await ours.report(category=text)
        assert unknown["errors"][0]["code"] == "city_problems.category_unknown"


async def test_another_citys_token_opens_nothing(make_town: Callable[..., Awaitable[Town]]) -> None:
    ours, theirs = await make_town(), await make_town()
    answer = await ours.city.request("POST", "/graphql", as_=theirs.clerk, json={"query": "{ viewer { name } }"})
    assert answer.status_code == 401
    cookie = {"Cookie": f"__Host-leancity_session={theirs.clerk.token}", "Origin": f"https://{ours.city.host}"}
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
