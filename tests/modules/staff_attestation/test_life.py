"""The life of a schedule and of an attestation, as each who takes part sees it."""

from __future__ import annotations

import json

import pytest

from tests.modules.staff_attestation.conftest import (
    ACQUAINT,
    COMPOSE,
    DECLARE,
    LIST,
    NOTICE,
    ORDER,
    POSTPONE,
    QUESTIONS,
    RESULT,
    REVIEW,
    SESSION,
    SHEET,
    SIGN,
    VOTE,
    Town,
)

FIGURES = "query ($id: UUID!) { processFigures(cut: { processId: $id }) { closed lead { n } } }"
TERMS = """select kind, amount, unit, assumed from case_term
where tenant_id = $1 and case_id = $2 and stage = '*' order by kind"""
PROCESS = "select id from process where tenant_id = $1 and key = 'staff_attestation.attestation'"


async def test_the_whole_life(town: Town) -> None:
    assert await town.begin() == []
    await town.do("hr", LIST, **town.listed())
    signing = (await town.item("head", SIGN))["form"]["facts"]
    assert [each["person"] for each in signing["attested"]] == [town.id("employee")]
    assert [(each["person"], each["reason"]) for each in signing["exempt"]] == [
        (town.id("newcomer"), "В должности меньше года")
    ]
    await town.do("head", SIGN, signed="yes", order_number="15-к")
    assert await town.titles("newcomer") == [], "who is exempt is asked nothing"
    assert await town.cases() == []
    await town.do("employee", NOTICE, noted=True)
    await town.let_come("wait_start")
    (schedule,) = await town.cases("schedule")
    assert (schedule["status"], schedule["outcome"]) == ("closed", "done")
    (case,) = await town.cases()
    assert (case["title"], case["status"]) == ("Аттестация: Главный специалист", "review")

    await town.do("boss", REVIEW, review_text="Работает хорошо", proposal="fits")
    seen = (await town.item("employee", ACQUAINT))["form"]["facts"]
    assert seen["review_text"] == "Работает хорошо" and "proposal" not in seen and "head" not in seen
    await town.do("employee", ACQUAINT, review_noted=True, objection="Добавлю: вёл два проекта")
    await town.do("secretary", QUESTIONS, test_result=90, questions_asked="О сроках ответа")
    listed = town.listed()
    await town.do("secretary", COMPOSE, members=listed["members"], chair=listed["chair"])
    for who in ("chair", "first", "second", "boss"):
        await town.do(who, DECLARE, conflict=False)
    assert await town.titles("chair") == [], "the day of the session has to come"
    await town.let_come("wait_session")
    await town.do("chair", SESSION, minutes="Вопросы заданы, ответы получены")
    assert VOTE not in await town.titles("boss"), "a supervisor doesn't vote"
    for who, vote in (("chair", "fits"), ("first", "recommendations"), ("second", "recommendations")):
        await town.do(who, VOTE, vote=vote, advice=f"Совет, которого никто не узнает: {vote}")
    assert (await town.cases())[0]["status"] == "results"

    sheet = (await town.item("secretary", SHEET))["form"]["facts"]
    assert sheet["votes"]["votes"] == {"fits": 1, "recommendations": 2, "unfit": 0}
    assert sheet["decision"] == "recommendations"
    papers = sheet["papers"]
    assert "Главный специалист" in papers["sheet"] and "при условии выполнения рекомендаций" in papers["protocol"]
    await town.do("secretary", SHEET, sheet_text=papers["sheet"], protocol_text=papers["protocol"])
    result = (await town.item("employee", RESULT))["form"]["facts"]
    assert result["sheet_text"] == papers["sheet"] and {"votes", "protocol_text"}.isdisjoint(result)
    await town.do("employee", RESULT, result_noted=True)
    await town.do("head", ORDER, result_order="20-к")
    (case,) = await town.cases()
    assert (case["status"], case["outcome"]) == ("closed", "recommendations")
    assert [tuple(row.values()) for row in await town.city.rows(TERMS, case["id"])] == [
        ("baseline", 35.0, "calendar_days", True),
        ("target", 15.0, "calendar_days", True),
    ]
    reader = await town.city.user("core.process.read")
    (process,) = await town.city.rows(PROCESS)
    figures = (await town.city.data(FIGURES, {"id": str(process["id"])}, as_=reader))["processFigures"]
    assert (figures["closed"], figures["lead"]["n"]) == (1, 1)


async def test_everybody_sees_their_own_papers_only(town: Town) -> None:
    case_id = await town.to_the_vote()
    await town.let_come("wait_session")
    await town.do("chair", SESSION, minutes="Состоялось")
    for who in ("chair", "first"):
        await town.do(who, VOTE, vote="unfit")
    facts = await town.facts(case_id)
    assert facts["votes"] is None and "unfit" not in json.dumps(facts), "nothing before the last has voted"
    await town.do("second", VOTE, vote="fits")
    facts = await town.facts(case_id)
    assert facts["votes"]["votes"] == {"fits": 1, "recommendations": 0, "unfit": 2}
    asked = "query ($id: UUID!) { case(id: $id) { number } }"
    for who in ("employee", "newcomer", "boss", "first", "chair"):
        answer = await town.city.graphql(asked, {"id": str(case_id)}, as_=town.people[who])
        assert "errors" in answer or answer["data"]["case"] is None, who
    assert (await town.city.data(asked, {"id": str(case_id)}, as_=town.people["hr"]))["case"] is not None
    (row,) = await town.city.rows("select id from process_instance where tenant_id = $1 and case_id = $2", case_id)
    seeing = "query ($id: UUID!) { processInstance(id: $id) { facts } }"
    analyst = await town.city.user("core.process.read")
    answer = await town.city.graphql(seeing, {"id": str(row["id"])}, as_=analyst)
    assert "errors" in answer, "who reads processes doesn't read the papers of a module's cases"
    all_cases = await town.city.user("core.process.read", "core.case.read")
    assert "errors" in await town.city.graphql(seeing, {"id": str(row["id"])}, as_=all_cases), "a kind apart"
    both = await town.city.user("core.process.read", "core.case.read@own", "staff_attestation.case.read")
    assert (await town.city.data(seeing, {"id": str(row["id"])}, as_=both))["processInstance"]["facts"]["review_text"]
    done = "{ workItems(filter: {states: [DONE]}) { edges { node { form { facts } } } } }"
    (edge, *_) = (await town.city.data(done, as_=town.people["newcomer"]))["workItems"]["edges"] or [None]
    assert edge is None
    for who in ("employee", "boss"):
        forms = json.dumps(await town.city.data(done, as_=town.people[who]))
        assert '"votes"' not in forms and '"unfit"' not in forms, who


