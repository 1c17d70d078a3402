"""People are told of their tasks: who has one or may take it, who stands in; not of the test stand, nor too many."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from leancity.core.identity.units import create_unit
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.core.processes.running.absence import NewAbsence, add_absence
from leancity.core.processes.running.begin import begin
from leancity.core.settings.service import change_settings
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.mailbox import Mailbox
from tests.core.processes.publishing import publish
from tests.core.processes.work.conftest import FORM, KEY, PERMIT

WORKER = ("core.task.work@unit", "core.unit.read")
"""They read no cases: a task is told of by the right to do it."""
HEAD = (*WORKER, "core.task.assign@unit")
LIST = "{ notifications { edges { node { event text workItemId caseNumber } } } unreadNotifications }"
TOLD = "select user_id, event from notification where tenant_id = $1 order by at, id"
FATES = "select state, reason from notification_delivery where tenant_id = $1 and user_id = $2 and channel = 'email'"
ITEM = "select * from work_item where tenant_id = $1 order by available_at desc, id limit 1"
QUIET = """mutation { notificationPreferencesChange(modes: [
  {key: "core.task_ready", channel: EMAIL, mode: DIGEST}]) { errors { code } } }"""
DUE = "update work_item set due_at = $2 where tenant_id = $1"


@dataclass(kw_only=True)
class _Shop:
    """A unit with two clerks and a head."""

    city: City
    unit_id: uuid.UUID
    clerk: TestUser
    colleague: TestUser
    head: TestUser

    async def begin(self, **more: Any) -> None:
        async with self.city.serving():
            await begin(KEY, {}, title="A trench", unit_id=self.unit_id, **more)
        await self.city.run_jobs()

    async def told(self) -> set[tuple[uuid.UUID, str]]:
        return {(row["user_id"], row["event"]) for row in await self.city.rows(TOLD)}

    async def item(self) -> Any:
        (found,) = await self.city.rows(ITEM)
        return found

    async def do(self, verb: str, as_: TestUser, **more: str) -> None:
        given = "".join(f', {name}: "{value}"' for name, value in more.items())
        item = (await self.item())["id"]
        text = f'mutation {{ answer: workItem{verb}(itemId: "{item}"{given}) {{ errors {{ code }} }} }}'
        assert (await self.city.data(text, as_=as_))["answer"]["errors"] == []
        await self.city.run_jobs()

    async def list_of(self, person: TestUser, locale: str = "en") -> list[Any]:
        data = await self.city.data(LIST, as_=person, locale=locale)
        return [edge["node"] for edge in data["notifications"]["edges"]]


async def shop_in(make_city: Callable[..., Awaitable[City]]) -> _Shop:
    city = await make_city()
    async with city.serving():
        unit_id = await create_unit("roads", "Roads")
    clerk, colleague = [await city.user(*WORKER, unit_id=unit_id) for _ in range(2)]
    head = await city.user(*HEAD, unit_id=unit_id)
    lanes = {"Clerks": {"unit_id": unit_id}, "Signers": {"unit_id": unit_id}}
    await publish(city, PERMIT, KEY, lanes=lanes, forms={"check": FORM})
    return _Shop(city=city, unit_id=unit_id, clerk=clerk, colleague=colleague, head=head)


async def settle(city: City, **values: Any) -> None:
    async with city.serving():
        await change_settings(installed_modules(), "core", values)


async def test_who_may_take_a_task_is_told_of_it_by_list_and_mail(
    make_city: Callable[..., Awaitable[City]], mailbox: Mailbox
) -> None:
    shop = await shop_in(make_city)
    await shop.begin()
    assert await shop.told() == {(each.id, "task_ready") for each in (shop.clerk, shop.colleague, shop.head)}
    (line,) = await shop.list_of(shop.clerk, "ru")
    assert line["text"] == f"Вас ждёт задача по делу {line['caseNumber']}", "they may do it, and read no cases"
    assert line["workItemId"] == str((await shop.item())["id"])
    await shop.city.run_jobs()
    (letter,) = mailbox.to(f"{shop.clerk.login}@example.org")
    assert f"/tasks/{(await shop.item())['id']}" in letter.get_content()
    assert "trench" not in letter.get_content(), "a letter tells a number, and nothing that people wrote"
    (fate,) = await shop.city.rows(FATES, shop.clerk.id)
    assert fate["state"] == "sent"


async def test_who_is_given_a_task_is_told_and_what_others_took_is_gone(
    make_city: Callable[..., Awaitable[City]], mailbox: Mailbox
) -> None:
    shop = await shop_in(make_city)
    await settle(shop.city, tasks_told_most=0)
    await shop.begin()
    assert await shop.told() == set(), "the city wants only those to be told who are given a task"
    await shop.do("Assign", shop.head, userId=str(shop.clerk.id))
    assert await shop.told() == {(shop.clerk.id, "task_ready")}
    await shop.do("Delegate", shop.clerk, userId=str(shop.colleague.id))
    assert await shop.told() == {(shop.clerk.id, "task_ready"), (shop.colleague.id, "task_ready")}
    assert await shop.list_of(shop.clerk) == [], "another has it now"
    assert len(await shop.list_of(shop.colleague)) == 1
    await shop.do("Release", shop.colleague)
    await shop.do("Claim", shop.clerk)
    assert len(await shop.told()) == 2, "who takes a task knows"


async def test_a_letter_about_a_task_that_another_took_is_not_sent(
    make_city: Callable[..., Awaitable[City]], mailbox: Mailbox
) -> None:
    shop = await shop_in(make_city)
    await shop.city.data(QUIET, as_=await shop.city.signed_in(shop.colleague))
    await shop.begin()
    await shop.do("Claim", shop.clerk)
    await shop.city.run_jobs(all_due=True)
    (fate,) = await shop.city.rows(FATES, shop.colleague.id)
    assert (fate["state"], fate["reason"]) == ("skipped", "task_gone")
    assert mailbox.to(f"{shop.colleague.login}@example.org") == []


async def test_who_stands_in_is_told_while_the_other_is_away(
    make_city: Callable[..., Awaitable[City]], mailbox: Mailbox
) -> None:
    shop = await shop_in(make_city)
    await settle(shop.city, tasks_told_most=0)
    today = now().astimezone(shop.city.tenant.zone_info).date()
    async with shop.city.serving(as_=shop.clerk):
        away = NewAbsence(from_on=today, until_on=today + timedelta(days=2), substitute_id=shop.colleague.id)
        await add_absence(away)
    await shop.begin()
    await shop.do("Assign", shop.head, userId=str(shop.clerk.id))
    assert await shop.told() == {(shop.clerk.id, "task_ready"), (shop.colleague.id, "task_ready")}
    assert len(await shop.list_of(shop.colleague)) == 1
    await shop.city.rows("delete from absence where tenant_id = $1")
    assert await shop.list_of(shop.colleague) == [], "they stand in no longer"


async def test_terms_are_told_once_and_only_while_they_hold(
    make_city: Callable[..., Awaitable[City]], mailbox: Mailbox
) -> None:
    shop = await shop_in(make_city)
    term = PERMIT.replace(
        b'<lean:form key="check"/>',
        b'<lean:form key="check"/><lean:term amount="5" unit="working_days" start="next_day"/>',
    )
    lanes = {"Clerks": {"unit_id": shop.unit_id}}
    await publish(shop.city, term, KEY, lanes=lanes, forms={"check": FORM})
    await shop.begin()
    assert (await shop.item())["due_at"] is not None
    assert {event for _, event in await shop.told()} == {"task_ready"}
    await shop.city.run_jobs(all_due=True)
    await shop.city.run_jobs()
    events = [row["event"] for row in await shop.city.rows(TOLD) if row["user_id"] == shop.clerk.id]
    assert sorted(events) == ["task_due_soon", "task_overdue", "task_ready"]
    await shop.begin()
    await shop.city.rows(DUE, now() + timedelta(days=30))
    before = len(await shop.city.rows(TOLD))
    await shop.city.run_jobs(all_due=True)
    assert len(await shop.city.rows(TOLD)) == before, "it falls due at another time by now, which has a job of its own"


async def test_the_test_stand_tells_nobody(make_city: Callable[..., Awaitable[City]], mailbox: Mailbox) -> None:
    shop = await shop_in(make_city)
    drawer = await shop.city.user("core.process.change", "core.process.read")
    version = await publish(shop.city, PERMIT, "tried", mark="test")
    text = f'mutation {{ answer: processTry(versionId: "{version.id}", title: "x") {{ errors {{ code }} }} }}'
    assert (await shop.city.data(text, as_=drawer))["answer"]["errors"] == []
    await shop.city.run_jobs()
    assert (await shop.item())["mark"] == "test"
    assert await shop.told() == set()
