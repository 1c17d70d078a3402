"""People and units in forms, and the papers that a form shows to who takes part."""

from __future__ import annotations

import uuid
from typing import Any

from tests.core.processes.publishing import drawing, publish
from tests.core.processes.work.conftest import PERMIT, Office, codes

FORM: dict[str, Any] = {
    "type": "object",
    "$defs": {"who": {"type": "string", "format": "account"}},
    "properties": {
        "unit": {"type": "string", "format": "unit"},
        "people": {
            "type": "array",
            "items": {"type": "object", "properties": {"person": {"$ref": "#/$defs/who"}, "post": {"type": "string"}}},
        },
    },
}
GIVE = drawing(
    """
<bpmn:startEvent id="filed"/>
<bpmn:userTask id="write" name="Write"><bpmn:extensionElements>
  <lean:assign person="writer"/><lean:form key="write"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:userTask id="read" name="Take note"><bpmn:extensionElements>
  <lean:assign person="reader"/><lean:form key="read"/></bpmn:extensionElements></bpmn:userTask>
<bpmn:userTask id="file" name="File"><bpmn:extensionElements><lean:assign person="writer"/></bpmn:extensionElements>
</bpmn:userTask>
<bpmn:endEvent id="done"/>
<bpmn:sequenceFlow id="f1" sourceRef="filed" targetRef="write"/>
<bpmn:sequenceFlow id="f2" sourceRef="write" targetRef="read"/>
<bpmn:sequenceFlow id="f3" sourceRef="read" targetRef="file"/>
<bpmn:sequenceFlow id="f4" sourceRef="file" targetRef="done"/>
"""
)
FILE = {"type": "string", "format": "file"}
WRITE = {"type": "object", "properties": {"shown": {"type": "array", "items": FILE}, "kept": FILE}}
READ = {"type": "object", "properties": {"shown": {"type": "array", "items": FILE, "readOnly": True}}}


async def test_people_and_units_are_the_citys_and_shown_by_name(office: Office) -> None:
    lanes = {"Clerks": {"unit_id": office.roads}, "Signers": {"unit_id": office.roads}}
    await publish(office.city, PERMIT, "people", lanes=lanes, forms={"check": FORM})
    office.facts = {}
    await office.begin(key="people")
    (item,) = await office.items(office.clerk)
    resident, nobody = str(office.roads), str(uuid.uuid4())
    wrong: dict[str, Any] = {
        "unit": nobody,
        "people": [{"person": str(office.head.id)}, {"person": resident}, {"person": "Anna"}],
    }
    refused = await office.do("Complete", item, office.clerk, facts=wrong)
    assert [(each["field"], each["code"]) for each in refused["errors"]] == [
        ("facts.people.2.person", "form_format_account")
    ], "what is no id at all is told by the schema first"
    wrong["people"].pop()
    refused = await office.do("Complete", item, office.clerk, facts=wrong)
    assert {(each["field"], each["code"]) for each in refused["errors"]} == {
        ("facts.unit", "form_format_unit"),
        ("facts.people.1.person", "form_format_account"),
    }
    await office.do("Claim", item, office.clerk)
    draft = {"unit": str(office.parks), "people": [{"person": str(office.head.id)}, {"person": "?"}]}
    assert codes(await office.do("SaveDraft", item, office.clerk, facts=draft)) == []
    asked = "{ workItems { edges { node { form { accounts { id name } units { id } } } } } }"
    (edge,) = (await office.city.data(asked, as_=office.clerk))["workItems"]["edges"]
    form = edge["node"]["form"]
    assert [each["id"] for each in form["accounts"]] == [str(office.head.id)] and form["accounts"][0]["name"]
    assert [each["id"] for each in form["units"]] == [str(office.parks)]
    right = {"unit": str(office.parks), "people": [{"person": str(office.head.id), "post": "Head"}]}
    assert codes(await office.do("Complete", item, office.clerk, facts=right)) == []


async def test_who_takes_part_fetches_the_files_of_their_form_and_no_others(office: Office) -> None:
    await publish(office.city, GIVE, "give", forms={"write": WRITE, "read": READ})
    reader = await office.city.user("core.task.work@own", unit_id=office.parks)
    stranger = await office.city.user("core.task.work@own", unit_id=office.parks)
    office.facts = {"writer": str(office.clerk.id), "reader": str(reader.id)}
    await office.begin(key="give")
    files = []
    for name in ("shown", "kept"):
        sent = {"file": (f"{name}.txt", name.encode(), "text/plain")}
        files.append((await office.city.request("POST", "/files", as_=office.clerk, files=sent)).json())
    shown, kept = (f"{each['id']}:{each['claim']}" for each in files)
    (item,) = await office.items(office.clerk)
    assert codes(await office.do("Complete", item, office.clerk, facts={"shown": [shown], "kept": kept})) == []

    async def fetched(as_: Any) -> list[int]:
        return [(await office.city.request("GET", f"/files/{each['id']}", as_=as_)).status_code for each in files]

    assert await fetched(reader) == [200, 404]
    assert await fetched(stranger) == [404, 404]
    asked = "{ workItems { edges { node { id } } } }"
    (edge,) = (await office.city.data(asked, as_=reader))["workItems"]["edges"]
    done = f'mutation {{ workItemComplete(itemId: "{edge["node"]["id"]}", facts: {{}}) {{ errors {{ code }} }} }}'
    assert (await office.city.data(done, as_=reader))["workItemComplete"]["errors"] == []
    assert await fetched(reader) == [200, 404], "also afterwards"
