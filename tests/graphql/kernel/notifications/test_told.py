"""Who is told of what happened to a case, in their list and by mail, and who is not, and why."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from leancity.core.cases.bulk_import import ImportedCase, import_cases
from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.moves import move
from leancity.core.moment import now
from leancity.core.plugins.manager import Modules
from leancity.core.testing.city import City
from leancity.graphql.execution import execute, prepare
from leancity.graphql.http import Params
from leancity.graphql.schema import build_schema
from tests.graphql.kernel.conftest import REPORT, MakeOffice
from tests.graphql.kernel.notifications.desk import Desk
from tests.graphql.kernel.test_statements import CALLER, counted

READ_ALL = "mutation ($until: String) { notificationsRead(until: $until) { errors { code } read unreadNotifications } }"


async def test_the_assignee_is_told_in_the_list_and_by_mail_in_their_language(desk: Desk) -> None:
    set_locale = "update user_account set locale = 'en' where tenant_id = $1 and id = $2 returning 1"
    await desk.city.rows(set_locale, desk.clerk.id)
    case = await desk.assigned()
    (line,) = await desk.told(desk.clerk, locale="en")
    number = line["caseNumber"]
    assert line["text"] == f"Case {number} is assigned to you"
    assert (line["event"], line["key"], line["isOwn"], line["readAt"]) == ("assigned", "core.assigned", False, None)
    (letter,) = await desk.letters(desk.clerk)
    assert letter["Subject"] == f"{desk.city.tenant.title}: Case {number} is assigned to you"
    body = letter.get_content()
    assert f"https://{desk.city.host}/cases/{case}" in body and "State: Reported" in body
    assert "Hole" not in body + letter["Subject"], "what people wrote stays in the house"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert await desk.fates(desk.clerk) == [("sent", "")]
    assert await desk.fates(desk.clerk, "INAPP") == [("sent", "")]


async def test_the_author_is_told_how_it_goes_on_and_how_it_ends(desk: Desk) -> None:
    case = await desk.filed()
    await desk.office.done(f'caseMove(caseId: "{case}", transition: "sort")')
    await desk.office.done(f'caseComment(caseId: "{case}", body: "Ask the gas people")')
    await desk.office.done(f'caseComment(caseId: "{case}", body: "We are on it", visibility: PUBLIC)')
    async with desk.city.serving(as_=desk.office.dispatcher):
        await move(UUID(case), "refuse", outcome="not_ours", note="x")
    lines = await desk.told(desk.resident, locale="ru")
    number = lines[0]["caseNumber"]
    assert [line["text"] for line in reversed(lines)] == [
        f"Ваше обращение {number}: теперь «Разобрано»",
        f"Город ответил на ваше обращение {number}",
        f"Ваше обращение {number} закрыто: Не наша компетенция",
    ]
    assert {line["isOwn"] for line in lines} == {True}
    answered, closed = await desk.letters(desk.resident)
    assert f"/my-cases/{case}" in answered.get_content()
    assert "Состояние: Закрыто (Не наша компетенция)" in closed.get_content()
    assert "gas" not in answered.get_content() + closed.get_content()


async def test_who_did_it_is_not_told(desk: Desk) -> None:
    case = await desk.filed()
    await desk.office.done(f'caseAssign(caseId: "{case}", userId: "{desk.office.dispatcher.id}")')
    await desk.office.done(f'caseComment(caseId: "{case}", body: "x", visibility: PUBLIC)')
    assert await desk.told(desk.office.dispatcher) == []
    assert [line["event"] for line in await desk.told(desk.resident)] == ["commented"]
    assert await desk.fates(desk.office.dispatcher) == []


async def test_a_unit_is_told_of_what_it_is_offered_and_gets_back(desk: Desk) -> None:
    outsider = await desk.person(unit_id=desk.office.parks)
    case = await desk.filed()
    offer = f'caseHandOver(caseId: "{case}", receiverId: "{desk.office.parks}")'
    handovers = await desk.office.done(offer, fields="handovers { id }")
    assert [line["event"] for line in await desk.told(desk.office.gardener)] == ["handover_offered"]
    assert await desk.told(outsider) == [] and await desk.fates(outsider) == [], "who may see no case is not meant"
    returned = f'caseHandOverReturn(handoverId: "{handovers["handovers"][0]["id"]}", reason: "too deep")'
    await desk.office.do(returned, as_=desk.office.gardener, fields="id")
    assert [line["event"] for line in await desk.told(desk.clerk)] == ["handover_returned"]
    assert len(await desk.letters(desk.clerk)) == 1


async def test_an_escalation_reaches_the_role_that_it_names(desk: Desk) -> None:
    reminded = await desk.person(role="city_problems.clerk")
    await desk.assigned()
    await desk.run()
    assert await desk.told(reminded) == []
    escalate = "update case_escalation set at = $2 where tenant_id = $1 returning id"
    await desk.city.rows(escalate, now())
    await desk.its_time_comes("core.case_escalate")
    assert [(line["event"], line["key"]) for line in await desk.told(reminded)] == [("escalated", "core.escalated")]
    assert {line["key"] for line in await desk.told(desk.clerk)} == {"core.assigned", "core.due_soon"}


async def test_a_right_that_went_meanwhile_stops_the_letter_and_hides_the_line(desk: Desk) -> None:
    case = await desk.assigned()
    await desk.city.run_jobs()  # core.notify: the letter is on its way
    assert len(await desk.told(desk.clerk)) == 1
    case_of_parks = (
        "update case_record set unit_id = $2, assignee_id = null where tenant_id = $1 and id = $3 returning 1"
    )
    narrow = "update role set permissions = '{core.case.read@unit}' where tenant_id = $1 and key = $2 returning 1"
    desk.mailbox.letters.clear()
    again = await desk.assigned()
    await desk.city.run_jobs()
    await desk.city.rows(narrow, f"core.{desk.clerk.login}")
    for each in (case, again):
        await desk.city.rows(case_of_parks, desk.office.parks, each)
    assert await desk.letters(desk.clerk) == []
    assert await desk.fates(desk.clerk) == [("sent", ""), ("skipped", "no_right")]
    assert await desk.told(desk.clerk) == [], "nor does the list show what they may not see now"
    data = await desk.city.data("{ unreadNotifications }", as_=desk.clerk)
    assert data == {"unreadNotifications": 0}


async def test_a_case_that_changed_hands_before_anybody_was_told_tells_the_new_ones(desk: Desk) -> None:
    case = await desk.assigned()
    await desk.office.done(f'caseAssign(caseId: "{case}", userId: null)')
    assert await desk.told(desk.clerk) == []
    await desk.city.rows(
        "update user_account set is_active = false where tenant_id = $1 and id = $2 returning 1", desk.clerk.id
    )
    await desk.city.rows(
        "update case_record set assignee_id = $2 where tenant_id = $1 and id = $3 returning 1", desk.clerk.id, case
    )
    await desk.office.done(f'caseComment(caseId: "{case}", body: "x")')
    await desk.run()
    assert await desk.fates(desk.clerk, "INAPP") == [("skipped", "inactive")]


async def test_without_an_address_the_log_says_so(desk: Desk) -> None:
    await desk.city.rows(
        "update user_account set email = '' where tenant_id = $1 and id = $2 returning 1", desk.clerk.id
    )
    await desk.assigned()
    assert len(await desk.told(desk.clerk)) == 1
    assert await desk.fates(desk.clerk) == [("skipped", "no_address")]
    (row,) = [row for row in await desk.log(state="SKIPPED") if row["channel"] == "EMAIL"]
    assert row["reasonTitle"] == "нет адреса электронной почты"


async def test_the_list_is_paged_read_and_counted(desk: Desk) -> None:
    for _ in range(3):
        await desk.assigned()
    await desk.run()
    page = """query ($after: String, $unread: Boolean = false) { unreadNotifications notifications(first: 2,
      after: $after, unreadOnly: $unread) { totalCount pageInfo { endCursor } edges { cursor node { id cursor } } } }"""
    first = await desk.city.data(page, as_=desk.clerk)
    assert first["unreadNotifications"] == 3
    assert [edge["cursor"] for edge in first["notifications"]["edges"]] == [
        edge["node"]["cursor"] for edge in first["notifications"]["edges"]
    ]
    after = {"after": first["notifications"]["pageInfo"]["endCursor"]}
    rest = await desk.city.data(page, after, as_=desk.clerk)
    ids = [edge["node"]["id"] for data in (first, rest) for edge in data["notifications"]["edges"]]
    assert len({*ids}) == 3
    by_id = "mutation ($ids: [UUID!]) { notificationsRead(ids: $ids) { read unreadNotifications } }"
    stranger = await desk.city.data(by_id, {"ids": ids}, as_=desk.office.dispatcher)
    assert stranger["notificationsRead"]["read"] == 0, "only one's own"
    assert (await desk.city.data(by_id, {"ids": ids[:1]}, as_=desk.clerk))["notificationsRead"] == {
        "read": 1,
        "unreadNotifications": 2,
    }
    until = {"until": rest["notifications"]["edges"][0]["cursor"]}  # the eldest
    assert (await desk.city.data(READ_ALL, until, as_=desk.clerk))["notificationsRead"]["unreadNotifications"] == 1
    unread = await desk.city.data(page, {"unread": True}, as_=desk.clerk)
    assert [edge["node"]["id"] for edge in unread["notifications"]["edges"]] == ids[1:2]
    assert unread["notifications"]["totalCount"] == 1
    wrong = await desk.city.data(READ_ALL, {"until": "x"}, as_=desk.clerk)
    assert [error["code"] for error in wrong["notificationsRead"]["errors"]] == ["cursor_invalid"]


async def test_fifty_cost_as_many_statements_as_two(
    desk: Desk, modules: Modules, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk.city.serving(as_=desk.office.dispatcher):
        for _ in range(50):
            filing = Filing(title="Hole", unit_id=UUID(desk.office.roads), author_id=desk.resident.id)
            await file_case(REPORT, filing)
    await desk.run()
    schema = build_schema(modules, modules.names)

    async def cost(first: int) -> int:
        query = f"{{ notifications(first: {first}) {{ totalCount edges {{ node {{ text caseTitle cursor }} }} }} }}"
        with counted(monkeypatch) as statements:
            async with desk.city.serving(as_=desk.resident):
                params = Params(query=query)
                answer = await execute(schema, params, prepare(schema, params, CALLER))
        assert len(answer["data"]["notifications"]["edges"]) == first
        return len(statements)

    assert await cost(50) == await cost(2) <= 4


async def test_imported_history_tells_nobody(desk: Desk) -> None:
    async with desk.city.serving():
        old = [ImportedCase(external_id=str(n), title="x", text="", opened_at=now()) for n in range(1000)]
        written = await import_cases(REPORT, "old", old)
    assert len(written) == 1000
    for table in ("job", "notification", "notification_delivery"):
        assert (await _count(desk.city, table)) == 0, table
    assert await desk.city.rows("select 1 from announcement where tenant_id = $1 and topic = 'core.case'") == []


async def _count(city: City, table: str) -> int:
    statements = {
        "job": "select count(*) from job where tenant_id = $1 and name like 'core.%notif%'",
        "notification": "select count(*) from notification where tenant_id = $1",
        "notification_delivery": "select count(*) from notification_delivery where tenant_id = $1",
    }
    return int((await city.rows(statements[table]))[0][0])


async def test_two_cities_never_mix(desk: Desk, make_office: MakeOffice) -> None:
    other = await make_office()
    case = await desk.assigned()
    (line,) = await desk.told(desk.clerk)
    await other.city.run_jobs()
    assert await other.city.data("{ unreadNotifications }", as_=other.dispatcher) == {"unreadNotifications": 0}
    page = await other.ask("query ($case: UUID) { notificationDeliveries(caseId: $case) { totalCount } }", case=case)
    assert page["totalCount"] == 0
    marked = await other.city.data(
        "mutation ($ids: [UUID!]) { notificationsRead(ids: $ids) { read } }",
        {"ids": [line["id"]]},
        as_=other.dispatcher,
    )
    assert marked["notificationsRead"]["read"] == 0


async def test_what_nobody_can_be_told_of_asks_for_no_job(
    desk: Desk, make_city: Callable[..., Awaitable[City]]
) -> None:
    before = await _count(desk.city, "job")
    async with desk.city.serving(as_stranger=True):
        await file_case(REPORT, Filing(title="x"))
    assert await _count(desk.city, "job") == before
