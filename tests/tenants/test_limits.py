"""What a plan allows, asked for as people ask: GraphQL, uploads, the command line."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from leancity.core.errors import Refused
from leancity.core.identity.service import create_user
from leancity.core.tenancy.allowance import Used, used
from leancity.core.tenancy.tables import TenantRow
from leancity.core.testing.city import USER_PASSWORD, City, TestUser
from leancity.modules.city_problems.demo import load_categories
from tests.core.files.made import pdf, picture
from tests.modules.city_problems.conftest import POINT, REPORT, let_anybody_report

INVITE = """mutation ($login: String!) {
  personInvite(login: $login, name: "Анна", email: "a@example.org") { errors { code field message } } }"""
LIMITED = [{"code": "limit_people", "field": "people"}]
ANSWERS = "{ errors { code field } }"


async def limit(city: City, **limits: int) -> None:
    """Let the city be on a plan."""
    await TenantRow.update({TenantRow.limits: json.dumps(limits)}).where(TenantRow.id == city.tenant.id)


def stored(city: City) -> list[Path]:
    """Return the city's files in the store."""
    folder = Path(city.platform.environment["LEANCITY_FILES"]) / city.tenant.slug
    return [path for path in folder.rglob("*") if path.is_file()]


async def send(city: City, content: bytes, name: str = "x.pdf", as_: TestUser | None = None) -> tuple[int, str]:
    """Upload a file; return the status and the code."""
    answer = await city.request("POST", "/files", as_=as_, files={"file": (name, content, "application/pdf")})
    return answer.status_code, answer.json().get("code", "")


@pytest.mark.usefixtures("mailbox")
async def test_staff_beyond_the_plan_is_not_made_invited_or_let_in_again(city: City) -> None:
    chief, leaver = await city.user("core.person.change", "core.person.read"), await city.user()
    await limit(city, people=2)
    refused = (await city.data(INVITE, {"login": "anna"}, as_=chief, locale="ru"))["personInvite"]["errors"]
    assert [(each["code"], each["field"]) for each in refused] == [("limit_people", "people")]
    assert "не более 2" in refused[0]["message"]
    async with city.serving():
        with pytest.raises(Refused, match="limit_people"):
            await create_user("boris", "Борис", USER_PASSWORD)
        await create_user("resident@example.org", "Вера", USER_PASSWORD, kind="resident")
        assert await used() == Used(people=2, storage=0, modules=len(city.tenant.modules))

    query = f'mutation {{ person%s(userId: "{leaver.id}") {ANSWERS} }}'
    assert (await city.data(query % "Activate", as_=chief))["personActivate"]["errors"] == []  # active: no one more
    assert (await city.data(query % "Deactivate", as_=chief))["personDeactivate"]["errors"] == []
    assert (await city.data(INVITE, {"login": "anna"}, as_=chief))["personInvite"]["errors"] == []
    assert (await city.data(query % "Activate", as_=chief))["personActivate"]["errors"] == LIMITED
    await limit(city, people=3)
    assert (await city.data(query % "Activate", as_=chief))["personActivate"]["errors"] == []


async def test_of_many_accounts_made_at_once_no_more_than_allowed_pass(city: City) -> None:
    await limit(city, people=3)

    async def make(number: int) -> str:
        async with city.serving():
            try:
                await create_user(f"user-{number}", "Имя", USER_PASSWORD)
            except Refused as error:
                return error.problems[0].code
        return "made"

    assert Counter(await asyncio.gather(*(make(number) for number in range(6)))) == {"made": 3, "limit_people": 3}
    async with city.serving():
        assert (await used()).people == 3


async def test_an_upload_beyond_the_plan_is_refused_before_and_behind_its_bytes(city: City) -> None:
    clerk, content = await city.user(), pdf("x" * 300_000)
    await limit(city, storage=500_000)
    assert await send(city, content, as_=clerk) == (201, "")
    before = stored(city)
    assert await send(city, pdf("y" * 300_000), as_=clerk) == (422, "limit_storage")

    begun = await city.data(
        'mutation { fileUploadBegin(name: "z.pdf", size: 400000) { upload { url } errors { code } } }', as_=clerk
    )
    url = begun["fileUploadBegin"]["upload"]["url"]

    async def document() -> AsyncIterator[bytes]:
        yield pdf("z" * 300_000)

    unknown = await city.request("PUT", url, content=document())  # how long it is nobody says
    assert (unknown.status_code, unknown.json()["code"]) == (422, "limit_storage")
    assert stored(city) == before and len(before) == 1
    [row] = await city.rows("select count(*) as files from stored_file where tenant_id = $1")
    async with city.serving():
        assert (row["files"], (await used()).storage) == (1, len(content))


async def test_of_uploads_at_once_no_more_than_allowed_are_kept(city: City) -> None:
    clerk = await city.user()
    await limit(city, storage=700_000)
    answers = await asyncio.gather(*(send(city, pdf(str(n) * 300_000), as_=clerk) for n in range(5)))
    assert Counter(answers) == {(201, ""): 2, (422, "limit_storage"): 3}
    assert len(stored(city)) == 2


async def test_a_report_without_a_photo_is_always_taken(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city("city_problems")
    async with city.serving():
        await load_categories()
        await let_anybody_report()
    await limit(city, people=0, storage=0, modules=0)
    assert await send(city, picture(), "hole.jpg") == (422, "limit_storage")
    given: dict[str, Any] = {"point": POINT, "category": "pothole", "text": "A deep hole"}
    assert (await city.data(REPORT, {"input": given}))["cityProblemsReport"]["errors"] == []


async def test_modules_beyond_the_plan_are_not_subscribed_to(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city()
    await limit(city, modules=0)
    done = await asyncio.to_thread(
        city.platform.command, "module", "subscribe", city.tenant.slug, "city_problems", check=False
    )
    assert done.returncode == 1 and done.stderr == "leancity: modules: The plan allows 0 modules, and it would be 1\n"
    await city.refresh()
    assert city.tenant.modules == frozenset()
    await limit(city, modules=1)
    await city.subscribe("city_problems")
    await limit(city, modules=0)
    await city.subscribe("city_problems")  # what one has, one keeps
    await city.leave("city_problems")
    assert city.tenant.modules == frozenset()
