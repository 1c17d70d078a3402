"""A process goes the five steps through GraphQL; what a step lacks is refused in words that say what to do."""

from __future__ import annotations

from tests.core.processes.versions.conftest import MEASURE, PROCESS, VERSION, Workshop
from tests.core.processes.versions.models import permit, sketch

STAGE = "{ processVersion(id: %s) { stage agreements { subject state note } measures { title isWaiver } } }"


async def test_from_a_drawing_to_production(workshop: Workshop) -> None:
    process = await workshop.process()
    version = await workshop.tested(process["id"])
    assert version["stage"] == "TEST"
    (row,) = await workshop.city.rows("select executable, names::text from process_version where tenant_id = $1")
    assert "permit" in row["executable"] and "register" in row["names"]

    begin = f'processTrialBegin(versionId: "{version["id"]}", unitIds: ["{workshop.unit}"])'
    assert await workshop.codes(begin, PROCESS, as_=workshop.owner) == ["process_unasked_interface"]
    asked = f'processAgreementAsk(versionId: "{version["id"]}", subject: %s, userIds: ["{workshop.colleague.id}"])'
    await workshop.done(asked % "INTERFACE")
    assert await workshop.codes(begin, PROCESS, as_=workshop.owner) == ["process_unasked_roles"]
    await workshop.done(asked % "ROLES")
    assert await workshop.codes(begin, PROCESS, as_=workshop.owner) == ["process_unagreed"]

    word = f'processAgreementAnswer(versionId: "{version["id"]}", subject: %s, isAgreed: %s, note: "%s")'
    assert await workshop.codes(word % ("ROLES", "true", "")) == ["process_not_asked"]
    assert await workshop.codes(word % ("ROLES", "false", ""), as_=workshop.colleague) == ["required"]
    await workshop.done(word % ("ROLES", "false", "Нет подписи"), as_=workshop.colleague)
    await workshop.done(word % ("INTERFACE", "true", ""), as_=workshop.colleague)
    found = await workshop.ask(STAGE % f'"{version["id"]}"')
    assert found["stage"] == "TEST"
    assert {"subject": "ROLES", "state": "refused", "note": "Нет подписи"} in found["agreements"]
    await workshop.done(asked % "ROLES")  # asked anew, the refusal is forgotten
    assert (await workshop.done(word % ("ROLES", "true", ""), as_=workshop.colleague))["stage"] == "AGREED"

    assert await workshop.codes(begin, PROCESS, as_=workshop.owner) == ["process_no_measures"]
    saved = f'processMeasureSave(versionId: "{version["id"]}", input: {{title: "Должностная инструкция"}})'
    measure = await workshop.done(saved, MEASURE)
    assert await workshop.codes(begin, PROCESS, as_=workshop.owner) == ["process_measure_open"]
    act = f'processMeasureDone(measureId: "{measure["id"]}", act: {{number: "%s", day: "%s"}})'
    assert await workshop.codes(act % ("", "2026-01-12"), MEASURE) == ["required"]
    assert await workshop.codes(act % ("12-р", "2999-01-01"), MEASURE) == ["process_act_day"]
    assert (await workshop.done(act % ("12-р", "2026-01-12"), MEASURE))["actNumber"] == "12-р"
    assert (await workshop.ask(STAGE % f'"{version["id"]}"'))["stage"] == "ORGANISED"

    answer = await workshop.do(begin, PROCESS, as_=workshop.owner)
    assert {error["code"] for error in answer["errors"]} == {"process_lane_unbound"}
    assert "Начальник" in answer["errors"][0]["message"], "the lane is named"
    await workshop.bound(process["id"])
    none = f'processTrialBegin(versionId: "{version["id"]}", unitIds: [])'
    assert await workshop.codes(none, PROCESS, as_=workshop.owner) == ["process_no_units"]
    publish = f'processPublish(versionId: "{version["id"]}")'
    assert await workshop.codes(publish, PROCESS, as_=workshop.owner) == ["process_not_on_trial"]
    trial = await workshop.done(begin, PROCESS, as_=workshop.owner)
    assert (trial["trialId"], trial["productionId"]) == (version["id"], None)

    after = await workshop.done(publish, PROCESS, as_=workshop.owner)
    assert (after["trialId"], after["productionId"]) == (None, version["id"])
    actions = await workshop.city.rows("select action from audit_event where tenant_id = $1 order by id")
    told = [row["action"] for row in actions if row["action"].startswith("core.process")]
    assert {"core.process.published", "core.process.trial_begun", "core.process_version.organised"} <= set(told)


