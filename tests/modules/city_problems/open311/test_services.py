"""Discovery, services, and what they ask beyond place and words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from leancity.core.customs.service import change
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import City
from tests.modules.city_problems.open311.endpoint import ROOT, Endpoint

PLACE = {"lat": "46.9591", "long": "142.738", "service_code": "pothole"}
QUESTIONS: dict[str, dict[str, Any]] = {
    "notice": {"title_ru": "Если есть пострадавшие, звоните 112", "datatype": "notice", "order": 1},
    "depth": {"title_ru": "Глубина, см", "title_en": "Depth, cm", "datatype": "number", "order": 2},
    "lane": {
        "title_ru": "Полоса",
        "title_en": "Lane",
        "datatype": "multivaluelist",
        "choices": ["left: левая / left", "right: правая / right"],
        "is_required": True,
        "is_public": True,
        "order": 3,
    },
}


async def ask(endpoint: Endpoint) -> None:
    """Let potholes ask three things more."""
    async with endpoint.town.city.serving():
        for key, item in QUESTIONS.items():
            values = {"category": "pothole", **item}
            await change("city_problems.questions", key, values)


async def test_discovery_leads_to_the_services(endpoint: Endpoint) -> None:
    host = endpoint.town.city.host
    found = await endpoint.read("discovery", "discovery")
    [place] = found["endpoints"]
    assert place["url"] == f"https://{host}{ROOT}/v2" and place["formats"] == ["text/xml", "application/json"]
    services = await endpoint.read(f"{place['url'].removeprefix(f'https://{host}{ROOT}/')}/services", "services")
    assert {each["service_code"] for each in services} >= {"pothole", "lighting"}
    await ask(endpoint)
    later = await endpoint.read("discovery", "discovery")
    assert later["endpoints"][0]["changeset"] >= place["changeset"]
    odd = await endpoint.town.city.request("GET", f"{ROOT}/discovery.json", headers={"Host": f"{host}:8x"})
    assert odd.status_code == 200 and ":8x" not in odd.text


async def test_a_service_tells_what_it_asks_and_a_report_answers(endpoint: Endpoint) -> None:
    await ask(endpoint)
    services = {each["service_code"]: each for each in await endpoint.read("v2/services", "services", locale="ru")}
    assert services["pothole"]["metadata"] == "true" and services["lighting"]["metadata"] == "false"
    english = {each["service_code"]: each for each in await endpoint.read("v2/services", "services")}
    assert english["pothole"]["service_name"] != services["pothole"]["service_name"]
    definition = await endpoint.read("v2/services/pothole", "service_definition")
    notice, depth, lane = definition["attributes"]
    assert (notice["variable"], notice["datatype"], notice["order"]) == ("false", "text", "1")
    assert (depth["code"], depth["description"], depth["required"]) == ("depth", "Depth, cm", "false")
    assert lane["values"] == [{"key": "left", "name": "left"}, {"key": "right", "name": "right"}]
    assert (await endpoint.read("v2/services/lighting", "service_definition"))["attributes"] == []

    key = ("api_key", endpoint.key)
    given = [key, *PLACE.items()]
    assert await endpoint.refused(given) == "attribute[lane]: This field is required"
    wrong = [*given, ("attribute[lane]", "middle"), ("attribute[depth]", "deep"), ("attribute[hue]", "red")]
    told = await endpoint.refused(wrong)
    assert [line.partition(":")[0] for line in sorted(told.splitlines())] == [
        "attribute[depth]",
        "attribute[hue]",
        "attribute[lane]",
    ]
    filed = await endpoint.post([*given, ("attribute[lane][]", "left"), ("attribute[lane][]", "right")])
    number = filed.json()[0]["service_request_id"]
    [seen] = await endpoint.read(f"v2/requests/{number}", "requests_extended", extensions="true")
    assert seen["attributes"] == [{"code": "lane", "label": "Lane", "value": "left, right"}]
    assert await endpoint.stored() == 1


async def test_what_is_not_there_is_not_found_in_the_format_asked_for(endpoint: Endpoint) -> None:
    for path in (
        "v2/services/dragons",
        "v2/services/a/b",
        "v2/requests/CP-2026-999999",
        "v2/requests/%00",
        "v2/tokens/123",
        "v2/nothing",
        "v3/services",
        "other",
        "v2/services/%D0%B9'%20or%201=1--",
        "v2/requests/" + "9" * 3000,
    ):
        assert await endpoint.read(path, "errors", expect=404), path
    for path in ("v2/services", "v2/services.yaml", "v2/requests/1.csv", "v2/services.json.", "discovery.JSON"):
        answer = await endpoint.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (400, "text/xml; charset=utf-8"), path


async def test_another_method_is_refused(endpoint: Endpoint) -> None:
    city = endpoint.town.city
    answer = await city.request("POST", f"{ROOT}/v2/services.json")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.json()[0]["code"] == 405
    assert (await city.request("DELETE", f"{ROOT}/v2/requests.json")).status_code == 404


async def test_it_is_not_there_where_the_city_has_switched_it_off(
    endpoint: Endpoint, make_city: Callable[..., Awaitable[City]]
) -> None:
    async with endpoint.town.city.serving():
        await change_settings(installed_modules(), "city_problems", {"is_open311_on": False})
    without = await make_city()
    nothing = await endpoint.town.city.request("GET", "/m/city_problems/nothing")
    for answer in (
        await endpoint.get("v2/services.json"),
        await endpoint.post([("api_key", endpoint.key)]),
        await without.request("GET", f"{ROOT}/v2/services.json"),
    ):
        assert answer.status_code == 404
        assert {**answer.json(), "title": ""} == {**nothing.json(), "title": ""}
