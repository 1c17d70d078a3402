"""A report's whole life between another system, by Open311, and the city's people, by GraphQL."""

from __future__ import annotations

from typing import Any

from tests.modules.city_problems.open311.endpoint import Endpoint

NOTE = "Patched, call 8 914 755-12-12 if it breaks again"
COMMENT = """mutation ($id: UUID!, $words: String!, $to: CaseVisibility!) {
  caseComment(caseId: $id, body: $words, visibility: $to) { errors { code } } }"""


async def test_a_report_of_another_system_is_worked_and_closed(endpoint: Endpoint) -> None:
    town = endpoint.town
    number = await endpoint.file(
        "xml",
        description="Яма у подъезда, звоните 8 914 123-45-67\nопасно",
        address_string="ул. Ленина, 5, кв. 12",
        first_name="Ирина",
        last_name="Горная",
        email="irina@mail.example",
        phone="+7 914 123-45-67",
    )
    [reported] = await endpoint.read("v2/requests", "requests", service_request_id=number)
    assert (reported["service_request_id"], reported["status"]) == (number, "open")
    assert (reported["service_code"], reported["lat"], reported["long"]) == ("pothole", "46.9591", "142.738")
    assert reported["expected_datetime"] > reported["requested_datetime"]
    assert reported["service_notice"].startswith("To be dealt with by ")
    assert "123-45-67" not in str(reported) and "опасно" in reported["description"]
    for word in ("Ирина", "irina", "12,"):
        assert word not in str(reported)

    case = await _case_of(endpoint, number)
    reporter = await _reporter(endpoint, case)
    assert reporter["name"] == "Ирина Горная" and reporter["email"] == "irina@mail.example"
    await _work(endpoint, case)

    [closed] = await endpoint.read("v2/requests", "requests_extended", service_request_id=number, extensions="true")
    assert (closed["status"], closed["detailed_status"]) == ("closed", "fixed")
    assert closed["status_notes"].startswith("Fixed. Patched, call ") and "755-12-12" not in closed["status_notes"]
    assert closed["updated_datetime"] >= closed["requested_datetime"] and closed["service_notice"] is None
    assert closed["agency_responsible"] == "Roads"
    [photo] = closed["extended_attributes"]["photos"]
    assert photo["media_url"] == closed["media_url"] and photo["title"] == "proof"
    path = photo["media_url"].removeprefix(f"https://{town.city.host}")
    assert (await town.city.request("GET", path)).status_code == 200
    steps = ["reported", "sorted", "sent", "in_work", "comment", "closed"]
    assert [note["type"] for note in closed["notes"]] == steps

    updates = await endpoint.read("v2/servicerequestupdates", "updates", service_request_id=number)
    words = ["investigating", "action_scheduled", "in_progress", "in_progress", "fixed"]
    assert [update["status"] for update in updates] == words
    assert updates[3]["description"] == "Asphalt comes tomorrow" and "not for everybody" not in str([closed, updates])
    assert {update["service_request_id"] for update in updates} == {number}
    assert "755-12-12" not in str(updates)

    await town.do(town.clerk, f'cityProblemsReopen(id: "{case}", note: "it is back")')
    [again] = await endpoint.read(f"v2/requests/{number}", "requests")
    assert again["status"] == "open" and again["expected_datetime"]
    [*_, last] = await endpoint.read("v2/servicerequestupdates", "updates", service_request_id=number)
    assert last["status"] == "reopen"


async def test_what_people_report_in_the_city_is_read_by_others(endpoint: Endpoint) -> None:
    payload = await endpoint.town.report(text="A deep hole", photos=[await endpoint.town.photo()])
    [seen] = await endpoint.read("v2/requests", "requests", locale="ru")
    assert seen["service_request_id"] == payload["report"]["number"]
    assert (seen["description"], seen["status_notes"]) == ("A deep hole", "Поступило")
    assert seen["media_url"].startswith(f"https://{endpoint.town.city.host}/files/")
    [plain] = await endpoint.read("v2/requests", "requests_extended", extensions="true")
    assert plain["attributes"] == [] and [note["type"] for note in plain["notes"]] == ["reported"]


async def _case_of(endpoint: Endpoint, number: str) -> str:
    query = "query ($number: String) { inbox(filter: {number: $number}) { edges { node { id } } } }"
    data = await endpoint.town.city.data(query, {"number": number}, as_=endpoint.town.clerk)
    case: str = data["inbox"]["edges"][0]["node"]["id"]
    return case


async def _reporter(endpoint: Endpoint, case: str) -> dict[str, Any]:
    query = f'{{ cityProblems {{ report(id: "{case}") {{ reporter {{ name email }} }} }} }}'
    data = await endpoint.town.city.data(query, as_=endpoint.town.clerk)
    reporter: dict[str, Any] = data["cityProblems"]["report"]["reporter"]
    return reporter


async def _work(endpoint: Endpoint, case: str) -> None:
    town = endpoint.town
    proof = await town.photo()
    named = f'{{id: "{proof["id"]}", claim: "{proof["claim"]}"}}'
    for who, step in (
        (town.clerk, f'cityProblemsSort(id: "{case}")'),
        (town.clerk, f'cityProblemsSend(id: "{case}", unitId: "{town.unit_id}")'),
        (town.executor, f'cityProblemsTake(id: "{case}")'),
        (town.executor, f'cityProblemsClose(id: "{case}", outcome: "fixed", note: "{NOTE}", proofs: [{named}])'),
    ):
        assert (await town.do(who, step))["errors"] == []
        if "Take" in step:
            for words, visibility in (("not for everybody", "INTERNAL"), ("Asphalt comes tomorrow", "PUBLIC")):
                await town.city.data(COMMENT, {"id": case, "words": words, "to": visibility}, as_=who)
