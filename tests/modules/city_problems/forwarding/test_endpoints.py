"""The bodies to whom a city forwards: entered by its administrator, checked field by field, their key never shown."""

from __future__ import annotations

from typing import Any

from tests.modules.city_problems.forwarding.desk import Desk
from tests.modules.city_problems.forwarding.other_body import KEY, Said

SERVICES = 'query { cityProblems { endpointServices(key: "region") { code name group } } }'
ENDPOINTS = """query { cityProblems { endpoints {
  key title url jurisdiction hasKey serviceCode services { category serviceCode } isActive failure } } }"""
REMOVE = 'mutation { cityProblemsEndpointRemove(key: "%s") { errors { field code } } }'
MISTAKES: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"key": "Область"}, [("key", "city_problems.key_invalid")]),
    ({"key": "a'; drop table x --"}, [("key", "city_problems.key_invalid")]),
    ({"title": " "}, [("title", "required")]),
    ({"title": "x" * 201}, [("title", "too_long")]),
    ({"url": ""}, [("url", "required")]),
    ({"url": "body"}, [("url", "city_problems.url_invalid")]),
    ({"url": "https://a:b@body.example/v2"}, [("url", "city_problems.url_invalid")]),
    ({"url": "https://body.example/v2?x={1}"}, [("url", "city_problems.url_invalid")]),
    ({"url": "gopher://body.example"}, [("url", "city_problems.url_invalid")]),
    ({"apiKey": "a\u2022\u2022\u2022\u2022b"}, [("apiKey", "masked_value")]),
    ({"apiKey": "x" * 501}, [("apiKey", "too_long")]),
    (
        {"serviceCode": "x" * 201, "jurisdiction": "x" * 201},
        [("jurisdiction", "too_long"), ("serviceCode", "too_long")],
    ),
    (
        {"services": [{"category": "nobody", "serviceCode": "1"}]},
        [("services", "city_problems.category_unknown")],
    ),
    ({"services": [{"category": "pothole", "serviceCode": ""}]}, [("services", "required")]),
]


async def listed(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await desk.city.data(ENDPOINTS, as_=desk.clerk))["cityProblems"]["endpoints"]
    return found


async def test_an_endpoint_is_kept_and_its_key_never_shown(desk: Desk) -> None:
    kept = {
        "key": "region",
        "title": "Область",
        "url": desk.body.url,
        "jurisdiction": "",
        "hasKey": True,
        "serviceCode": "",
        "services": [{"category": "pothole", "serviceCode": "001"}],
        "isActive": True,
        "failure": "",
    }
    assert await listed(desk) == [kept]
    changed = await desk.save(title=" Регион ", url=desk.body.url + "/", apiKey=None, jurisdiction="region.example")
    assert changed["endpoint"] == {**kept, "title": "Регион", "jurisdiction": "region.example"}
    rows = await desk.city.rows("select api_key from city_problems_endpoint where tenant_id = $1")
    assert len(rows) == 1 and KEY not in rows[0]["api_key"]
    assert (await desk.save(apiKey=""))["endpoint"]["hasKey"] is False
    written = await desk.city.rows(
        "select action from audit_event where tenant_id = $1 and action like 'city_problems.endpoint.%' order by at"
    )
    assert [row["action"].rpartition(".")[2] for row in written] == ["added", "changed", "changed"]


async def test_every_mistake_is_told_by_its_field(desk: Desk) -> None:
    before = await listed(desk)
    for fields, wrong in MISTAKES:
        payload = await desk.save(**fields)
        assert [(error["field"], error["code"]) for error in payload["errors"]] == wrong
        assert all(error["message"] for error in payload["errors"])
        assert payload["endpoint"] is None
    assert await listed(desk) == before


async def test_a_key_does_not_follow_to_another_address(desk: Desk) -> None:
    payload = await desk.save(url="https://elsewhere.example/v2", apiKey=None)
    assert [(error["field"], error["code"]) for error in payload["errors"]] == [
        ("apiKey", "city_problems.api_key_anew")
    ]
    assert (await desk.save(url="https://elsewhere.example/v2", apiKey="another"))["errors"] == []


async def test_their_services_are_shown_to_be_mapped(desk: Desk) -> None:
    for formats in (("json", "xml"), ("xml",)):
        desk.body.formats = formats
        found = await desk.city.data(SERVICES, as_=desk.clerk)
        assert found["cityProblems"]["endpointServices"] == [
            {"code": "001", "name": "Ямы", "group": "Дороги"},
            {"code": "002", "name": "Прочее", "group": ""},
        ]


async def test_why_they_do_not_answer_is_told_in_words(desk: Desk) -> None:
    for said, words in (
        (Said(body=b"<html"), "its answer is not Open311"),
        (Said(status=500), "an error of its own"),
        (Said(status=403, body=b'[{"code": 403, "description": "closed on Sundays"}]'), "closed on Sundays"),
    ):
        desk.body.says = [said, said]
        answer = await desk.city.graphql(SERVICES, as_=desk.clerk)
        [error] = answer["errors"]
        assert words in error["message"]


async def test_an_endpoint_with_reports_can_only_be_switched_off(desk: Desk) -> None:
    await desk.forwarded()
    used = await desk.city.data(REMOVE % "region", as_=desk.clerk)
    assert used["cityProblemsEndpointRemove"]["errors"] == [{"field": "key", "code": "city_problems.endpoint_used"}]
    await desk.save(key="second")
    assert (await desk.city.data(REMOVE % "second", as_=desk.clerk))["cityProblemsEndpointRemove"]["errors"] == []
    gone = await desk.city.data(REMOVE % "second", as_=desk.clerk)
    assert gone["cityProblemsEndpointRemove"]["errors"] == [{"field": "key", "code": "not_found"}]
    assert [row["key"] for row in await listed(desk)] == ["region"]