async def test_who_drew_the_list_up_does_not_sign_it_as_a_substitute_either(town: Town) -> None:
    assert await town.begin() == []
    await town.do("hr", LIST, **town.listed())
    item = await town.item("head", SIGN)
    head = "mutation ($input: AbsenceInput!) { answer: absenceAdd(input: $input) { errors { code } } }"
    away = {"fromOn": town.day(0), "untilOn": town.day(5), "substituteId": town.id("hr")}
    assert (await town.city.data(head, {"input": away}, as_=town.people["head"]))["answer"]["errors"] == []
    facts = {"signed": "yes", "order_number": "15-к"}
    assert await town.titles("hr") == []
    assert await town.finish(item["id"], "hr", facts) == ["process_item_apart"]
    assert await town.finish(item["id"], "head", facts) == []


@pytest.mark.long
async def test_who_has_a_conflict_does_not_vote_and_too_few_are_another_commission(town: Town) -> None:
    four = [town.id(each) for each in ("chair", "first", "second", "hr")]
    case_id = await town.attest(members=four)
    await town.do("boss", REVIEW, review_text="Работает", proposal="fits")
    await town.do("employee", ACQUAINT, review_noted=True)
    await town.do("secretary", QUESTIONS, test_result=50)
    await town.do("secretary", COMPOSE, members=four[:3], chair=four[0])
    await town.do("chair", DECLARE, conflict=True, conflict_reason="Родственник")
    await town.do("first", DECLARE, conflict=True, conflict_reason="Сосед")
    await town.do("second", DECLARE, conflict=False)
    assert COMPOSE in await town.titles("secretary"), "one of three is no commission"
    await town.do("secretary", COMPOSE, members=four, chair=four[0])
    await town.do("first", DECLARE, conflict=True, conflict_reason="Сосед")
    for who in ("chair", "second", "hr"):
        await town.do(who, DECLARE, conflict=False)
    assert (await town.facts(case_id))["voters"] == [four[0], four[2], four[3]]
    await town.let_come("wait_session")
    await town.do("chair", SESSION, minutes="Состоялось")
    assert await town.titles("first") == []
    await town.do("chair", VOTE, vote="unfit")
    await town.do("second", VOTE, vote="fits")
    await town.let_come("vote_failed")
    assert COMPOSE in await town.titles("secretary"), "a vote cut short is held anew"
    assert (await town.facts(case_id))["votes"] is None


async def test_the_drawing_keeps_its_days(town: Town) -> None:
    assert await town.begin() == []
    await town.do("hr", LIST, **town.listed(session_on=town.day(20)))
    assert await town.titles("head") == [], "less than a month: back to the list"
    await town.do("hr", LIST, **town.listed())
    await town.do("head", SIGN, signed="no", return_note="Не тот председатель")
    back = (await town.item("hr", LIST))["form"]["facts"]
    assert back["return_note"] == "Не тот председатель"
    await town.do("hr", LIST, **town.listed())
    await town.do("head", SIGN, signed="yes", order_number="15-к")
    await town.let_come("notices_late")
    assert await town.titles("employee") == [], "who didn't take note in time holds nobody up"
    (case,) = await town.cases()
    assert case["status"] == "review"


async def test_only_the_personnel_office_begins(town: Town) -> None:
    for who in ("employee", "first", "secretary", "head"):
        assert await town.begin(as_=who) == ["FORBIDDEN"], who
        assert await town.begin("attestation", as_=who) == ["FORBIDDEN"], who
    assert await town.cases() == [] == await town.cases("schedule")


async def test_a_review_seen_too_late_postpones_the_session(town: Town) -> None:
    facts = {
        "person": town.id("employee"),
        "head": town.id("boss"),
        "session_on": town.day(3),
        "position": "Специалист",
    }
    begin = 'mutation ($f: JSON!) { answer: processBegin(process: "staff_attestation.attestation", title: "А",'
    begin += " facts: $f) { errors { code } } }"
    assert (await town.city.data(begin, {"f": facts}, as_=town.people["hr"]))["answer"]["errors"] == []
    await town.do("boss", REVIEW, review_text="Работает", proposal="fits")
    await town.do("employee", ACQUAINT, review_noted=True)
    assert await town.titles("secretary") == []
    await town.do("hr", POSTPONE, session_on=town.day(2))
    assert [each for each in await town.titles("hr") if each == POSTPONE], "still less than a week"
    await town.do("hr", POSTPONE, session_on=town.day(9))
    assert QUESTIONS in await town.titles("secretary")
