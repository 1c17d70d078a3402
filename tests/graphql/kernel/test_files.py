"""Signed uploads: an address from GraphQL, then a plain PUT."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from leancity.core.files.tickets import LASTS
from leancity.core.identity.accounts import deactivate_person
from leancity.core.identity.vault import seal, unseal
from leancity.core.moment import now
from leancity.core.testing.city import City, TestUser
from tests.core.files.made import pdf, picture

MB = 1024 * 1024
BEGIN = """mutation ($name: String!, $size: Int!) {
  fileUploadBegin(name: $name, size: $size) { upload { url expiresAt limit } errors { field code message } }
}"""


async def begun(city: City, name: str = "акт.pdf", size: int = 1000, *, as_: TestUser | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = (await city.data(BEGIN, {"name": name, "size": size}, as_=as_))["fileUploadBegin"]
    return answer


async def rows(city: City) -> list[Any]:
    return await city.rows("select * from stored_file where tenant_id = $1")


async def test_a_file_is_put_to_the_address_and_is_the_senders(city: City) -> None:
    clerk = await city.user()
    upload = (await begun(city, "../Акт осмотра.exe", as_=clerk))["upload"]
    assert upload["limit"] == 50 * MB and upload["url"].startswith("/files/upload?ticket=")
    assert now() + LASTS - timedelta(minutes=1) < datetime.fromisoformat(upload["expiresAt"]) <= now() + LASTS
    assert await rows(city) == [], "nothing is kept before the file comes"
    answer = await city.request("PUT", upload["url"], content=pdf())  # the address alone is the right to use it
    assert answer.status_code == 201, answer.text
    kept = answer.json()
    assert (kept["name"], kept["mediaType"], kept["size"]) == ("Акт осмотра.pdf", "application/pdf", len(pdf()))
    [row] = await rows(city)
    assert row["uploaded_by"] == clerk.id and str(row["id"]) == kept["id"]
    assert (await city.request("GET", kept["url"], as_=clerk)).content == pdf()
    assert (await city.request("GET", kept["url"])).status_code == 404


async def test_an_address_used_again_leads_to_the_same_file(city: City) -> None:
    clerk = await city.user()
    url = (await begun(city, as_=clerk))["upload"]["url"]
    answers = await asyncio.gather(*(city.request("PUT", url, content=pdf(str(number))) for number in range(4)))
    again = await city.request("PUT", url, content=pdf("other"))
    assert {answer.status_code for answer in [*answers, again]} == {201}
    assert len({answer.text for answer in [*answers, again]}) == 1
    assert len(await rows(city)) == 1


async def test_a_refused_file_uses_no_address_up(city: City) -> None:
    url = (await begun(city, "яма.jpg"))["upload"]["url"]
    refused = await city.request("PUT", url, content=pdf(), headers={"Accept-Language": "ru"})
    assert (refused.status_code, refused.json()["code"]) == (422, "file_type") and await rows(city) == []
    kept = await city.request("PUT", url, content=picture())
    assert kept.status_code == 201 and kept.json()["name"] == "яма.jpg" and kept.json()["claim"]
    assert (await rows(city))[0]["uploaded_by"] is None


@pytest.mark.parametrize(
    ("name", "size", "field", "code"),
    [("x.jpg", 0, "size", "file_empty"), ("x.jpg", 13 * MB, "size", "file_too_large"), (" ", 10, "name", "required")],
)
async def test_what_can_be_said_before_is_said_before(city: City, name: str, size: int, field: str, code: str) -> None:
    answer = await begun(city, name, size)
    assert answer["upload"] is None
    assert [(error["field"], error["code"]) for error in answer["errors"]] == [(field, code)]
    assert "{" not in answer["errors"][0]["message"]


async def test_an_address_of_another_city_or_of_nobody_opens_nothing(city: City, another_city: City) -> None:
    foreign = (await begun(another_city, "x.jpg"))["upload"]["url"]
    async with city.serving():
        others = [f"/files/upload?ticket={seal(text)}" for text in ("x", '{"purpose": "other"}', "[]")]
    for url in (foreign, "/files/upload", "/files/upload?ticket=x", *others):
        answer = await city.request("PUT", url, content=picture())
        assert (answer.status_code, answer.json()["code"]) == (422, "upload_over"), url
    assert await rows(city) == []


async def test_an_address_ends(city: City) -> None:
    url = (await begun(city, "x.jpg"))["upload"]["url"]
    [ticket] = parse_qs(urlsplit(url).query)["ticket"]
    async with city.serving():
        plain = unseal(ticket)
        until = plain.partition('"until": "')[2].partition('"')[0]
        over = seal(plain.replace(until, (now() - timedelta(seconds=1)).isoformat()))
    answer = await city.request("PUT", f"/files/upload?ticket={over}", content=picture())
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_over") and await rows(city) == []


async def test_an_address_ends_with_its_senders_account(city: City) -> None:
    clerk = await city.user()
    url = (await begun(city, as_=clerk))["upload"]["url"]
    async with city.serving():
        await deactivate_person(clerk.id)
    answer = await city.request("PUT", url, content=pdf())
    assert (answer.status_code, answer.json()["code"]) == (422, "upload_over") and await rows(city) == []
