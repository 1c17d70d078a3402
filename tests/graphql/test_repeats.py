"""A mutation that is sent twice, as by a phone that lost the answer, is done once."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import httpx
import pytest
import pytest_asyncio

from leancity.core.db.unit import carrying, tenant_tx
from leancity.core.errors import Refused
from leancity.core.idempotency.keys import KeyedRequest
from leancity.core.idempotency.tables import RequestKey
from leancity.core.jobs.outbox import enqueue
from leancity.core.testing.city import USER_PASSWORD, City, TestUser
from tests.modules.city_problems.conftest import let_anybody_report

REPORT = """mutation ($text: String!, $lat: Latitude!) {
  cityProblemsReport(input: {point: {lat: $lat, lon: 142.7}, category: "pothole", text: $text}) {
    errors { field code } report { id number } } }"""
SIGN_IN = (
    "mutation ($login: String!, $password: String!) { signIn(login: $login, password: $password) { viewer { name } } }"
)


@pytest_asyncio.fixture(autouse=True)
async def categories(city: City, another_city: City) -> None:
    from leancity.modules.city_problems.demo import load_categories

    for town in (city, another_city):
        async with town.serving():
            await load_categories()
            await let_anybody_report()


def new_key() -> str:
    return str(uuid.uuid4())


async def send(
    city: City, key: str, *, query: str = REPORT, as_: TestUser | None = None, locale: str = "en", **variables: Any
) -> httpx.Response:
    filled = {"text": "A pothole", "lat": 46.9, **variables} if query == REPORT else variables
    headers = {"Idempotency-Key": key, "Accept-Language": locale, "Origin": f"http://{city.host}"}
    return await city.request("POST", "/graphql", as_=as_, json={"query": query, "variables": filled}, headers=headers)


async def cases(city: City) -> int:
    return len(await city.rows("select id from case_record where tenant_id = $1"))


async def test_a_repeated_request_is_answered_again_and_done_once(city: City) -> None:
    key = new_key()
    first, second, quoted = [await send(city, sent) for sent in (key, key, f'"{key}"')]
    assert "report" in first.json()["data"]["cityProblemsReport"] and "errors" not in first.json()
    assert first.json() == second.json() == quoted.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == quoted.headers["Idempotent-Replayed"] == "true"
    assert await cases(city) == 1
    await send(city, new_key())
    assert await cases(city) == 2


async def test_of_requests_at_once_one_is_done(city: City) -> None:
    key = new_key()
    answers = await asyncio.gather(*(send(city, key) for _ in range(8)))
    assert len({answer.text for answer in answers}) == 1
    assert await cases(city) == 1


async def test_a_refused_request_may_be_sent_again_with_its_key(city: City) -> None:
    key = new_key()
    refused = (await send(city, key, text="")).json()["data"]["cityProblemsReport"]
    assert refused["errors"] and refused["report"] is None
    assert (await send(city, key)).json()["data"]["cityProblemsReport"]["errors"] == []
    assert await cases(city) == 1


async def test_a_key_stands_for_one_request(city: City) -> None:
    key = new_key()
    await send(city, key)
    other = await send(city, key, text="Another", locale="ru")
    assert other.status_code == 422
    assert other.json()["errors"][0] == {
        "message": "Этот ключ уже отмечал другой запрос: дайте каждому запросу свой ключ",
        "extensions": {"code": "IDEMPOTENCY_KEY_REUSED", "field": "Idempotency-Key"},
    }
    assert await cases(city) == 1


async def test_of_other_requests_at_once_under_one_key_none_gets_the_firsts_answer(city: City) -> None:
    key = new_key()
    answers = await asyncio.gather(*(send(city, key, text=f"A pothole, number {n}") for n in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 422, 422, 422, 422, 422]
    assert await cases(city) == 1


async def test_anothers_key_is_their_own(city: City, another_city: City) -> None:
    key = new_key()
    somebody = await city.user("core.case.read")
    numbers = [
        (await send(*where)).json()["data"]["cityProblemsReport"]["report"]["id"]
        for where in ((city, key), (another_city, key))
    ]
    numbers.append((await send(city, key, as_=somebody)).json()["data"]["cityProblemsReport"]["report"]["id"])
    assert len(set(numbers)) == 3


async def test_a_lost_answer_is_said_to_be_lost(city: City) -> None:
    """As where the process was killed between the commit and the answer."""
    key = new_key()
    await send(city, key)
    async with city.serving(), tenant_tx(write=True):
        await RequestKey.update({RequestKey.answer: ""}, force=True)
    answer = await send(city, key)
    assert answer.json()["errors"][0]["extensions"] == {"code": "REQUEST_DONE"}
    assert await cases(city) == 1


@pytest.mark.parametrize("key", ["", "short", "x" * 129, "with a space in it", "ключ-не-из-латиницы"])
async def test_a_bad_key_is_refused(city: City, key: str) -> None:
    headers: dict[str, Any] = {"Idempotency-Key": key.encode()}  # bytes, for a key that is not ASCII
    asked = {"query": REPORT, "variables": {"text": "x", "lat": 1.0}}
    answer = await city.request("POST", "/graphql", json=asked, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_INVALID"
    assert await cases(city) == 0


async def test_a_key_is_for_one_mutation_and_no_query(city: City) -> None:
    one = 'caseFilterSave(name: "x", filter: {}) { errors { code } }'
    answer = await send(city, new_key(), query=f"mutation {{ a: {one} b: {one} }}")
    assert answer.json()["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_FOR_ONE"
    assert (await send(city, "x", query="{ city { slug } }")).json() == {"data": {"city": {"slug": city.tenant.slug}}}


async def test_an_answer_with_a_cookie_is_told_once(city: City) -> None:
    """A second session cookie is not made, and the first is no longer known to us."""
    login = (await city.user("core.case.read")).login
    key = new_key()
    first, second = [await send(city, key, query=SIGN_IN, login=login, password=USER_PASSWORD) for _ in range(2)]
    assert first.json()["data"]["signIn"]["viewer"] and "set-cookie" in first.headers
    assert second.json()["errors"][0]["extensions"]["code"] == "REQUEST_DONE" and "set-cookie" not in second.headers


async def test_nothing_of_an_answer_can_be_read_in_the_database(city: City) -> None:
    await send(city, new_key(), text="A telling text")
    [row] = await city.rows("select answer, fingerprint, key from request_key where tenant_id = $1")
    assert row["answer"] and "report" not in row["answer"]


async def test_a_unit_that_is_undone_leaves_the_key_to_the_next(city: City) -> None:
    async with city.serving():
        request = KeyedRequest.of("k" * 16, "what")
        with carrying(request):
            with pytest.raises(RuntimeError):
                async with tenant_tx(write=True):
                    raise RuntimeError("undone")
            assert not await request.is_done()
            await enqueue("core.prune_nothing", {})
            with pytest.raises(RuntimeError):
                async with tenant_tx(write=True):
                    raise RuntimeError("undone, but not what came before")
            await enqueue("core.prune_nothing", {})
        assert await request.is_done() and not request.repeated
        with carrying(KeyedRequest.of("k" * 16, "what")), pytest.raises(Refused, match="request_done"):
            await enqueue("core.prune_nothing", {})
    assert len(await city.rows("select id from job where tenant_id = $1 and name = 'core.prune_nothing'")) == 2


async def test_the_answers_to_a_person_go_with_them(city: City) -> None:
    resident, officer = await city.user(), await city.user("core.person.erase")
    await send(city, new_key(), as_=resident)
    await send(city, new_key())
    erase = 'mutation ($id: UUID!) { personErase(personId: $id, reason: "asked") { errors { code } } }'
    assert (await city.data(erase, {"id": str(resident.id)}, as_=officer))["personErase"]["errors"] == []
    await city.run_jobs()
    assert [row["user_id"] for row in await city.rows("select user_id from request_key where tenant_id = $1")] == [None]
