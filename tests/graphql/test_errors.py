"""What an error tells, and to whom."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

SIGNED_IN = {"x-user": ""}


async def ask(client: Any, query: str, variables: Any = None, /, **headers: str) -> dict[str, Any]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    response = await client.post("/graphql", json={"query": query, "variables": variables}, headers=sent)
    result: dict[str, Any] = response.json()
    return result


async def test_what_nobody_foresaw_is_masked_and_logged(client: Any) -> None:
    with capture_logs() as logs:
        answer = await ask(client, "{ cityNotes { broken hello } }", x_request_id="request-1234")
    assert answer == {
        "data": {"cityNotes": {"broken": None, "hello": "hello you"}},
        "errors": [
            {
                "message": "Something went wrong on our side. The request is logged under request-1234",
                "extensions": {"code": "INTERNAL", "requestId": "request-1234"},
                "path": ["cityNotes", "broken"],
                "locations": [{"line": 1, "column": 15}],
            }
        ],
    }
    assert [(log["event"], log["request_id"], str(log["exc_info"])) for log in logs] == [
        ("graphql_field_failed", "request-1234", "password=hunter2")
    ]


async def test_a_mutation_that_breaks_is_masked_too(client: Any) -> None:
    with capture_logs() as logs:
        answer = await ask(client, "mutation { cityNotesBreak { errors { code } } }", accept_language="ru")
    assert answer["data"] == {"cityNotesBreak": None}
    assert answer["errors"][0]["message"].startswith("Ошибка на нашей стороне")
    assert "hunter2" not in str(answer)
    assert len(logs) == 1


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, {"code": "NOT_SIGNED_IN"}),
        (SIGNED_IN, {"code": "FORBIDDEN", "permission": "city_notes.note.read"}),
        ({"x_user": "city_notes.note.add"}, {"code": "FORBIDDEN", "permission": "city_notes.note.read"}),
    ],
)
async def test_a_guarded_field_leaves_the_others_alone(
    client: Any, headers: dict[str, str], expected: dict[str, str]
) -> None:
    answer = await ask(client, "{ cityNotes { notes { totalCount } hello } }", **headers)
    assert answer["data"] == {"cityNotes": {"notes": None, "hello": "hello you"}}
    assert [error["extensions"] for error in answer["errors"]] == [expected]


async def test_a_guarded_mutation(client: Any) -> None:
    query = 'mutation { cityNotesAdd(input: {key: "a", title: ""}) { errors { code } } }'
    answer = await ask(client, query)
    assert (answer["data"], answer["errors"][0]["extensions"]["code"]) == ({"cityNotesAdd": None}, "NOT_SIGNED_IN")
    answer = await ask(client, query, **SIGNED_IN)
    assert answer["errors"][0]["extensions"] == {"code": "FORBIDDEN", "permission": "city_notes.note.add"}


@pytest.mark.parametrize(("locale", "message"), [("en", "This field is required"), ("ru", "Заполните это поле")])
async def test_a_refused_mutation_answers_in_its_payload(client: Any, locale: str, message: str) -> None:
    query = 'mutation { cityNotesAdd(input: {key: "a", title: ""}) { note { id } errors { field code message } } }'
    answer = await ask(client, query, x_user="city_notes.note.add", accept_language=locale)
    errors = [{"field": "noteTitle", "code": "required", "message": message}]
    assert answer == {"data": {"cityNotesAdd": {"note": None, "errors": errors}}}


async def test_a_refused_query_is_an_error_a_problem(client: Any) -> None:
    answer = await ask(client, "{ cityNotes { refused denied } }")
    told = [(e["message"], e["extensions"], e["path"]) for e in answer["errors"]]
    assert sorted(told, key=str) == [
        ("Not found", {"code": "NOT_FOUND"}, ["cityNotes", "refused"]),
        ("This field is required", {"code": "REQUIRED", "field": "noteTitle"}, ["cityNotes", "refused"]),
        ("You may not do this", {"code": "FORBIDDEN", "permission": "city_notes.note.read"}, ["cityNotes", "denied"]),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ("first: 0", "PAGE_SIZE_INVALID", "first"),
        ("first: 101", "PAGE_SIZE_INVALID", "first"),
        ('after: "bm9uc2Vuc2U"', "CURSOR_INVALID", "after"),
    ],
)
async def test_a_wrong_page_is_refused(client: Any, arguments: str, code: str, field: str) -> None:
    query = f"{{ cityNotes {{ notes({arguments}) {{ totalCount }} }} }}"
    answer = await ask(client, query, x_user="city_notes.note.read")
    assert [error["extensions"] for error in answer["errors"]] == [{"code": code, "field": field}]


async def test_the_language_of_a_refused_operation(client: Any) -> None:
    query = "query($n: Int) { cityNotes { notes(first: $n) { totalCount } } }"
    answer = await ask(client, query, {"n": 9999}, accept_language="ru")
    assert answer["errors"][0]["message"] == "Запрос слишком дорогой: 10001 при пределе 5000"


INTROSPECTION = "{ __schema { queryType { name } } }"


@pytest.mark.parametrize(
    "query",
    [
        INTROSPECTION,
        '{ __type(name: "City") { fields { name } } }',
        "{ ...F } fragment F on Query { a: __schema { queryType { name } } }",
    ],
)
async def test_a_stranger_does_not_see_the_schema(client: Any, dev_client: Any, query: str) -> None:
    answer = await ask(client, query)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTROSPECTION_DISABLED"]
    assert "data" in await ask(client, query, **SIGNED_IN)
    assert "data" in await ask(dev_client, query)
    assert "data" in await ask(client, "{ __typename }")


async def test_a_stranger_gets_no_suggestions(client: Any, dev_client: Any) -> None:
    wrong = [
        ("{ cityNotes { hallo } }", None),
        ('{ cityNotes { hello(nam: "x") } }', None),
        ("query($a: CityNotesAddInpu) { viewer { name } }", None),
        (
            "mutation($a: CityNotesAddInput!) { cityNotesAdd(input: $a) { note { id } } }",
            {"a": {"key": "a", "title": "a", "parentIt": "x"}},
        ),
    ]
    for query, variables in wrong:
        assert "Did you mean" not in str(await ask(client, query, variables))
        assert "Did you mean" in str(await ask(client, query, variables, **SIGNED_IN))
        assert "Did you mean" in str(await ask(dev_client, query, variables))


@pytest.mark.parametrize(
    ("query", "variables", "value"),
    [
        ("query($v: DateTime!) { cityNotes { moment(at: $v) } }", "2026-11-22T12:00:00+11:00", "2026-11-22T01:00:00Z"),
        (
            "query($v: DateTime!) { cityNotes { moment(at: $v) } }",
            "2026-11-22T01:00:00.5Z",
            "2026-11-22T01:00:00.500000Z",
        ),
        ("query($v: JSON!) { cityNotes { echo(value: $v) } }", {"a": [1, None, "я"]}, {"a": [1, None, "я"]}),
        (
            "query($v: GeoPointInput!) { cityNotes { point(at: $v) { lat lon } } }",
            {"lat": -90, "lon": 142.73},
            {"lat": -90.0, "lon": 142.73},
        ),
    ],
)
async def test_scalars(client: Any, query: str, variables: Any, value: Any) -> None:
    answer = await ask(client, query, {"v": variables})
    assert list(answer["data"]["cityNotes"].values()) == [value]


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("query($v: DateTime!) { cityNotes { moment(at: $v) } }", "2026-11-22T12:00:00"),
        ("query($v: DateTime!) { cityNotes { moment(at: $v) } }", "tomorrow"),
        ("query($v: DateTime!) { cityNotes { moment(at: $v) } }", 7),
        ("query($v: DateTime!) { cityNotes { moment(at: $v) } }", "0001-01-01T00:00:00+23:00"),
        ("query($v: GeoPointInput!) { cityNotes { point(at: $v) { lat } } }", {"lat": 90.01, "lon": 0}),
        ("query($v: GeoPointInput!) { cityNotes { point(at: $v) { lat } } }", {"lat": 0, "lon": -181}),
        ("query($v: GeoPointInput!) { cityNotes { point(at: $v) { lat } } }", {"lat": "0", "lon": 0}),
        ("query($v: GeoPointInput!) { cityNotes { point(at: $v) { lat } } }", {"lat": True, "lon": 0}),
    ],
)
async def test_wrong_scalars_are_refused_before_anything_runs(client: Any, query: str, value: Any) -> None:
    answer = await ask(client, query, {"v": value})
    assert "data" not in answer
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]
    assert "$v" in answer["errors"][0]["message"]
