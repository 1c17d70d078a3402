"""Drawings come in: read, kept byte for byte, with their nodes; what is no drawing is refused and leaves nothing."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.core.processes.versions.conftest import MEASURE, PROCESS, Workshop
from tests.core.processes.versions.models import permit, pools, sketch
from tests.data import MIWG

SUITE = sorted(MIWG.rglob("*.bpmn"))
REPORT = Path(__file__).parents[4] / "modules" / "city_problems" / "processes" / "report.bpmn"
UPLOAD = '$p: UUID!, $f: UUID, $x: String => processVersionUpload(processId: $p, xml: $x, fileId: $f, note: "сверка")'
XXE = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
BOMB = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


async def kept(workshop: Workshop) -> list[str]:
    """Return the tables that hold anything of a version."""
    tables = ("process_version", "process_node", "process_flow")
    statement = "select count(*) as amount from {} where tenant_id = $1"
    return [each for each in tables if (await workshop.city.rows(statement.format(each)))[0]["amount"]]


async def content(workshop: Workshop, version_id: str, profile: str = "ORIGINAL") -> bytes:
    """Return a version's drawing as it is exported."""
    found = await workshop.ask(f'{{ processExport(versionId: "{version_id}", profile: {profile}) {{ name content }} }}')
    return base64.b64decode(found["content"])


async def sent(workshop: Workshop, data: bytes, name: str = "drawing.bpmn") -> str:
    """Upload a file and return its id."""
    files = {"file": (name, data, "application/xml")}
    answer = await workshop.city.request("POST", "/files", as_=workshop.analyst, files=files)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_drawing_is_kept_byte_for_byte_with_its_nodes(workshop: Workshop) -> None:
    process = await workshop.process()
    xml = permit().replace("\n", "\r\n").replace("?>", "?><!-- by hand -->", 1)
    version = await workshop.uploaded(process["id"], xml)
    assert await content(workshop, version["id"]) == xml.encode()
    found = await workshop.ask(
        f'{{ processVersion(id: "{version["id"]}") {{ no kind stage svg nodes {{ nodeId type title lane processingS'
        " valueClass } flows { flowId source target } author { id } } }",
        as_=await workshop.city.user("core.process.read", "core.unit.read"),
    )
    assert (found["no"], found["kind"], found["stage"]) == (1, "TO_BE", "DRAFT")
    assert [node["nodeId"] for node in found["nodes"]] == ["filed", "register", "fee", "sign", "issued"]
    register = found["nodes"][1]
    assert (register["lane"], register["processingS"], register["valueClass"]) == ("Специалист", 1800, "bnva")
    assert {"flowId": "f1", "source": "filed", "target": "register"} in found["flows"]
    assert found["svg"].lstrip().startswith("<")
    assert found["author"]["id"] == str(workshop.analyst.id)


async def test_a_file_in_another_encoding_comes_back_as_it_was(workshop: Workshop) -> None:
    process = await workshop.process()
    data = permit().replace("UTF-8", "windows-1251").encode("windows-1251")
    wide = sketch().replace("UTF-8", "UTF-16").encode("utf-16")
    for each in (data, wide):
        version = await workshop.done(UPLOAD, p=process["id"], f=await sent(workshop, each))
        assert await content(workshop, version["id"]) == each
    titles = await workshop.city.rows("select title from process_node where tenant_id = $1 and node_id = 'register'")
    assert [row["title"] for row in titles] == ["Зарегистрировать"]


