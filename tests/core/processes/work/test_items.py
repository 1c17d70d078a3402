"""What people do with their work: over GraphQL, with real processes."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import Any

from leancity.core.testing.city import TestUser
from tests.core.processes.publishing import publish
from tests.core.processes.work.conftest import FORM, HEAD, KEY, PERMIT, Office, codes

FACTS = "select facts, status from process_instance where tenant_id = $1 and id = $2"
EVENTS_OF = "select transition from process_event where tenant_id = $1 and node_id = $2 order by at, id"
EVENTS = "select transition from process_event where tenant_id = $1 order by at, id"


async def _one(office: Office, as_: TestUser) -> dict[str, Any]:
    (item,) = await office.items(as_)
    return item


async def test_a_case_goes_through_the_hands_of_its_people(office: Office) -> None:
    instance = await office.begin()
    item = await _one(office, office.clerk)
    assert (item["state"], item["assignee"], item["title"]) == ("OPEN", None, "Check the papers")
    assert [each["id"] for each in await office.items(office.colleague)] == [item["id"]]

    claimed = await office.do("Claim", item, office.clerk, expectedVersion=item["version"])
    assert claimed["item"]["state"] == "CLAIMED"
    assert await office.items(office.colleague) == []

    assert (await office.do("Start", item, office.clerk))["item"]["state"] == "STARTED"
    done = await office.do("Complete", item, office.clerk, facts={"depth": 40, "street": "Lenina"})
    assert (done["errors"], done["item"]["state"]) == ([], "DONE")
    assert done["case"]["number"] and [each["title"] for each in done["nextItems"]] == ["Sign the permit"]

    signature = await _one(office, office.colleague)
    ended = await office.do("Complete", signature, office.colleague, facts={})
    assert ended["errors"] == []
    (row,) = await office.city.rows(FACTS, instance.id)
    assert row["status"] == "done" and json.loads(row["facts"])["depth"] == 40
    log = [each["transition"] for each in await office.city.rows(EVENTS)]
    assert [each for each in log if each in ("assign", "start")] == ["assign", "start", "assign", "start"]
    done_by = await office.items(office.clerk, "{states: [DONE]}")
    assert [each["id"] for each in done_by] == [item["id"]]


async def test_another_units_work_does_not_exist(office: Office) -> None:
    await office.begin()
    item = await _one(office, office.clerk)
    assert await office.items(office.gardener) == []
    data = await office.city.data(f'{{ workItem(id: "{item["id"]}") {{ title }} }}', as_=office.gardener)
    assert data["workItem"] is None
    for verb, more in (
        ("Claim", {}),
        ("Release", {}),
        ("Start", {}),
        ("Suspend", {"reason": "x"}),
        ("Resume", {}),
        ("Delegate", {"userId": str(office.clerk.id)}),
        ("SaveDraft", {"facts": {}}),
        ("Complete", {"facts": {"depth": 1}}),
        ("SendBack", {"reason": "x"}),
    ):
        assert codes(await office.do(verb, item, office.gardener, **more)) == ["not_found"], verb
    claimed = await office.do("Claim", item, office.clerk)
    assert claimed["errors"] == []
    assert codes(await office.do("Complete", item, office.colleague, facts={"depth": 1})) == ["not_found"]


async def test_all_mistakes_are_told_at_once_by_the_names_of_the_form(office: Office) -> None:
    await office.begin()
    item = await _one(office, office.clerk)
    facts = {"street": "x" * 41, "applicant": "Boris", "site_plan": "no file", "colour": "red"}
    refused = await office.do("Complete", item, office.clerk, locale="ru", facts=facts)
    assert sorted((each["field"], each["code"]) for each in refused["errors"]) == [
        ("facts.applicant", "form_readonly"),
        ("facts.colour", "form_unknown"),
        ("facts.depth", "required"),
        ("facts.site_plan", "form_format_file"),
        ("facts.street", "too_long"),
    ]
    messages = {each["field"]: each["message"] for each in refused["errors"]}
    assert messages["facts.applicant"] == "Это поле только для чтения"
    assert (await _one(office, office.clerk))["state"] == "OPEN", "a refused completion has taken the item"


async def test_who_fills_in_sees_what_the_form_names_and_no_more(office: Office) -> None:
    await office.begin()
    item = await _one(office, office.clerk)
    await office.do("Claim", item, office.clerk)
    drafted = await office.do("SaveDraft", item, office.clerk, facts={"depth": "fort", "street": "Len"})
    assert drafted["errors"] == []
    query = f'{{ workItem(id: "{item["id"]}") {{ form {{ names facts draft visible }} canSendBack }} }}'
    data = await office.city.data(query, as_=office.clerk)
    assert data["workItem"]["form"] == {
        "names": ["depth", "street", "applicant", "site_plan"],
        "visible": ["depth", "street", "applicant", "site_plan"],
        "facts": {"applicant": "Anna"},
        "draft": {"depth": "fort", "street": "Len"},
    }
    assert data["workItem"]["canSendBack"] is False
    led = "{ workItemsOfUnits { edges { node { id form { facts } } } } }"
    seen = (await office.city.data(led, as_=office.head))["workItemsOfUnits"]["edges"][0]["node"]
    assert seen == {"id": item["id"], "form": None}


async def test_interrupted_work_takes_no_time_and_is_handed_on(office: Office) -> None:
    await office.begin()
    item = await _one(office, office.clerk)
    assert codes(await office.do("Suspend", item, office.clerk, reason="x")) == ["work_item_unclaimed"]
    await office.do("Start", item, office.clerk)
    assert codes(await office.do("Suspend", item, office.clerk, reason=" ")) == ["required"]
    assert (await office.do("Suspend", item, office.clerk, reason="Lunch"))["item"]["state"] == "SUSPENDED"
    assert codes(await office.do("Complete", item, office.clerk, facts={"depth": 1})) == ["work_item_state"]
    assert (await office.do("Resume", item, office.clerk))["item"]["state"] == "STARTED"
    unfit = await office.do("Delegate", item, office.clerk, userId=str(office.gardener.id))
    assert codes(unfit) == ["work_item_unfit"]
    handed = await office.do(
        "Delegate", item, office.clerk, userId=str(office.colleague.id), note="You know the street"
    )
    assert handed["errors"] == [] and handed["item"] is None, "it is the colleague's now"
    assert (await _one(office, office.colleague))["assignee"]["id"] == str(office.colleague.id)
    assert (await office.do("Complete", item, office.colleague, facts={"depth": 1}))["errors"] == []
    log = [each["transition"] for each in await office.city.rows(EVENTS_OF, "check")]
    handed_on = ["suspend", "reassign", "resume", "complete"]
    assert [each for each in log if each != "schedule"] == ["assign", "start", "suspend", "resume", *handed_on]
    timeline = "{ inbox { edges { node { timeline { edges { node { kind note } } } } } } }"
    (case,) = (await office.city.data(timeline, as_=office.clerk))["inbox"]["edges"]
    told = {each["node"]["kind"]: each["node"]["note"] for each in case["node"]["timeline"]["edges"]}
    assert (told["work_suspended"], told["work_delegated"]) == ("Lunch", "You know the street")


async def test_the_head_assigns_and_takes_away(office: Office) -> None:
    await office.begin()
    item = await _one(office, office.clerk)
    given = await office.do("Assign", item, office.head, userId=str(office.colleague.id))
    assert given["errors"] == []
    assert await office.items(office.clerk) == []
    assert codes(await office.do("Assign", item, office.head, userId=str(office.gardener.id))) == ["work_item_unfit"]
    assert codes(await office.do("Assign", item, office.head, userId=str(uuid.uuid4()))) == ["work_item_unfit"]
    assert (await office.do("Assign", item, office.head, userId=None))["errors"] == []
    assert (await _one(office, office.clerk))["state"] == "OPEN"
    other_head = await office.city.user(*HEAD, unit_id=office.parks)
    assert codes(await office.do("Assign", item, other_head, userId=str(office.clerk.id))) == ["not_found"]
    asked = f'mutation {{ workItemAssign(itemId: "{item["id"]}") {{ errors {{ code }} }} }}'
    answer = await office.city.graphql(asked, as_=office.clerk)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_case_is_sent_back_where_the_drawing_has_a_way(office: Office) -> None:
    instance = await office.begin()
    item = await _one(office, office.clerk)
    assert codes(await office.do("SendBack", item, office.clerk, reason="No")) == ["work_item_no_way_back"]
    await office.do("Complete", item, office.clerk, facts={"depth": 40})
    signature = await _one(office, office.head)
    sent = await office.do("SendBack", signature, office.head, reason="Too shallow")
    assert sent["errors"] == []
    again = await _one(office, office.clerk)
    assert again["title"] == "Check the papers" and again["id"] != item["id"]
    facts = json.loads((await office.city.rows(FACTS, instance.id))[0]["facts"])
    assert (facts["send_back"], facts["send_back_reason"]) == (True, "Too shallow")
    await office.do("Complete", again, office.clerk, facts={"depth": 60})
    assert (await office.do("Complete", await _one(office, office.head), office.head, facts={}))["errors"] == []
    (row,) = await office.city.rows(FACTS, instance.id)
    assert row["status"] == "done" and json.loads(row["facts"])["send_back"] is False


async def test_of_two_who_take_it_at_once_one_has_it(office: Office) -> None:
    await office.begin()
    item = await _one(office, office.clerk)
    answers = await asyncio.gather(
        *(office.do("Claim", item, each) for each in (office.clerk, office.colleague, office.head))
    )
    refused = sorted(code for each in answers for code in codes(each))
    assert len(refused) == 2 and {*refused} <= {"process_item_changed", "not_found"}


async def test_an_old_version_is_refused(office: Office) -> None:
    await office.begin()
    item = await _one(office, office.clerk)
    await office.do("Claim", item, office.clerk)
    late = await office.do("Start", item, office.clerk, expectedVersion=item["version"])
    assert codes(late) == ["process_item_changed"]


async def test_what_is_meant_for_one_person_has_no_queue(office: Office) -> None:
    await publish(office.city, PERMIT, KEY, lanes={"Clerks": {"is_author": True}})
    await office.begin(author_id=office.clerk.id)
    item = await _one(office, office.clerk)
    assert item["state"] == "CLAIMED" and await office.items(office.colleague) == []
    assert codes(await office.do("Release", item, office.clerk)) == ["work_item_personal"]


async def test_a_role_holder_fits_within_the_reach_of_their_right(office: Office) -> None:
    await publish(office.city, PERMIT, KEY, lanes={"Clerks": {"role_key": "core.executor"}})
    executor = await office.city.user(roles=["core.executor"], unit_id=office.roads)
    elsewhere = await office.city.user(roles=["core.executor"], unit_id=office.parks)
    await office.begin()
    assert len(await office.items(executor)) == 1
    assert await office.items(elsewhere) == [] and await office.items(office.clerk) == []


async def test_a_stranger_and_who_has_no_right_get_nowhere(office: Office) -> None:
    await office.begin()
    item = await _one(office, office.clerk)
    nobody = await office.city.user("core.unit.read", unit_id=office.roads)
    asked = f'mutation {{ workItemClaim(itemId: "{item["id"]}") {{ errors {{ code }} }} }}'
    assert (await office.city.graphql(asked, as_=nobody))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await office.city.graphql(asked))["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"


async def test_the_work_of_a_module_that_the_city_left_does_not_exist(
    office: Office,
) -> None:
    await office.city.subscribe("city_problems")
    await publish(office.city, PERMIT, "city_problems.permits", lanes={"Clerks": {"unit_id": office.roads}})
    await office.begin(key="city_problems.permits")
    assert len(await office.items(office.clerk)) == 1
    await office.city.leave("city_problems")
    assert await office.items(office.clerk) == []


async def test_work_of_the_test_stand_stays_apart(office: Office) -> None:
    version = await publish(office.city, PERMIT, KEY, mark="test", forms={"check": FORM})
    await office.begin(version_id=version.id)
    assert await office.items(office.clerk) == []
    (item,) = await office.items(office.clerk, "{isTest: true}")
    assert item["caseNumber"] == ""
    done = await office.do("Complete", item, office.clerk, facts={"depth": 1})
    assert done["errors"] == [] and done["case"] is None
    assert await office.city.rows(EVENTS) == []


async def test_files_come_with_the_answers_and_hang_on_the_case(office: Office) -> None:
    instance = await office.begin()
    item = await _one(office, office.clerk)

    async def uploaded(as_: TestUser) -> dict[str, Any]:
        sent = {"file": ("plan.txt", b"A plan", "text/plain")}
        answer = await office.city.request("POST", "/files", as_=as_, files=sent)
        kept: dict[str, Any] = answer.json()
        return kept

    anothers, own = await uploaded(office.gardener), await uploaded(office.clerk)
    stolen = await office.do("Complete", item, office.clerk, facts={"depth": 1, "site_plan": anothers["id"]})
    assert [(each["field"], each["code"]) for each in stolen["errors"]] == [("facts.site_plan", "not_found")]
    plan = f"{own['id']}:{own['claim']}"
    done = await office.do("Complete", item, office.clerk, facts={"depth": 1, "site_plan": plan})
    assert done["errors"] == []
    (row,) = await office.city.rows(FACTS, instance.id)
    assert json.loads(row["facts"])["site_plan"] == own["id"]
    fetched = await office.city.request("GET", f"/files/{own['id']}", as_=office.colleague)
    assert fetched.status_code == 200 and fetched.content == b"A plan"
