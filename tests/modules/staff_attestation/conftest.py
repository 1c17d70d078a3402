"""A city where somebody is attested: the people of it, each with the role that the module brings."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest_asyncio

from leancity.core.clock.instants import local_day
from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now
from leancity.core.processes.running.tables import ProcessTimer
from leancity.core.testing.city import City, TestUser

MODULE = "staff_attestation"
ROLES = {
    "hr": ("hr",),
    "clerk": ("hr",),
    "head": ("head",),
    "secretary": ("secretary",),
    "chair": ("chair", "member"),
    "first": ("member",),
    "second": ("member",),
    "boss": ("employee", "member"),
    "employee": ("employee",),
    "newcomer": ("employee",),
}
_CASES = "select id, title, status, outcome from case_record where tenant_id = $1 and kind = $2"
_FACTS = "select facts from process_instance where tenant_id = $1 and case_id = $2"
LIST, SIGN, NOTICE = (
    "Составить список и назначить день заседания",
    "Подписать приказ",
    "Ознакомиться с приказом и графиком",
)
REVIEW, ACQUAINT, QUESTIONS = "Написать отзыв", "Ознакомиться с отзывом", "Провести тестирование и собрать вопросы"
COMPOSE, DECLARE = "Определить состав комиссии", "Заявить о конфликте интересов или его отсутствии"
SESSION, VOTE, SHEET = "Провести заседание", "Проголосовать тайно", "Оформить аттестационный лист и протокол"
POSTPONE = "Перенести заседание"
RESULT, ORDER = "Ознакомиться с решением", "Подписать приказ по итогам"


@dataclass(kw_only=True)
class Town:
    """The city; ``people`` by what they are. The boss is the employee's supervisor and sits on the commission too."""

    city: City
    people: dict[str, TestUser]

    def id(self, who: str) -> str:
        return str(self.people[who].id)

    def day(self, days: int) -> str:
        return str(local_day(now(), self.city.tenant.zone_info) + timedelta(days=days))

    def listed(self, **more: Any) -> dict[str, Any]:
        """Return the form of the list: the employee, and a newcomer who is exempt."""
        person = {"head": self.id("boss"), "position": "Главный специалист", "in_post_since": self.day(-2000)}
        new = {"head": self.id("boss"), "position": "Специалист", "in_post_since": self.day(-100)}
        return {
            "year": 2027,
            "session_on": self.day(40),
            "people": [{"person": self.id("employee"), **person}, {"person": self.id("newcomer"), **new}],
            "members": [self.id(each) for each in ("chair", "first", "second", "boss")],
            "chair": self.id("chair"),
            **more,
        }

    async def begin(self, process: str = "schedule", as_: str = "hr") -> list[str]:
        data = await self.city.graphql(
            'mutation ($process: String!) { answer: processBegin(process: $process, title: "График") {'
            " errors { code } } }",
            {"process": f"{MODULE}.{process}"},
            as_=self.people[as_],
        )
        if "errors" in data:
            return [error["extensions"]["code"] for error in data["errors"]]
        return [error["code"] for error in data["data"]["answer"]["errors"]]

    async def items(self, who: str) -> list[dict[str, Any]]:
        asked = "{ workItems { edges { node { id title form { facts } } } } }"
        data = await self.city.data(asked, as_=self.people[who])
        return [edge["node"] for edge in data["workItems"]["edges"]]

    async def titles(self, who: str) -> list[str]:
        return [item["title"] for item in await self.items(who)]

    async def item(self, who: str, title: str) -> dict[str, Any]:
        (found,) = [each for each in await self.items(who) if each["title"].startswith(title)]
        return found

    async def finish(self, item_id: str, who: str, facts: dict[str, Any]) -> list[str]:
        data = await self.city.data(
            "mutation ($id: UUID!, $facts: JSON!) { answer: workItemComplete(itemId: $id, facts: $facts) {"
            " errors { code } } }",
            {"id": item_id, "facts": facts},
            as_=self.people[who],
        )
        return [error["code"] for error in data["answer"]["errors"]]

    async def do(self, who: str, title: str, **facts: Any) -> None:
        """Let somebody finish their task of that title."""
        assert await self.finish((await self.item(who, title))["id"], who, facts) == []

    async def cases(self, kind: str = "attestation") -> list[Any]:
        return await self.city.rows(f"{_CASES} order by opened_at", f"{MODULE}.{kind}")

    async def facts(self, case_id: uuid.UUID) -> dict[str, Any]:
        (row,) = await self.city.rows(_FACTS, case_id)
        found: dict[str, Any] = json.loads(row["facts"])
        return found

    async def let_come(self, node: str) -> None:
        """Let the day have come that a node waits for."""
        async with self.city.serving(), tenant_tx(write=True):
            past = {ProcessTimer.due_at: now() - timedelta(minutes=1)}
            await ProcessTimer.update(past).where(ProcessTimer.node_id == node)
        await self.city.run_jobs(all_due=True)
        await self.city.run_jobs()

    async def attest(self, **more: Any) -> uuid.UUID:
        """Take a schedule through its life; return the case of the one attestation that follows."""
        assert await self.begin() == []
        await self.do("hr", LIST, **self.listed(**more))
        await self.do("head", SIGN, signed="yes", order_number="15-к")
        await self.do("employee", NOTICE, noted=True)
        await self.let_come("wait_start")
        (case,) = await self.cases()
        found: uuid.UUID = case["id"]
        return found

    async def to_the_vote(self, conflict: str = "", **more: Any) -> uuid.UUID:
        """Take an attestation to its vote; ``conflict``: which member declares one."""
        case_id = await self.attest(**more)
        await self.do("boss", REVIEW, review_text="Работает хорошо", proposal="fits")
        await self.do("employee", ACQUAINT, review_noted=True)
        await self.do("secretary", QUESTIONS, test_result=90, questions_asked="О сроках ответа")
        facts = self.listed(**more)
        await self.do("secretary", COMPOSE, members=facts["members"], chair=facts["chair"])
        for who in ("chair", "first", "second", "boss"):
            if self.id(who) in facts["members"]:
                mine = {"conflict": True, "conflict_reason": "Родственник"} if who == conflict else {"conflict": False}
                await self.do(who, DECLARE, **mine)
        return case_id


@pytest_asyncio.fixture
async def town(make_city: Callable[..., Awaitable[City]]) -> Town:
    city = await make_city(MODULE)
    people = {name: await city.user(roles=[f"{MODULE}.{role}" for role in roles]) for name, roles in ROLES.items()}
    return Town(city=city, people=people)