async def test_of_several_processes_one_is_chosen(workshop: Workshop) -> None:
    process = await workshop.process()
    answer = await workshop.do(UPLOAD, "errors { code message }", p=process["id"], x=pools())
    assert answer["errors"][0]["code"] == "process_element_needed" and "other" in answer["errors"][0]["message"]
    chosen = UPLOAD.replace('"сверка"', '"", processElement: "%s"')
    assert await workshop.codes(chosen % "third", p=process["id"], x=pools()) == ["process_element_unknown"]
    assert (await workshop.done(chosen % "other", p=process["id"], x=pools()))["processElement"] == "other"


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ("", None),
        ("no xml at all", None),
        ("<a/>", None),
        (XXE + permit().partition("?>")[2], "xml_doctype"),
        (BOMB + permit().partition("?>")[2], "xml_doctype"),
        (sketch(nodes=5_000), None),
        (permit().replace("sign", "s\u0007ign"), None),
        (permit()[:700], "xml_malformed"),
        (sketch(nodes=0).replace("startEvent", "extensionElements").replace("endEvent", "extensionElements"), None),
        ("<a>" * 5_000 + "</a>" * 5_000, None),
    ],
    ids=["empty", "no XML", "no BPMN", "XXE", "bomb", "5000 nodes", "control", "cut off", "no nodes", "deep"],
)
async def test_what_is_no_drawing_leaves_nothing(workshop: Workshop, xml: str, code: str | None) -> None:
    process = await workshop.process()
    answer = await workshop.do(UPLOAD, "errors { field code message }", p=process["id"], x=xml)
    (error,) = answer["errors"]
    assert error["field"] == "xml" and error["message"] != error["code"], "it is said in words"
    assert code in (None, error["code"])
    assert await kept(workshop) == []


async def test_of_all_xml_only_drawings_are_taken_as_files(workshop: Workshop) -> None:
    page = '<html xmlns="http://www.w3.org/1999/xhtml"><!-- http://www.omg.org/spec/BPMN/20100524/MODEL --></html>'
    for data in (page.encode(), b"<svg/>", b"<definitions/>", page.encode("utf-16")):
        files = {"file": ("x.bpmn", data, "application/xml")}
        answer = await workshop.city.request("POST", "/files", as_=workshop.analyst, files=files)
        assert answer.status_code == 422, answer.text
    files = {"file": ("x.html", sketch().encode(), "text/html")}
    kept_as = (await workshop.city.request("POST", "/files", as_=workshop.analyst, files=files)).json()
    assert (kept_as["name"], kept_as["mediaType"]) == ("x.bpmn", "application/xml")
    answer = await workshop.city.request("GET", kept_as["url"], as_=workshop.analyst)
    assert answer.headers["content-disposition"].startswith("attachment"), "no browser runs what is in it"


async def test_a_large_file_is_refused_and_leaves_nothing(workshop: Workshop) -> None:
    process = await workshop.process()
    large = sketch(body="<!--" + "x" * 3_000_000 + "-->").encode()
    assert await workshop.codes(UPLOAD, p=process["id"], f=await sent(workshop, large)) == ["xml_too_big"]
    assert await workshop.codes(UPLOAD, p=process["id"]) == ["process_one_source"]
    assert await kept(workshop) == []


async def test_a_script_keeps_a_drawing_from_the_test_stand(workshop: Workshop) -> None:
    process = await workshop.process()
    script = '<bpmn:scriptTask id="evil" name="Скрипт"><bpmn:script>__import__("os")</bpmn:script></bpmn:scriptTask>'
    xml = permit().replace('<bpmn:userTask id="sign" name="Подписать">', script.replace("</bpmn:scriptTask>", ""))
    xml = xml.replace(
        "<bpmn:outgoing>f4</bpmn:outgoing>\n    </bpmn:userTask>", "<bpmn:outgoing>f4</bpmn:outgoing></bpmn:scriptTask>"
    )
    version = await workshop.uploaded(process["id"], xml.replace('"sign"', '"evil"').replace(">sign<", ">evil<"))
    await workshop.furnished(version["id"])
    answer = await workshop.do(f'processVersionTest(id: "{version["id"]}")', "errors { code message }")
    assert any("Скрипт" in error["message"] for error in answer["errors"]), answer
    (row,) = await workshop.city.rows("select stage, executable from process_version where tenant_id = $1")
    assert (row["stage"], row["executable"]) == ("draft", None)


