"""What becomes of reports at the other body is heard, and told to everybody here."""

from __future__ import annotations

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.testing.city import City
from tests.modules.city_problems.forwarding.desk import Desk
from tests.modules.city_problems.forwarding.other_body import MOMENT, Said, other_body

EVENTS = "select data from case_event where tenant_id = $1 and kind = 'forwarded_status' order by at, id"
ENDPOINTS = "query { cityProblems { endpoints { key failure checkedAt } } }"
MORE = """
insert into city_problems_forwarding (id, tenant_id, case_id, endpoint_id, service_code, state, remote_id, asked_at)
select gen_random_uuid(), $1, f.case_id, f.endpoint_id, '001', 'there', 'B-' || n, now()
from city_problems_forwarding f, generate_series(1, 70) n where f.tenant_id = $1
"""
LONG_AGO = "update city_problems_endpoint set checked_at = checked_at - interval '2 hours' where tenant_id = $1"


async def checked(city: City, desk: Desk) -> dict[str, str]:
    found = await city.data(ENDPOINTS, as_=desk.clerk)
    return {row["key"]: row["failure"] for row in found["cityProblems"]["endpoints"]}


@pytest.mark.parametrize("formats", [("json", "xml"), ("xml",)])
async def test_a_closing_there_is_seen_here(desk: Desk, formats: tuple[str, ...]) -> None:
    desk.body.formats = formats
    case = await desk.forwarded()
    await desk.follow()
    assert await desk.city.rows(EVENTS) == [], "nothing has happened there yet"
    desk.body.requests["A-1"] |= {"status": "closed", "status_notes": "Заделали, вопросы: 8 914 123-45-67"}
    await desk.follow()
    told = (await desk.public(case))["forwarded"]
    assert (told["title"], told["number"], told["status"]) == ("Область", "A-1", "closed")
    assert told["statusNotes"].startswith("Заделали, вопросы: ") and "914" not in told["statusNotes"]
    assert (await desk.seen(case))["forwarded"]["updatedAt"] == "2026-01-02T00:04:05Z"
    assert MOMENT.endswith("+03:00")
    await desk.follow()
    assert len(await desk.city.rows(EVENTS)) == 1, "it is told once"
    assert told["statusNotes"] in await desk.notes(case)
    assert await checked(desk.city, desk) == {"region": ""}


async def test_the_lines_of_the_other_side_come_once_each(desk: Desk) -> None:
    desk.body.tells_updates = True
    case = await desk.forwarded()
    line = {"service_request_id": "A-1", "status": "in_progress", "updated_datetime": MOMENT}
    desk.body.updates = [
        {**line, "update_id": "1", "description": "Принято"},
        {**line, "update_id": "2", "description": "Бригада выехала"},
        {**line, "update_id": "3", "description": "чужое", "service_request_id": "B-9"},
    ]
    await desk.follow()
    assert (await desk.public(case))["forwarded"]["statusNotes"] == "Принято\nБригада выехала"
    desk.body.updates.append({**line, "update_id": "4", "description": "Готово"})
    desk.body.requests["A-1"] |= {"status": "fixed", "status_notes": "Готово"}
    await desk.follow()
    told = (await desk.public(case))["forwarded"]
    assert (told["status"], told["statusNotes"]) == ("closed", "Готово")
    await desk.follow()
    assert len(await desk.city.rows(EVENTS)) == 2


async def test_who_reported_is_told(desk: Desk) -> None:
    resident = await desk.city.user()
    query = """
      mutation ($input: CityProblemsReportInput!) { cityProblemsReport(input: $input) { report { id } } }"""
    filled = {"point": {"lat": 46.9, "lon": 142.7}, "category": "pothole", "text": "Яма"}
    data = await desk.city.data(query, {"input": filled}, as_=resident)
    case = data["cityProblemsReport"]["report"]["id"]
    await desk.forward(case)
    await desk.city.run_jobs()
    desk.body.requests["A-1"] |= {"status": "closed"}
    await desk.follow()
    await desk.city.run_jobs()
    found = await desk.city.data("{ notifications { edges { node { text } } } }", as_=resident)
    texts = " ".join(edge["node"]["text"] for edge in found["notifications"]["edges"])
    assert "ответил орган" in texts or "body it was forwarded to" in texts, texts


