"""Which reports are read, and by whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from tests.modules.city_problems.open311.endpoint import Endpoint


async def _numbers(endpoint: Endpoint, **arguments: str) -> list[str]:
    found = await endpoint.read("v2/requests", "requests", expect=200, locale="en", **arguments)
    return [each["service_request_id"] for each in found]


async def test_reports_are_chosen_by_service_status_time_and_page(endpoint: Endpoint) -> None:
    town = endpoint.town
    first, second, third = [
        (await town.report(category=code, text=code))["report"] for code in ("pothole", "lighting", "pothole")
    ]
    refusing = f'cityProblemsRefuse(id: "{first["id"]}", outcome: "not_ours", note: "federal road")'
    await town.do(town.clerk, refusing)
    one, two, three = first["number"], second["number"], third["number"]
    assert await _numbers(endpoint) == [three, two, one]
    assert await _numbers(endpoint, service_code="pothole") == [three, one]
    assert await _numbers(endpoint, service_code="lighting, pothole") == [three, two, one]
    assert await _numbers(endpoint, status="closed") == [one]
    assert await _numbers(endpoint, status="OPEN,closed") == [three, two, one]
    assert await _numbers(endpoint, page="1", page_size="2") == [three, two]
    assert await _numbers(endpoint, page="2", page_size="2") == [one]
    assert await _numbers(endpoint, page="3", page_size="2") == []
    assert await _numbers(endpoint, service_code="", status="", start_date="") == [three, two, one]
    now = datetime.now(UTC)
    soon, long_ago = (now + timedelta(minutes=1)).isoformat(), (now - timedelta(days=91)).isoformat()
    assert await _numbers(endpoint, start_date=soon) == []
    assert await _numbers(endpoint, end_date=long_ago) == []
    unescaped = (now - timedelta(hours=1)).isoformat(timespec="seconds").replace("+", " ")
    assert await _numbers(endpoint, start_date=unescaped, end_date=soon) == [three, two, one]
    # Numbers override whatever else is asked, and those that don't exist are just not among the answers.
    assert await _numbers(endpoint, service_request_id=f"{two},{one},CP-1", status="nonsense") == [two, one]
    [closed] = await endpoint.read(f"v2/requests/{one}", "requests")
    assert closed["status_notes"] == "Not ours. federal road"
    assert await endpoint.read(f"v2/tokens/{one}", "token") == [{"service_request_id": one, "token": one}]


async def test_wrong_arguments_are_named_all_at_once(endpoint: Endpoint) -> None:
    wrong = {"status": "fixed", "start_date": "yesterday", "page": "0", "page_size": "1001", "service_code": "dragons"}
    told = await endpoint.read("v2/requests", "errors", expect=400, **wrong)
    assert sorted(each["description"].partition(":")[0] for each in told) == sorted(wrong)
    for name, value in (
        ("start_date", "2026-02-30T00:00:00Z"),
        ("start_date", "2026-01-01"),
        ("start_date", "2026-01-01T00:00:00"),
        ("start_date", "0001-01-01T00:00:00+14:00"),
        ("end_date", "9999-12-31T23:59:59-12:00"),
        ("end_date", "0001-01-02T00:00:00Z"),
        ("end_date", "٢٠٢٦-01-01T00:00:00Z"),
        ("page", "1e3"),
        ("page", "99999999999999999999"),
        ("page_size", "-1"),
        ("status", "open;drop table case_record"),
    ):
        [error] = await endpoint.read("v2/requests", "errors", expect=400, **{name: value})
        assert error["description"].startswith(f"{name}: "), value
    span = {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-04-02T00:00:00Z"}
    for path in ("v2/requests", "v2/servicerequestupdates"):
        [error] = await endpoint.read(path, "errors", expect=400, **span)
        assert error["description"] == "end_date: At most 90 days"
    assert await _numbers(endpoint, **{**span, "end_date": "2026-04-01T00:00:00Z"}) == []
    turned = {"start_date": span["end_date"], "end_date": span["start_date"]}
    [error] = await endpoint.read("v2/requests", "errors", expect=400, **turned)
    assert error["description"].startswith("end_date: ")


async def test_a_client_that_means_another_city_is_told(endpoint: Endpoint) -> None:
    city = endpoint.town.city
    for name in (city.host, f"www.{city.host}", city.tenant.slug, city.host.upper(), f"https://{city.host}/", ""):
        await endpoint.read("v2/services", "services", jurisdiction_id=name)
    for path in ("v2/services", "v2/services/pothole", "v2/requests", "v2/requests/1", "v2/tokens/1", "discovery"):
        [error] = await endpoint.read(path, "errors", expect=404, jurisdiction_id="sfgov.org")
        assert error["description"].startswith("jurisdiction_id: ")


async def test_another_citys_reports_do_not_exist(make_endpoint: Callable[..., Awaitable[Endpoint]]) -> None:
    ours, theirs = await make_endpoint(), await make_endpoint()
    number = await theirs.file(description="their secret hole")
    await ours.read(f"v2/requests/{number}", "errors", expect=404)
    assert await _numbers(ours, service_request_id=number) == [] == await _numbers(ours)
    await ours.read(f"v2/tokens/{number}", "errors", expect=404)
    assert await ours.read("v2/servicerequestupdates", "updates") == []
    assert await ours.read("v2/requests", "errors", expect=403, api_key=theirs.key)
    assert "api_key" in await ours.refused([("api_key", theirs.key), ("service_code", "pothole")], status=403)
    assert await ours.stored() == 0


async def test_a_list_that_is_not_public_is_for_keys(endpoint: Endpoint) -> None:
    town = endpoint.town
    number = (await town.report())["report"]["number"]
    async with town.city.serving():
        await change_settings(installed_modules(), "city_problems", {"is_list_public": False})
    for path in ("v2/requests", f"v2/requests/{number}", "v2/servicerequestupdates"):
        [error] = await endpoint.read(path, "errors", expect=403)
        assert error["description"].startswith("api_key: ")
    nobody = (await town.city.user()).token
    [error] = await endpoint.read("v2/requests", "errors", expect=403, api_key=nobody)
    assert error["description"] == "api_key: The API key may not do this"
    assert await _numbers(endpoint, api_key=town.clerk.token) == [number]
    assert await _numbers(endpoint, api_key=endpoint.key) == [], "not what others filed"
    own = await endpoint.file()
    assert await _numbers(endpoint, api_key=endpoint.key) == [own]
    assert len(await endpoint.read("v2/services", "services")) > 0


async def test_what_is_not_shown_yet_is_read_by_who_filed_it(endpoint: Endpoint) -> None:
    async with endpoint.town.city.serving():
        await change_settings(installed_modules(), "city_problems", {"shown": "sorted"})
    number = await endpoint.file(description="Somebody's yard")
    assert await _numbers(endpoint) == []
    await endpoint.read(f"v2/requests/{number}", "errors", expect=404)
    assert await _numbers(endpoint, api_key=endpoint.key) == [number]
    assert await _numbers(endpoint, api_key=endpoint.town.clerk.token) == [number]