async def test_the_same_drawing_is_no_new_version_and_a_draft_can_go(workshop: Workshop) -> None:
    process = await workshop.process()
    version = await workshop.uploaded(process["id"])
    await workshop.furnished(version["id"])
    assert await workshop.codes(UPLOAD, p=process["id"], x=permit()) == ["process_version_same"]
    await workshop.uploaded(process["id"], permit("!"))
    fields = "versions { no forms { key } decisions { key } }"
    found = await workshop.ask(f'{{ process(id: "{process["id"]}") {{ {fields} }} }}')
    of_one = {"forms": [{"key": "application"}], "decisions": [{"key": "fee"}]}
    assert found["versions"] == [{"no": 2, **of_one}, {"no": 1, **of_one}], "forms come along"
    for each in await workshop.city.rows("select id from process_version where tenant_id = $1"):
        assert (await workshop.do(f'processVersionRemove(id: "{each["id"]}")', "errors { code }"))["errors"] == []
    assert await kept(workshop) == []


async def test_a_process_has_one_key_and_names_what_is_there(workshop: Workshop) -> None:
    process = await workshop.process()
    create = "$i: ProcessInput! => processCreate(input: $i)"
    card = {"key": "permit", "title": "x"}
    assert await workshop.codes(create, PROCESS, i=card) == ["key_taken"]
    assert await workshop.codes(create, PROCESS, i={**card, "key": "Не ключ"}) == ["process_key_invalid"]
    for field in ("functionId", "ownerId", "unitId"):
        answer = await workshop.do(create, PROCESS, i={"key": "other", "title": "x", field: process["id"]})
        assert answer["errors"][0]["field"] == f"input.{field}" or answer["errors"][0]["field"] == field
    kind = {"key": "other", "title": "x", "caseKind": "core.nothing"}
    assert await workshop.codes(create, PROCESS, i=kind) == ["not_found"]
    change = f'$i: ProcessInput!, $v: Int => processChange(id: "{process["id"]}", input: $i, expectedVersion: $v)'
    assert await workshop.codes(change, PROCESS, i={**card, "key": "renamed"}) == ["process_key_kept"]
    assert await workshop.codes(change, PROCESS, i=card, v=99) == ["process_changed"]
    assert (await workshop.done(change, PROCESS, i=card, v=1))["version"] == 2


async def test_the_process_of_a_module_is_read(workshop: Workshop) -> None:
    version = await workshop.uploaded((await workshop.process("reports"))["id"], REPORT.read_text("utf-8"))
    found = await workshop.ask(f'{{ processVersion(id: "{version["id"]}") {{ nodes {{ nodeId }} }} }}')
    assert {"nodeId": "reported"} in found["nodes"]


@pytest.mark.skipif(not MIWG.is_dir(), reason=f"the MIWG suite is not here: {MIWG}")
async def test_the_files_of_the_suite_are_drawings(workshop: Workshop) -> None:
    process = await workshop.process()
    assert SUITE
    for file in SUITE:
        xml = file.read_bytes().decode("utf-8-sig")
        answer = await workshop.do(UPLOAD, "errors { code message } version { id }", p=process["id"], x=xml)
        if answer["errors"] and answer["errors"][0]["code"] == "process_element_needed":
            element = answer["errors"][0]["message"].rpartition(": ")[2].split(",")[0].split(" ")[0]
            chosen = UPLOAD.replace('"сверка"', f'"", processElement: "{element}"')
            answer = await workshop.do(chosen, "errors { code message } version { id }", p=process["id"], x=xml)
        assert answer["errors"] == [], (file.name, answer["errors"])
        assert await content(workshop, answer["version"]["id"]) == xml.encode(), file.name


async def test_who_may_read_processes_reads_the_act_of_a_measure(workshop: Workshop) -> None:
    version = await workshop.uploaded((await workshop.process())["id"])
    saved = f'processMeasureSave(versionId: "{version["id"]}", input: {{title: "Должностная инструкция"}})'
    measure = await workshop.done(saved, MEASURE)
    file_id = await sent(workshop, b"act 12", "act.txt")
    path, stranger = f"/files/{file_id}", await workshop.city.user("core.case.read")
    assert (await workshop.city.request("GET", path, as_=workshop.colleague)).status_code == 404, "it is no act yet"
    act = f'{{number: "12", day: "2026-01-12", fileId: "{file_id}"}}'
    await workshop.done(f'processMeasureDone(measureId: "{measure["id"]}", act: {act})', MEASURE)
    assert (await workshop.city.request("GET", path, as_=workshop.colleague)).status_code == 200
    assert (await workshop.city.request("GET", path, as_=stranger)).status_code == 404