async def test_an_endpoint_that_fails_is_marked_and_holds_up_no_other(desk: Desk) -> None:
    with other_body() as second:
        await desk.save(key="second", title="Вторая", url=second.url)
        case = await desk.forwarded()
        other = await desk.reported()
        await desk.forward(other, endpoint="second")
        await desk.city.run_jobs()
        second.requests["A-1"] |= {"status": "closed"}
        desk.body.requests["A-1"] |= {"status": "closed"}
        desk.body.says = [Said(body=b"]]]") for _ in range(8)]
        await desk.follow()
        assert (await desk.public(other))["forwarded"]["status"] == "closed"
        assert (await desk.public(case))["forwarded"]["status"] == "open"
        assert await checked(desk.city, desk) == {"region": "its answer is not Open311", "second": ""}
        asked = len(desk.body.asked)
        desk.body.says = []
        await desk.follow()
        assert len(desk.body.asked) == asked, "it is left alone for a while"
        await long_ago(desk.city)
        await desk.follow()
        assert (await desk.public(case))["forwarded"]["status"] == "closed"
        assert await checked(desk.city, desk) == {"region": "", "second": ""}


async def long_ago(city: City) -> None:
    """Let the last look at every endpoint have been two hours ago."""
    async with city.serving(), tenant_tx(write=True) as unit:
        await unit.connection.execute(LONG_AGO, unit.tenant_id)


NONSENSE = [
    b"",
    b"null",
    b"[1, 2]",
    b'[{"service_request_id": {"a": 1}, "status": ["closed"]}]',
    b'[{"service_request_id": "A-1", "status": "closed", "updated_datetime": "yesterday"}]',
    b'[{"service_request_id": "A-2", "status": "closed"}]',
    b"[" * 100_000,
    b'[{"service_request_id": "A-1", "status_notes": "\\u0000\\ud800"}]',
    b'<!DOCTYPE a [<!ENTITY b "c">]><service_requests><request><status>&b;</status></request></service_requests>',
    b"<service_requests>" * 5000,
    b"\xff\xfe\x00",
]


async def test_nonsense_is_survived(desk: Desk) -> None:
    case = await desk.forwarded()
    for said in NONSENSE:
        desk.body.says = [Said(body=said) for _ in range(4)]
        await long_ago(desk.city)
        await desk.follow()
        assert len(desk.body.says) < 4, "it was asked"
        assert (await desk.seen(case))["forwardings"][0]["state"] == "there", said
    dead = await desk.city.rows("select last_error from job where tenant_id = $1 and (state = 'dead' or attempts > 0)")
    assert [row["last_error"] for row in dead] == []


async def test_many_are_asked_after_fifty_at_a_time(desk: Desk) -> None:
    await desk.forwarded()
    async with desk.city.serving(), tenant_tx(write=True) as unit:
        await unit.connection.execute(MORE, unit.tenant_id)
    await desk.follow()
    assert [len(numbers) for numbers in desk.body.asked_after] == [50, 21]


async def test_a_server_that_knows_nothing_of_a_list_is_asked_one_by_one(desk: Desk) -> None:
    case = await desk.forwarded()
    desk.body.requests["A-1"] |= {"status": "closed"}
    nothing = Said(status=404, body=b'[{"code": 404, "description": "no such request"}]')
    found = Said(body=b'[{"service_request_id": "A-1", "status": "closed"}]')
    desk.body.says = [Said(status=404), Said(status=404), nothing, found]
    await desk.follow()
    assert (await desk.public(case))["forwarded"]["status"] == "closed"
    assert desk.body.asked[-1] == "GET requests/A-1.json"
