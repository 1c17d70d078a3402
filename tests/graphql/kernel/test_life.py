"""A staff life of a case, through the kernel's API alone."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from leancity.core.cases import journal
from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.tables import CasePause
from leancity.core.clock.tables import WorkHours
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.i18n.catalogue import LOCALES, text
from leancity.core.moment import now
from leancity.core.testing.city import USER_PASSWORD
from leancity.graphql.kernel.choices import CaseHandoverState
from tests.graphql.kernel.conftest import CASE, REPORT, Office
from tests.graphql.kernel.test_identity import SIGN_IN, cookie_of, posted


async def held(office: Office) -> str:
    """Return a case that the roads hold."""
    return (await office.filed(unit=office.roads))["id"]


async def test_the_case_in_words(office: Office) -> None:
    case = await office.filed("Во дворе ямы", title="Ямы")
    fields = """number title text status statusTitle outcome outcomeTitle closedAt isOverdue version author { name }
      kind { key module title states { key title isFinal } outcomes { key title } } unit { key } assignee { id }
      availableMoves { name title requiresNote outcomes { key title } }
      terms { stage stageTitle kind amount unit assumed source startedAt dueAt timeLeft isOverdue endedAt elapsed } """
    seen = await office.case(case["id"], fields)
    assert seen["number"] == case["number"]
    assert (seen["title"], seen["text"]) == ("Ямы", "Во дворе ямы")
    assert (seen["status"], seen["statusTitle"]) == ("reported", "Поступило")
    nothing = ("outcome", "outcomeTitle", "closedAt", "unit", "assignee", "author")
    assert {seen[name] for name in nothing} == {None}
    assert (seen["isOverdue"], seen["version"]) == (False, 1)
    kind = seen["kind"]
    assert (kind["key"], kind["module"], kind["title"]) == (
        "city_problems.report",
        "city_problems",
        "Городская проблема",
    )
    assert kind["states"][-1] == {"key": "closed", "title": "Закрыто", "isFinal": True}
    assert {"key": "fixed", "title": "Устранено"} in kind["outcomes"]
    assert seen["availableMoves"] == [
        {"name": "sort", "title": "Принять", "requiresNote": False, "outcomes": []},
        {
            "name": "refuse",
            "title": "Отклонить",
            "requiresNote": True,
            "outcomes": [
                {"key": "not_ours", "title": "Не наша компетенция"},
                {"key": "duplicate", "title": "Повтор"},
            ],
        },
        {"name": "forward", "title": "Передать в другой орган", "requiresNote": False, "outcomes": []},
    ]
    whole, reported = sorted(seen["terms"], key=lambda term: term["stage"] or "")
    assert (whole["stage"], whole["stageTitle"], whole["kind"]) == (None, "Городская проблема", "TARGET")
    assert (whole["amount"], whole["unit"], whole["assumed"]) == (10, "WORKING_DAYS", True)
    assert (reported["stage"], reported["stageTitle"], reported["unit"]) == ("reported", "Поступило", "WORKING_HOURS")
    assert reported["source"] == "leancity: city_problems"
    for term in (whole, reported):
        assert term["startedAt"] < term["dueAt"]
        assert (term["isOverdue"], term["endedAt"], term["elapsed"], term["timeLeft"]) == (False, None, None, None)


async def test_what_a_reader_may_not_do_is_not_offered(office: Office) -> None:
    case = await held(office)
    assert (await office.case(case, "availableMoves { name }", as_=office.gardener))["availableMoves"] == []


async def test_moved_to_its_end(office: Office) -> None:
    case = await held(office)
    sorted_ = await office.done(f'caseMove(caseId: "{case}", transition: "sort", expectedVersion: 1)')
    assert (sorted_["status"], sorted_["version"]) == ("sorted", 2)
    by_module = await office.do(f'caseMove(caseId: "{case}", transition: "refuse", outcome: "duplicate", note: "x")')
    assert [(error["field"], error["code"]) for error in by_module["errors"]] == [
        ("transition", "case_move_by_mutation")
    ]
    assert by_module["case"] is None
    with pytest.raises(Refused, match="note: required"):
        await office.refused(case, "duplicate", note="")
    await office.refused(case, "duplicate", note="see CP-1")
    fields = """status outcome outcomeTitle closedAt dueAt terms { stage endedAt elapsed } leadTime { isClosed
      duration { clockSeconds workingSeconds pausedClockSeconds pausedWorkingSeconds }
      states { status statusTitle visits duration { clockSeconds } } }"""
    closed = await office.case(case, fields)
    assert (closed["status"], closed["outcome"], closed["outcomeTitle"]) == ("closed", "duplicate", "Повтор")
    assert closed["closedAt"] and closed["dueAt"] is None
    assert all(term["endedAt"] and term["elapsed"] is not None for term in closed["terms"])
    times = closed["leadTime"]
    assert times["isClosed"] is True
    assert [(state["status"], state["statusTitle"], state["visits"]) for state in times["states"]] == [
        ("reported", "Поступило", 1),
        ("sorted", "Разобрано", 1),
    ]
    assert sum(state["duration"]["clockSeconds"] for state in times["states"]) == times["duration"]["clockSeconds"]


async def test_assigned_within_the_unit(office: Office) -> None:
    case = await held(office)
    assigned = await office.done(f'caseAssign(caseId: "{case}", userId: "{office.dispatcher.id}")')
    assert assigned["assignee"] == {"id": str(office.dispatcher.id), "name": office.dispatcher.principal.name}
    wrong = await office.do(f'caseAssign(caseId: "{case}", userId: "{office.gardener.id}")')
    assert [(error["field"], error["code"]) for error in wrong["errors"]] == [("userId", "case_assignee_elsewhere")]
    assert (await office.done(f'caseAssign(caseId: "{case}")'))["assignee"] is None


async def test_who_saw_an_older_version_is_told_so(office: Office) -> None:
    case = await held(office)
    changing = [
        f'caseMove(caseId: "{case}", transition: "sort", expectedVersion: 0)',
        f'caseAssign(caseId: "{case}", expectedVersion: 0)',
        f'caseHandOver(caseId: "{case}", receiverId: "{office.parks}", expectedVersion: 0)',
        f'casePause(caseId: "{case}", reason: "rain", expectedVersion: 0)',
        f'caseResume(caseId: "{case}", expectedVersion: 0)',
    ]
    (term, *_) = (await office.case(case, "terms { id }"))["terms"]
    changing.append(
        f'caseExtend(termId: "{term["id"]}", reason: "rain", amount: 1, unit: WORKING_DAYS, expectedVersion: 0)'
    )
    for mutation in changing:
        payload = await office.do(mutation)
        assert payload == {
            "case": None,
            "errors": [
                {
                    "field": "expectedVersion",
                    "code": "case_changed",
                    "message": "Дело тем временем изменил кто-то другой. Откройте его заново и повторите",
                }
            ],
        }
    assert (await office.case(case, "version"))["version"] == 1


async def test_commented_for_the_staff_and_for_everybody(office: Office) -> None:
    case = await held(office)
    await office.done(f'caseComment(caseId: "{case}", body: " among us ")', as_=office.gardener)
    fields = "comments { body visibility at author { name } }"
    seen = await office.done(f'caseComment(caseId: "{case}", body: "for you", visibility: PUBLIC)', fields=fields)
    assert [(each["body"], each["visibility"], each["author"]["name"]) for each in seen["comments"]] == [
        ("among us", "INTERNAL", office.gardener.principal.name),
        ("for you", "PUBLIC", office.dispatcher.principal.name),
    ]
    empty = await office.do(f'caseComment(caseId: "{case}", body: " ")')
    assert empty["errors"] == [{"field": "body", "code": "required", "message": "Заполните это поле"}]


async def test_a_file_is_attached_and_fetched(office: Office) -> None:
    case = await held(office)
    mine, strangers = await office.uploaded(as_=office.dispatcher), await office.uploaded()
    await office.done(f'caseAttach(caseId: "{case}", fileId: "{mine["id"]}")')
    claimed = f'fileId: "{strangers["id"]}", claim: "{strangers["claim"]}", role: PROOF, visibility: PUBLIC'
    fields = "files { id name mediaType size role visibility url }"
    files = (await office.done(f'caseAttach(caseId: "{case}", {claimed})', fields=fields))["files"]
    assert [(file["id"], file["role"], file["visibility"]) for file in files] == [
        (mine["id"], "ATTACHMENT", "INTERNAL"),
        (strangers["id"], "PROOF", "PUBLIC"),
    ]
    assert {(file["name"], file["mediaType"]) for file in files} == {("hole.jpg", "image/jpeg")}
    fetched = await office.city.request("GET", files[0]["url"], as_=office.dispatcher)
    assert (fetched.status_code, len(fetched.content)) == (200, files[0]["size"])
    assert (await office.city.request("GET", files[0]["url"])).status_code == 404, "it is internal"
    unclaimed = await office.uploaded()
    refused = await office.do(f'caseAttach(caseId: "{case}", fileId: "{unclaimed["id"]}")')
    assert [(error["field"], error["code"]) for error in refused["errors"]] == [("fileId", "not_found")]


async def test_a_duplicate_is_seen_from_both_ends(office: Office) -> None:
    one, other = await office.filed(), await office.filed()
    fields = "relations { id kind isReverse title other { number } }"
    relating = f'caseRelate(caseId: "{one["id"]}", otherId: "{other["id"]}", kind: DUPLICATE_OF)'
    (relation,) = (await office.done(relating, fields=fields))["relations"]
    of_one = {"kind": "DUPLICATE_OF", "isReverse": False, "title": "Повторяет", "other": {"number": other["number"]}}
    of_other = {"kind": "DUPLICATE_OF", "isReverse": True, "title": "Повторено в", "other": {"number": one["number"]}}
    assert relation == {"id": relation["id"], **of_one}
    (reverse,) = (await office.case(other["id"], fields))["relations"]
    assert reverse == {"id": relation["id"], **of_other}
    circle = await office.do(f'caseRelate(caseId: "{other["id"]}", otherId: "{one["id"]}", kind: DUPLICATE_OF)')
    assert [(error["field"], error["code"]) for error in circle["errors"]] == [("otherId", "case_relation_circular")]
    apart = await office.done(f'caseUnrelate(relationId: "{relation["id"]}")', fields=f"number {fields}")
    assert apart == {"number": one["number"], "relations": []}


async def test_a_pause_moves_the_due_time(office: Office) -> None:
    opened_at, every_day = now() - timedelta(days=9), ["09:00-18:00"] * 7
    async with office.city.serving(), tenant_tx(write=True):
        await WorkHours(weekly=every_day, country="").save()  # whatever day it is
        case = str((await file_case(REPORT, Filing(title="Hole", opened_at=opened_at))).id)
    before = await office.done(f'caseMove(caseId: "{case}", transition: "sort")')
    fields = f"{CASE} pauses {{ reason fromAt untilAt }} terms {{ endedAt dueAt timeLeft }}"
    paused = await office.done(f'casePause(caseId: "{case}", reason: "rain")', fields=fields)
    assert (paused["dueAt"], paused["isPaused"]) == (None, True)
    assert [(pause["reason"], pause["untilAt"]) for pause in paused["pauses"]] == [("rain", None)]
    (running,) = [term for term in paused["terms"] if term["endedAt"] is None]
    assert running["dueAt"] is None and running["timeLeft"] > 0
    again = await office.do(f'casePause(caseId: "{case}", reason: "snow")')
    assert again["errors"][0]["code"] == "case_paused_already"

    async with office.city.serving(), tenant_tx(write=True):  # as if it had been paused a day after it was filed
        await CasePause.update({CasePause.from_at: opened_at + timedelta(days=1)}).where(CasePause.case_id == case)
    resumed = await office.done(f'caseResume(caseId: "{case}")', fields=fields)
    assert resumed["isPaused"] is False and resumed["pauses"][0]["untilAt"]
    assert moment(resumed["dueAt"]) - moment(before["dueAt"]) == timedelta(days=8)


async def test_a_term_is_extended(office: Office) -> None:
    case = await held(office)
    terms = {term["stage"]: term for term in (await office.case(case, "terms { id stage dueAt }"))["terms"]}
    whole, reported = terms[None], terms["reported"]
    extending = f'caseExtend(termId: "{reported["id"]}", reason: "rain", amount: 5, unit: CALENDAR_DAYS)'
    after = {term["stage"]: term for term in (await office.done(extending, fields="terms { stage dueAt }"))["terms"]}
    assert moment(after["reported"]["dueAt"]) >= moment(reported["dueAt"]) + timedelta(days=5)
    assert after[None]["dueAt"] == whole["dueAt"], "the other term stays"
    later = moment(whole["dueAt"]) + timedelta(days=3)
    extended = await office.done(f'caseExtend(termId: "{whole["id"]}", reason: "rain", dueAt: "{later.isoformat()}")')
    assert extended["version"] == 3
    both = f'termId: "{whole["id"]}", reason: "rain", amount: 1, unit: WORKING_DAYS, dueAt: "{later.isoformat()}"'
    wrong = await office.do(f"caseExtend({both})")
    assert [(error["field"], error["code"]) for error in wrong["errors"]] == [("amount", "case_extension_invalid")]


async def test_handed_over_to_the_other_unit(office: Office) -> None:
    case = await held(office)
    fields = f"{CASE} handovers {{ id state note reason giver {{ key }} receiver {{ key }} offeredAt answeredAt }}"
    offering = f'caseHandOver(caseId: "{case}", receiverId: "{office.parks}", note: "a tree")'
    offered = await office.done(offering, fields=fields)
    assert offered["unit"] == {"key": "roads"}, "until it is accepted the giver holds it"
    (offer,) = offered["handovers"]
    assert (offer["state"], offer["note"], offer["answeredAt"]) == ("OFFERED", "a tree", None)
    assert (offer["giver"], offer["receiver"]) == ({"key": "roads"}, {"key": "parks"})
    ours = await office.do(f'caseHandOverAccept(handoverId: "{offer["id"]}")')
    assert [(error["field"], error["code"]) for error in ours["errors"]] == [("handoverId", "case_handover_elsewhere")]
    returning = f'caseHandOverReturn(handoverId: "{offer["id"]}", reason: "no tree")'
    returned = await office.done(returning, as_=office.gardener, fields=fields)
    assert (returned["unit"], returned["handovers"][0]["state"]) == ({"key": "roads"}, "RETURNED")
    assert returned["handovers"][0]["reason"] == "no tree"

    (_, offer) = (await office.done(offering, fields=fields))["handovers"]
    withdrawn = await office.done(f'caseHandOverWithdraw(handoverId: "{offer["id"]}")', fields=fields)
    assert [each["state"] for each in withdrawn["handovers"]] == ["RETURNED", "WITHDRAWN"]

    (*_, offer) = (await office.done(offering, fields=fields))["handovers"]
    accepted = await office.done(f'caseHandOverAccept(handoverId: "{offer["id"]}")', as_=office.gardener, fields=fields)
    assert accepted["unit"] == {"key": "parks"}
    assert [each["state"] for each in accepted["handovers"]] == ["RETURNED", "WITHDRAWN", "ACCEPTED"]


TIMELINE = """query ($id: UUID!, $first: Int, $after: String) { case(id: $id) { timeline(first: $first, after: $after) {
  totalCount pageInfo { hasNextPage endCursor }
  edges { node { kind title status statusTitle outcome outcomeTitle note at
    actor { name } user { name } unit { key } } }
} } }"""


async def test_the_timeline_tells_it_in_order_and_in_words(office: Office) -> None:
    case, other = await held(office), await held(office)
    await office.done(f'caseMove(caseId: "{case}", transition: "sort", note: "по адресу")')
    await office.done(f'caseAssign(caseId: "{case}", userId: "{office.dispatcher.id}")')
    await office.done(f'caseAssign(caseId: "{case}")')
    await office.done(f'caseComment(caseId: "{case}", body: "x")')
    await office.done(f'caseRelate(caseId: "{case}", otherId: "{other}", kind: RELATED)')
    await office.done(f'casePause(caseId: "{case}", reason: "дождь")')
    await office.done(f'caseResume(caseId: "{case}")')
    await office.done(f'caseHandOver(caseId: "{case}", receiverId: "{office.parks}")')
    await office.refused(case, note="частная")
    pages: list[list[dict[str, Any]]] = []
    after = None
    while True:
        asked: dict[str, Any] = {"id": case, "first": 4, "after": after}
        page = (await office.ask(TIMELINE, **asked))["timeline"]
        pages.append([edge["node"] for edge in page["edges"]])
        after = page["pageInfo"]["endCursor"]
        assert page["totalCount"] == 11
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert [len(page) for page in pages] == [4, 4, 3]
    events = [event for page in pages for event in page]
    assert [event["at"] for event in events] == sorted(event["at"] for event in events)
    assert [(event["title"], event["note"]) for event in events] == [
        ("Поступило", ""),
        ("Разобрано", "по адресу"),
        ("Назначен исполнитель", ""),
        ("Исполнитель снят", ""),
        ("Добавлен комментарий", ""),
        ("Связано с другим делом", ""),
        ("Сроки приостановлены", "дождь"),
        ("Сроки возобновлены", ""),
        ("Предложено подразделению", ""),
        ("Предложение отозвано", ""),
        ("Закрыто", "частная"),
    ]
    assert events[0]["actor"] is None, "the platform filed it"
    assert {event["actor"]["name"] for event in events[1:]} == {office.dispatcher.principal.name}
    assert events[2]["user"] == {"name": office.dispatcher.principal.name}
    assert events[8]["unit"] == {"key": "parks"}
    assert (events[10]["outcome"], events[10]["outcomeTitle"]) == ("not_ours", "Не наша компетенция")
    assert {(event["status"], event["statusTitle"]) for event in events[1:10]} == {("sorted", "Разобрано")}


async def test_two_pages_of_one_timeline_at_once(office: Office) -> None:
    case = await held(office)
    await office.done(f'caseMove(caseId: "{case}", transition: "sort")')
    page = "{ edges { cursor node { status } } }"
    (first,) = (await office.case(case, f"timeline(first: 1) {page}"))["timeline"]["edges"]
    both = await office.case(
        case, f'a: timeline(first: 1) {page} b: timeline(first: 1, after: "{first["cursor"]}") {page}'
    )
    assert both["a"]["edges"] == [first]
    assert [edge["node"]["status"] for edge in both["b"]["edges"]] == ["sorted"]
    forged = await office.city.graphql(
        f'{{ case(id: "{case}") {{ timeline(after: "x") {page} }} }}', as_=office.dispatcher
    )
    assert [error["extensions"]["code"] for error in forged["errors"]] == ["CURSOR_INVALID"]


def test_every_event_has_its_words() -> None:
    sources = "".join(path.read_text("utf-8") for path in Path(journal.__file__).parent.glob("*.py"))
    kinds = {*re.findall(r'add_event\(\s*case,\s*"(\w+)"', sources), journal.STATE_ENTERED, "unassigned"}
    kinds |= {f"handover_{state}" for state in CaseHandoverState}
    assert kinds > {"commented", "escalated", "paused"}
    for kind in kinds:
        for locale in LOCALES:
            assert text(f"case_event_{kind}", locale, {"status": "x"}) != f"case_event_{kind}"


async def test_work_under_a_cookie(office: Office) -> None:
    case = await held(office)
    answer = await posted(office.city, SIGN_IN, login=office.gardener.login, password=USER_PASSWORD)
    query = f'mutation {{ caseComment(caseId: "{case}", body: "x") {{ errors {{ code }} case {{ id }} }} }}'
    done = await posted(office.city, query, cookie=cookie_of(answer).value)
    assert done.json()["data"]["caseComment"] == {"errors": [], "case": {"id": case}}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
