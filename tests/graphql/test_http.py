"""GraphQL over HTTP, rule by rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from leancity.graphql.http import JSON, RESPONSE, answer_type

HELLO = "{ cityNotes { hello } }"
ANSWER = {"data": {"cityNotes": {"hello": "hello you"}}}
WRONG = "{ cityNotes { nothing } }"
BROKEN = "{ cityNotes {"


def media_type(response: Any) -> str:
    content_type: str = response.headers["content-type"]
    assert content_type.endswith("; charset=utf-8")
    return content_type.partition(";")[0]


def code(response: Any) -> str:
    body = response.json()
    assert "data" not in body
    result: str = body["errors"][0]["extensions"]["code"]
    return result


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, RESPONSE),
        ("", RESPONSE),
        ("*/*", RESPONSE),
        ("application/*", RESPONSE),
        (RESPONSE, RESPONSE),
        (JSON, JSON),
        ("Application/JSON; Charset=UTF-8", JSON),
        (f"{JSON}, {RESPONSE}", JSON),
        (f"{RESPONSE}; charset=utf-8, {JSON}; charset=utf-8", RESPONSE),
        (f"{JSON};q=0.5, {RESPONSE}", RESPONSE),
        (f"text/html, {JSON};q=0.1, */*;q=0", JSON),
        (f"{JSON};q=nonsense", None),
        (f"{JSON}; charset=utf-16", None),
        (f"{JSON};q=0", None),
        ("text/html", None),
        ("image/*", None),
    ],
)
def test_negotiation(accept: str | None, expected: str | None) -> None:
    assert answer_type(accept) == expected


@pytest.mark.parametrize("accept", [RESPONSE, JSON])
async def test_an_operation_is_answered_in_the_type_asked_for(client: Any, accept: str) -> None:
    for response in (
        await client.post("/graphql", json={"query": HELLO}, headers={"accept": accept}),
        await client.get("/graphql", params={"query": HELLO}, headers={"accept": accept}),
    ):
        assert (response.status_code, media_type(response), response.json()) == (200, accept, ANSWER)
        assert response.headers["cache-control"] == "no-store"
        assert response.headers["vary"] == "Accept"


async def test_without_an_accept_header_the_new_type_answers(client: Any) -> None:
    response = await client.post("/graphql", json={"query": WRONG})
    assert (response.status_code, media_type(response)) == (400, RESPONSE)


@pytest.mark.parametrize(
    ("query", "variables", "expected"),
    [
        (BROKEN, None, "GRAPHQL_PARSE_FAILED"),
        ("", None, "GRAPHQL_PARSE_FAILED"),
        (WRONG, None, "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { ticks }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: Int!) { cityNotes { notes(first: $a) { totalCount } } }", None, "BAD_USER_INPUT"),
        ("query A { viewer { name } } query B { viewer { name } }", None, "OPERATION_RESOLUTION_FAILURE"),
        ("fragment F on Query { viewer { name } }", None, "OPERATION_RESOLUTION_FAILURE"),
        (
            "query($n: Int) { cityNotes { notes(first: $n) { totalCount } } }",
            {"n": 9999},
            "QUERY_TOO_COMPLEX",
        ),
        ("{ " + "viewer { name } " * 1000 + "}", None, "QUERY_TOO_LONG"),
        ("{ viewer { name } }" + " " * 60_000, None, "QUERY_TOO_LONG"),
        ("{" + " ".join(f"a{n}: viewer {{ name }}" for n in range(31)) + "}", None, "QUERY_TOO_MANY_ALIASES"),
        ("{ ...A } fragment A on Query { ...A }", None, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_a_refused_operation_is_400_in_the_new_type_and_200_in_plain_json(
    client: Any, query: str, variables: dict[str, Any] | None, expected: str
) -> None:
    body = {"query": query, "variables": variables}
    for accept, status in ((RESPONSE, 400), (JSON, 200)):
        response = await client.post("/graphql", json=body, headers={"accept": accept})
        assert (response.status_code, media_type(response), code(response)) == (status, accept, expected)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "BAD_REQUEST"),
        (b"NONSENSE", "BAD_REQUEST"),
        (b'{"query":', "BAD_REQUEST"),
        (b'{"query": "\xff"}', "BAD_REQUEST"),
        (b'{"qeury": "{ a }"}', "BAD_REQUEST"),
        (b'{"query": 7}', "BAD_REQUEST"),
        (b'{"query": "{ a }", "variables": [7]}', "BAD_REQUEST"),
        (b'{"query": "{ a }", "variables": {"a": NaN}}', "BAD_REQUEST"),
        (b'{"query": "{ a }", "operationName": {}}', "BAD_REQUEST"),
        (b'{"query": "{ a }", "extensions": "x"}', "BAD_REQUEST"),
        (b' [{"query": "{ a }"}]', "BATCH_REFUSED"),
        (b"{" * 100_000, "BAD_REQUEST"),
    ],
)
@pytest.mark.parametrize("accept", [RESPONSE, JSON])
async def test_a_malformed_request_is_400(client: Any, content: bytes, expected: str, accept: str) -> None:
    headers = {"accept": accept, "content-type": JSON}
    response = await client.post("/graphql", content=content, headers=headers)
    assert (response.status_code, media_type(response), code(response)) == (400, accept, expected)


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
        "text/plain; application/json",
    ],
)
async def test_what_needs_no_preflight_is_415(client: Any, content_type: str | None) -> None:
    content = json.dumps({"query": "mutation { cityNotesBreak { errors { code } } }"}).encode()
    headers = {} if content_type is None else {"content-type": content_type}
    response = await client.post("/graphql", content=content, headers=headers)
    assert (response.status_code, code(response)) == (415, "UNSUPPORTED_MEDIA_TYPE")


async def test_json_in_utf8_is_json(client: Any) -> None:
    content = json.dumps({"query": '{ cityNotes { hello(name: "Ёж") } }'}, ensure_ascii=False).encode()
    headers = {"content-type": 'Application/JSON; charset="UTF-8"'}
    response = await client.post("/graphql", content=content, headers=headers)
    assert response.json() == {"data": {"cityNotes": {"hello": "hello Ёж"}}}


@pytest.mark.parametrize("accept", ["text/html", "image/png", "application/json;q=0"])
async def test_a_type_we_do_not_speak_is_406(client: Any, accept: str) -> None:
    for response in (
        await client.post("/graphql", json={"query": HELLO}, headers={"accept": accept}),
        await client.get("/graphql", params={"query": HELLO}, headers={"accept": accept}),
    ):
        assert (response.status_code, media_type(response), code(response)) == (406, JSON, "NOT_ACCEPTABLE")


async def test_get_takes_variables_and_a_name(client: Any) -> None:
    query = "query A { viewer { name } } query B($n: String!) { cityNotes { hello(name: $n) } }"
    params = {"query": query, "operationName": "B", "variables": '{"n": "Ёж"}', "extensions": "{}"}
    response = await client.get("/graphql", params=params)
    assert response.json() == {"data": {"cityNotes": {"hello": "hello Ёж"}}}
    response = await client.get("/graphql", params={"query": HELLO, "operationName": "", "variables": ""})
    assert response.json() == ANSWER


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"variables": "{}"},
        {"query": HELLO, "variables": "[1]"},
        {"query": HELLO, "variables": "{"},
        {"query": HELLO, "variables": '{}, "query": "{ viewer { name } }"'},
        {"query": HELLO, "extensions": "7"},
    ],
)
async def test_a_malformed_get_is_400(client: Any, params: dict[str, str]) -> None:
    for accept in (RESPONSE, JSON):
        response = await client.get("/graphql", params=params, headers={"accept": accept})
        assert (response.status_code, code(response)) == (400, "BAD_REQUEST")


@pytest.mark.parametrize("accept", [RESPONSE, JSON])
async def test_a_mutation_by_get_is_405_and_does_nothing(client: Any, accept: str) -> None:
    query = "query Q { viewer { name } } mutation M { cityNotesBreak { errors { code } } }"
    params = {"query": query, "operationName": "M"}
    response = await client.get("/graphql", params=params, headers={"accept": accept})
    assert (response.status_code, code(response)) == (405, "MUTATION_BY_GET")
    assert response.headers["allow"] == "POST"
    response = await client.get("/graphql", params={**params, "operationName": "Q"}, headers={"accept": accept})
    assert response.status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_405(client: Any, method: str) -> None:
    assert (await client.request(method, "/graphql")).status_code == 405


async def test_a_large_body_is_413(client: Any) -> None:
    response = await client.post("/graphql", json={"query": HELLO, "extensions": {"x": "x" * 1_000_000}})
    assert response.status_code == 413


async def test_graphiql_is_served_to_a_browser_in_development_only(client: Any, dev_client: Any) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    response = await dev_client.get("/graphql", headers=browser)
    assert (response.status_code, media_type(response)) == (200, "text/html")
    assert (await dev_client.get("/graphql")).status_code == 400
    assert (await client.get("/graphql", headers=browser)).status_code == 400


async def test_each_city_has_its_own_schema(client: Any) -> None:
    response = await client.post("/graphql", json={"query": HELLO}, headers={"x-city": "city_notes"})
    assert response.json() == ANSWER
    response = await client.post("/graphql", json={"query": HELLO}, headers={"x-city": ","})
    assert code(response) == "GRAPHQL_VALIDATION_FAILED"
    response = await client.post(
        "/graphql", json={"query": "{ city { slug modules title zone locale } }"}, headers={"x-city": ","}
    )
    city = {"slug": "polis", "modules": [], "title": "Polis", "zone": "Asia/Sakhalin", "locale": "ru"}
    assert response.json() == {"data": {"city": city}}


async def test_the_viewer(client: Any) -> None:
    query = {"query": "{ viewer { isSignedIn name locale permissions } }"}
    response = await client.post("/graphql", json=query, headers={"accept-language": "ru"})
    assert response.json()["data"]["viewer"] == {"isSignedIn": False, "name": "", "locale": "ru", "permissions": []}
    headers = {"x-user": "city_notes.note.read,core.case.read,parking.place.see"}
    response = await client.post("/graphql", json=query, headers=headers)
    viewer = {"isSignedIn": True, "name": "Anna", "locale": "en"}
    assert response.json()["data"]["viewer"] == {**viewer, "permissions": ["city_notes.note.read", "core.case.read"]}
