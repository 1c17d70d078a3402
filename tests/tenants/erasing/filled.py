"""A city in which people have lived: each kind of trace that they leave carries a text that is nowhere else."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import City, TestUser
from leancity.modules.city_problems.demo import load_categories
from tests.core.files.made import pdf, picture
from tests.modules.city_problems.conftest import POINT, REPORT, let_anybody_report

_INVITE = """mutation ($login: String!, $name: String!, $email: String!) {
  personInvite(login: $login, name: $name, email: $email) { errors { code } } }"""
_COMMENT = """mutation ($case: UUID!, $body: String!) {
  caseComment(caseId: $case, body: $body, visibility: PUBLIC) { errors { code } } }"""
_ATTACH = """mutation ($case: UUID!, $file: UUID!) { caseAttach(caseId: $case, fileId: $file) { errors { code } } }"""
_FILTER = """mutation ($name: String!) { caseFilterSave(name: $name, filter: {}) { errors { code } } }"""
_TOKEN = """mutation ($title: String!) { tokenCreate(title: $title, days: 3) { errors { code } } }"""


@dataclass(frozen=True, kw_only=True)
class Markers:
    """Texts that stand in the database of the city and nowhere else; ``content`` stands in a stored file."""

    resident: str
    phone: str
    email: str
    document: str
    colleague: str
    colleague_email: str
    comment: str
    file_name: str
    filter: str
    token: str
    content: str

    @property
    def in_rows(self) -> list[str]:
        return [value for name, value in vars(self).items() if name != "content"]

    @property
    def all(self) -> list[str]:
        return [*vars(self).values()]


def markers() -> Markers:
    """Return texts that nobody has used before."""

    def word() -> str:
        return f"Zq{secrets.token_hex(6)}"

    return Markers(
        resident=f"Маркина {word()}",
        phone=f"+7 914 {secrets.randbelow(10**7):07d}",
        email=f"{word().lower()}@people.example",
        document=f"64 08 {secrets.randbelow(10**9):09d}",
        colleague=f"Сотрудников {word()}",
        colleague_email=f"{word().lower()}@staff.example",
        comment=f"Замечание {word()}",
        file_name=word(),
        filter=f"Отбор {word()}",
        token=f"Ключ {word()}",
        content=word(),
    )


async def fill(city: City, made: Markers) -> TestUser:
    """Let people live in a city; return its clerk."""
    async with city.serving():
        await load_categories()
        await let_anybody_report()
    rights = ("core.person.change", "core.person.read", "core.role.change")
    roles = ("core.administrator", "core.dispatcher", "city_problems.clerk")
    clerk = await city.signed_in(await city.user(*rights, roles=roles))
    photo = await city.request("POST", "/files", files={"file": ("hole.jpg", picture(), "image/jpeg")})
    given: dict[str, Any] = {
        "point": POINT,
        "category": "pothole",
        "text": f"Паспорт {made.document}",
        "reporterName": made.resident,
        "reporterPhone": made.phone,
        "reporterEmail": made.email,
        "photos": [{"id": photo.json()["id"], "claim": photo.json()["claim"]}],
    }
    filed = await _done(city, REPORT, {"input": given})
    case = filed["report"]["id"]
    await _done(city, _COMMENT, {"case": case, "body": made.comment}, clerk)
    sent = {"file": (f"{made.file_name}.pdf", pdf(made.content), "application/pdf")}
    document = await city.request("POST", "/files", as_=clerk, files=sent)
    await _done(city, _ATTACH, {"case": case, "file": document.json()["id"]}, clerk)
    invited = {"login": made.colleague_email, "name": made.colleague, "email": made.colleague_email}
    await _done(city, _INVITE, invited, clerk)
    await _done(city, _FILTER, {"name": made.filter}, clerk)
    await _done(city, _TOKEN, {"title": made.token}, clerk)
    async with city.serving():
        await change_settings(installed_modules(), "core", {"residents_may_register": True})
    # What is wrong with what somebody typed, and who may not sign in, is no line of a log either.
    wrong = {**given, "text": "", "reporterEmail": f"{made.email} {made.phone}"}
    assert (await city.data(REPORT, {"input": wrong}))["cityProblemsReport"]["errors"]
    await city.graphql(
        f'mutation {{ signIn(login: "{made.email}", password: "{made.phone}") {{ errors {{ code }} }} }}'
    )
    await city.graphql(f'{{ "{made.resident}" }}')
    return clerk


async def _done(city: City, query: str, values: dict[str, Any], as_: TestUser | None = None) -> dict[str, Any]:
    [payload] = (await city.data(query, values, as_=as_)).values()
    assert payload["errors"] == [], payload
    result: dict[str, Any] = payload
    return result
