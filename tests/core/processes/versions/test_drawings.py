"""Drawings go out for other engines, beside one another, with attributes filled in; many come in at once."""

from __future__ import annotations

import pytest

from tests.core.processes.versions.conftest import Workshop
from tests.core.processes.versions.models import DMN, LOOKS, SCHEMA, permit, sketch
from tests.core.processes.versions.test_uploading import content, sent

BATCH = "id total done finishedAt files { name key state processId versionId errors { code message } }"
FORM = '$v: UUID!, $d: JSON!, $u: JSON! => processFormSave(versionId: $v, key: "x", dataSchema: $d, uiSchema: $u)'
TABLE = '$v: UUID!, $x: String! => processDecisionSave(versionId: $v, key: "x", xml: $x)'


@pytest.mark.parametrize("profile", ["STANDARD", "CAMUNDA7", "CAMUNDA8", "FLOWABLE"])
async def test_a_drawing_goes_to_other_engines(workshop: Workshop, profile: str) -> None:
    version = await workshop.uploaded((await workshop.process())["id"])
    exported = await content(workshop, version["id"], profile)
    assert b"register" in exported and exported != permit().encode()
    again = await workshop.process("again")
    await workshop.uploaded(again["id"], exported.decode())


async def test_attributes_make_the_next_draft(workshop: Workshop) -> None:
    process = await workshop.process()
    version = await workshop.uploaded(process["id"])
    await workshop.furnished(version["id"])
    deed = "$v: UUID!, $n: [ProcessMetricsInput!]! => processMetricsSave(versionId: $v, nodes: $n)"
    node = {"nodeId": "sign", "processingS": 900, "waitingS": 28_800, "errorRate": 0.2, "valueClass": "va"}
    made = await workshop.done(deed, v=version["id"], n=[{**node, "basis": "measured"}])
    assert made["no"] == 2
    assert await content(workshop, version["id"]) == permit().encode(), "the version itself stays"
    fields = "nodes { nodeId processingS waitingS errorRate valueClass basis } forms { key }"
    found = await workshop.ask(f'{{ processVersion(id: "{made["id"]}") {{ {fields} }} }}')
    (sign,) = [each for each in found["nodes"] if each["nodeId"] == "sign"]
    assert sign == {**node, "basis": "measured"}
    (register,) = [each for each in found["nodes"] if each["nodeId"] == "register"]
    assert register["processingS"] == 1800, "what is not named stays"
    assert found["forms"] == [{"key": "application"}]
    for wrong, code in (
        ({"nodeId": "nowhere"}, "process_node_unknown"),
        ({"nodeId": "sign", "errorRate": 1.5}, "process_share"),
        ({"nodeId": "sign", "waitingS": -1}, "process_amount"),
        ({"nodeId": "sign", "valueClass": "x"}, "case_choice_unknown"),
    ):
        assert await workshop.codes(deed, v=version["id"], n=[wrong]) == [code]


async def test_two_versions_beside_one_another(workshop: Workshop) -> None:
    process = await workshop.process()
    old = await workshop.uploaded(process["id"])
    new = await workshop.uploaded(process["id"], permit(" и выдать"))
    asked = f'{{ processVersionDifference(oldId: "{old["id"]}", newId: "%s") {{ kind what title before }} }}'
    renamed = {"kind": "node", "what": "renamed", "title": "Подписать и выдать", "before": "Подписать"}
    assert await workshop.ask(asked % new["id"]) == [renamed]
    assert await workshop.ask(asked % old["id"]) == []


async def test_forms_and_tables_are_checked(workshop: Workshop) -> None:
    version = await workshop.uploaded((await workshop.process())["id"])
    answer = await workshop.do(FORM, "errors { field code }", v=version["id"], d={"type": "nonsense"}, u={})
    assert answer["errors"] and answer["errors"][0]["field"].startswith("dataSchema")
    zero = {**SCHEMA, "title": "a\0b"}
    assert await workshop.codes(FORM, "errors { code }", v=version["id"], d=zero, u=LOOKS)
    for xml in ("", "<a/>", DMN.replace("&lt; 10", "import os"), DMN[:300]):
        answer = await workshop.do(TABLE, "errors { field code message }", v=version["id"], x=xml)
        assert [error["field"] for error in answer["errors"]] == ["xml"], xml
        assert answer["errors"][0]["message"] != answer["errors"][0]["code"]
    found = await workshop.ask(f'{{ processVersion(id: "{version["id"]}") {{ forms {{ key }} decisions {{ key }} }} }}')
    assert found == {"forms": [], "decisions": []}


async def test_many_drawings_come_in_at_once(workshop: Workshop) -> None:
    files = [
        {"fileId": await sent(workshop, permit().encode(), "Разрешение.bpmn")},
        {"fileId": await sent(workshop, sketch().encode(), "sketch-one.bpmn")},
        {"fileId": await sent(workshop, sketch().replace("t1", "t2").encode(), "broken.bpmn"), "key": "broken"},
        {"fileId": await sent(workshop, sketch(nodes=5_000).encode(), "huge.bpmn")},
    ]
    deed = "$f: [ProcessBatchFileInput!]! => processVersionsUpload(files: $f)"
    begun = await workshop.done(deed, f"errors {{ code }} batch {{ {BATCH} }}", f=files)
    assert (begun["total"], begun["done"], begun["files"][1]["key"]) == (4, 0, "sketch_one")
    await workshop.city.run_jobs()
    read = f'{{ processBatch(id: "{begun["id"]}") {{ {BATCH} }} }}'
    done = await workshop.ask(read)
    assert done["done"] == 4 and done["finishedAt"] is not None
    states = [each["state"] for each in done["files"]]
    assert (states[:2], states[3]) == (["read", "read"], "refused")
    assert done["files"][3]["errors"][0]["message"] and done["files"][3]["versionId"] is None
    rows = await workshop.city.rows("select key from process where tenant_id = $1")
    assert len(rows) == states.count("read"), "what was refused leaves no process"

    again = await workshop.done(deed, f"errors {{ code }} batch {{ {BATCH} }}", f=files)
    assert again["id"] == begun["id"], "the same files are not read twice"
    other = await workshop.done(deed, f"errors {{ code }} batch {{ {BATCH} }}", f=files[:1])
    await workshop.city.run_jobs()
    assert (await workshop.ask(read.replace(begun["id"], other["id"])))["files"][0]["state"] == "known"
    none = await workshop.codes(deed, "errors { code }", f=[{"fileId": begun["id"]}])
    assert none == ["not_found"]


async def test_a_table_whose_rules_overlap_is_told_by_an_example(workshop: Workshop) -> None:
    made = await workshop.uploaded((await workshop.process())["id"])
    await workshop.furnished(made["id"])
    finding = "findings { code element isError message }"
    query = f'{{ processVersion(id: "{made["id"]}") {{ {finding} }} }}'
    assert "bpmn_decision_overlap" not in {each["code"] for each in (await workshop.ask(query))["findings"]}
    unique = DMN.replace('hitPolicy="FIRST"', 'hitPolicy="UNIQUE"')
    await workshop.done(
        '$v: UUID!, $x: String! => processDecisionSave(versionId: $v, key: "fee", xml: $x)', v=made["id"], x=unique
    )
    (told,) = [each for each in (await workshop.ask(query))["findings"] if each["code"] == "bpmn_decision_overlap"]
    assert (told["element"], told["isError"]) == ("fee", False)
    assert "rules 1 and 2" in told["message"] and "area = 9" in told["message"]
