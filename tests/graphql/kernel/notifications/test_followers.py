"""Who follows a case is told what everybody may know of it, for as long as they follow."""

from __future__ import annotations

from uuid import UUID

from leancity.core.cases.followers import add_followers, clear_followers, follow, is_followed, unfollow
from leancity.core.cases.moves import move
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.erased_parts import KERNEL_PARTS
from leancity.core.plugins.contributions import ErasedPerson
from leancity.core.testing.city import TestUser
from tests.graphql.kernel.notifications.desk import Desk, account

FOLLOWED = "{ notifications { edges { node { event isOwn isFollowed } } } }"


async def following(desk: Desk, case: str, *people: TestUser) -> None:
    for person in people:
        async with desk.city.serving(as_=person):
            await follow(UUID(case))


async def refused(desk: Desk, case: str, note: str = "x") -> None:
    async with desk.city.serving(as_=desk.office.dispatcher):
        await move(UUID(case), "refuse", outcome="not_ours", note=note)


async def test_a_resident_who_follows_hears_how_it_ends_and_no_word_of_the_inside(desk: Desk) -> None:
    neighbour, case = await account(desk.city, kind="resident"), await desk.filed()
    await following(desk, case, neighbour)
    await desk.office.done(f'caseMove(caseId: "{case}", transition: "sort")')
    await desk.office.done(f'caseAssign(caseId: "{case}", userId: "{desk.clerk.id}")')
    await desk.office.done(f'caseComment(caseId: "{case}", body: "Ask the gas people")')
    await desk.office.done(f'caseComment(caseId: "{case}", body: "We are on it", visibility: PUBLIC)')
    await refused(desk, case, "secret")
    lines = await desk.told(neighbour, locale="ru")
    number = lines[0]["caseNumber"]
    assert [line["text"] for line in reversed(lines)] == [
        f"Город ответил на обращение {number}, за которым вы следите",
        f"Обращение {number}, за которым вы следите, закрыто: Не наша компетенция",
    ]
    shown = await desk.city.data(FOLLOWED, as_=neighbour)
    assert {(e["node"]["isOwn"], e["node"]["isFollowed"]) for e in shown["notifications"]["edges"]} == {(False, True)}
    answered, closed = await desk.letters(neighbour)
    assert f"https://{desk.city.host}/followed-cases/{case}" in closed.get_content()
    assert "secret" not in closed.get_content() + answered.get_content()


async def test_who_no_longer_follows_loses_the_lines_and_is_told_nothing_more(desk: Desk) -> None:
    neighbour, other, case = await account(desk.city, kind="resident"), await desk.person(), await desk.filed()
    await following(desk, case, neighbour, other)
    await desk.office.done(f'caseComment(caseId: "{case}", body: "We are on it", visibility: PUBLIC)')
    assert len(await desk.told(neighbour)) == len(await desk.told(other)) == 1
    async with desk.city.serving(as_=neighbour):
        assert await is_followed([UUID(case)]) == {UUID(case)}
        await unfollow(UUID(case))
        assert await is_followed([UUID(case)]) == set()
    assert await desk.told(neighbour) == []
    async with desk.city.serving():
        assert await clear_followers(UUID(case)) == 1
    await refused(desk, case)
    assert await desk.told(other) == [], "the case was hidden from everybody"
    assert len(await desk.letters(other)) == 1, "of the answer, before"


async def test_a_letter_that_waits_is_not_sent_once_the_case_is_hidden(desk: Desk) -> None:
    neighbour, case = await account(desk.city, kind="resident"), await desk.filed()
    await following(desk, case, neighbour)
    key = "city_problems.closed_followed"
    assert await desk.prefer(neighbour, (key, "EMAIL", "DIGEST")) == []
    await refused(desk, case)
    await desk.run()
    async with desk.city.serving():
        await clear_followers(UUID(case))
    assert await desk.its_time_comes("core.send_digest") == 1
    assert await desk.letters(neighbour) == []
    assert await desk.fates(neighbour) == [("skipped", "no_right")]


async def test_who_filed_and_follows_is_told_once_as_who_filed(desk: Desk) -> None:
    case = await desk.filed()
    await following(desk, case, desk.resident)
    await refused(desk, case)
    (line,) = await desk.told(desk.resident)
    assert line["isOwn"] and line["key"] == "core.closed"
    assert len(await desk.letters(desk.resident)) == 1


async def test_more_followers_than_one_statement_takes_are_told_all(desk: Desk) -> None:
    case, many = await desk.filed(), 1200
    add = (
        "insert into user_account (id, tenant_id, login, kind) select gen_random_uuid(), $1, 'crowd-' || n, 'resident'"
        " from generate_series(1, $2::int) n returning id"
    )
    crowd = [row["id"] for row in await desk.city.rows(add, many)]
    async with desk.city.serving(), tenant_tx(write=True):
        assert await add_followers(UUID(case), crowd) == many
        assert await add_followers(UUID(case), crowd) == 0
    await refused(desk, case)
    await desk.run()
    told = await desk.city.rows("select count(*) as n from notification where tenant_id = $1 and not is_own")
    assert told[0]["n"] == many


async def test_a_rule_for_followers_can_tell_nothing_of_the_inside(desk: Desk) -> None:
    add = """mutation ($input: NotificationRuleInput!) { notificationRuleAdd(input: $input) {
      errors { field code } rule { key } } }"""

    async def tried(**fields: str) -> list[str]:
        given = {"title": "T", "audience": "follower", "channels": ["INAPP"], **fields}
        payload = (await desk.city.data(add, {"input": given}, as_=desk.office.dispatcher))["notificationRuleAdd"]
        return [error["field"] for error in payload["errors"]]

    assert await tried(event="assigned") == ["audience"]
    assert await tried(event="commented") == ["visibility"]
    assert await tried(event="commented", visibility="INTERNAL") == ["visibility"]
    assert await tried(event="moved") == []
    case, neighbour = await desk.filed(), await account(desk.city, kind="resident")
    await following(desk, case, neighbour)
    await desk.office.done(f'caseMove(caseId: "{case}", transition: "sort")')
    (line,) = await desk.told(neighbour)
    assert line["text"] == f"Case {line['caseNumber']}, which you follow, is now: Sorted"


async def test_who_is_erased_follows_nothing(desk: Desk) -> None:
    neighbour, other, case = await account(desk.city, kind="resident"), await desk.person(), await desk.filed()
    await following(desk, case, neighbour, other)
    gone = ErasedPerson(person_id=neighbour.id, email="", phone="")
    async with desk.city.serving(), tenant_tx(write=True):
        assert (await KERNEL_PARTS["core.cases"](gone)).erased == 1
    left = await desk.city.rows("select user_id from case_follower where tenant_id = $1")
    assert [row["user_id"] for row in left] == [other.id]