async def test_a_question_that_is_asked_late_takes_the_version_back(workshop: Workshop) -> None:
    version = await workshop.tested((await workshop.process())["id"])
    assert (await workshop.agreed(version["id"]))["stage"] == "AGREED"
    await workshop.done(f'processMeasuresWaive(versionId: "{version["id"]}", reason: "Ничего не меняется")', MEASURE)
    assert (await workshop.ask(STAGE % f'"{version["id"]}"'))["stage"] == "ORGANISED"
    asked = f'processAgreementAsk(versionId: "{version["id"]}", subject: ROLES, userIds: ["{workshop.owner.id}"])'
    assert (await workshop.done(asked))["stage"] == "TEST"
    saved = f'processMeasureSave(versionId: "{version["id"]}", input: {{title: "Приказ"}})'
    measure = await workshop.done(saved, MEASURE)
    found = await workshop.ask(STAGE % f'"{version["id"]}"')
    assert found["measures"] == [{"title": "Приказ", "isWaiver": False}], "there are measures now"
    waive = f'processMeasuresWaive(versionId: "{version["id"]}", reason: "x")'
    assert await workshop.codes(waive, MEASURE) == ["process_has_measures"]
    await workshop.done(f'processMeasureRemove(measureId: "{measure["id"]}")')
    assert (await workshop.done(waive, MEASURE))["isWaiver"]


async def test_who_can_not_see_processes_is_not_asked(workshop: Workshop) -> None:
    version = await workshop.tested((await workshop.process())["id"])
    blind = await workshop.city.user("core.case.read")
    asked = f'processAgreementAsk(versionId: "{version["id"]}", subject: ROLES, userIds: ["{blind.id}"])'
    assert await workshop.codes(asked) == ["process_person_blind"]


async def test_a_draft_is_confirmed_and_mended_first(workshop: Workshop) -> None:
    process = await workshop.process()
    drawn = await workshop.uploaded(process["id"], sketch())
    fields = "assumptions { code element message } findings { code isError }"
    found = await workshop.ask(f'{{ processVersion(id: "{drawn["id"]}") {{ {fields} }} }}')
    assert found["assumptions"] and all(each["message"] != each["code"] for each in found["assumptions"])
    test = f'processVersionTest(id: "{drawn["id"]}")'
    assert await workshop.codes(test) == ["process_unconfirmed"]
    wrong = f'processVersionConfirm(id: "{drawn["id"]}", amount: {len(found["assumptions"]) + 1})'
    assert await workshop.codes(wrong) == ["process_assumptions_changed"]

    permit_ = await workshop.uploaded(process["id"], permit())
    answer = await workshop.do(f'processVersionTest(id: "{permit_["id"]}")', VERSION)
    assert answer["errors"], "its form and its decision are missing"
    assert any("Зарегистрировать" in error["message"] for error in answer["errors"]), "the element is named"
    await workshop.furnished(permit_["id"])
    assert (await workshop.done(f'processVersionTest(id: "{permit_["id"]}")'))["stage"] == "TEST"
    assert await workshop.codes(f'processVersionTest(id: "{permit_["id"]}")') == ["process_not_draft"]
    assert await workshop.codes(f'processVersionRemove(id: "{permit_["id"]}")') == ["process_not_draft"]
    gone = f'processContentRemove(versionId: "{permit_["id"]}", key: "fee")'
    assert await workshop.codes(gone) == ["process_not_draft"], "what was tested stays as it is"


async def test_the_bounds_of_the_lead_time_are_nodes(workshop: Workshop) -> None:
    drawn = await workshop.uploaded((await workshop.process())["id"])
    assert (drawn["startsAt"], drawn["endsAt"]) == (["filed"], ["issued"])
    bound = f'processVersionBound(id: "{drawn["id"]}", startsAt: ["%s"], endsAt: ["sign"])'
    assert await workshop.codes(bound % "nowhere") == ["process_node_unknown"]
    assert (await workshop.done(bound % "register"))["startsAt"] == ["register"]
    none = f'processVersionBound(id: "{drawn["id"]}", startsAt: [], endsAt: ["sign"])'
    assert await workshop.codes(none) == ["required"]


async def test_what_was_seen_is_what_is_changed(workshop: Workshop) -> None:
    drawn = await workshop.uploaded((await workshop.process())["id"])
    await workshop.furnished(drawn["id"])
    late = f'processVersionTest(id: "{drawn["id"]}", expectedVersion: {drawn["version"]})'
    assert await workshop.codes(late) == ["process_changed"]
