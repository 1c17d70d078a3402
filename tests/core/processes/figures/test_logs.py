"""Logs of other systems: what is read, what is refused, what is written once; and our own written for others."""

from __future__ import annotations

import csv
import gzip
import io
import json

import pytest
from lxml import etree

from leancity.core.errors import Refused
from leancity.core.processes.figures.logs import xes as xes_file
from leancity.core.processes.figures.logs.writing import digest_of
from tests.core.processes.figures.conftest import Bureau, text_of

COUNTS = """select (select count(*) from process_case_fact where tenant_id = $1) as cases,
    (select count(*) from process_step_fact where tenant_id = $1) as steps,
    (select count(*) from process_event where tenant_id = $1) as events,
    (select count(*) from imported_log where tenant_id = $1) as logs"""
ROWS = [
    ("A-1", "Register", "", "2026-06-01 09:00", "2026-06-01 10:00", "post"),
    ("A-1", "Check", "", "2026-06-01 11:00", "2026-06-01 12:00", "post"),
    ("A-2", "Register", "", "2026-06-02 09:00", "2026-06-02 10:00", "=1+1"),
]
XES = """<?xml version="1.0" encoding="UTF-8"?>
<log xmlns="http://www.xes-standard.org/"><trace><string key="concept:name" value="A-1"/>
<event><string key="concept:name" value="Check"/><string key="lifecycle:transition" value="START"/>
<date key="time:timestamp" value="2026-06-01T09:00:00.000+11:00"/><string key="org:resource" value="Иванова"/></event>
<event><string key="concept:name" value="Check"/><string key="lifecycle:transition" value="COMPLETE"/>
<date key="time:timestamp" value="2026-06-01T10:00:00.000+11:00"/><string key="org:resource" value="Иванова"/></event>
</trace></log>"""


async def counts(bureau: Bureau) -> tuple[int, ...]:
    (row,) = await bureau.city.rows(COUNTS)
    return tuple(row)


async def test_a_log_is_imported_once_in_the_background(bureau: Bureau) -> None:
    checked = await bureau.send(text_of(ROWS), is_check=True)
    assert (checked["lines"], checked["cases"], checked["log"]) == (3, 2, None)
    assert {"field": "activity", "header": "activity"} in checked["columns"]
    begun = await bureau.send(text_of(ROWS))
    assert begun["errors"] == [] and (begun["log"]["cases"], begun["log"]["total"]) == (0, 2)
    assert await counts(bureau) == (0, 0, 0, 1)
    await bureau.city.run_jobs()
    assert await counts(bureau) == (2, 3, 6, 1)
    again = await bureau.send(text_of(ROWS))
    assert again["log"] == {"id": begun["log"]["id"], "cases": 2, "total": 2, "isFinished": True}
    await bureau.city.run_jobs()
    assert await counts(bureau) == (2, 3, 6, 1)


async def test_bad_lines_are_explained_and_nothing_is_written(bureau: Bureau) -> None:
    rows = [
        *ROWS,
        ("", "Check", "", "", "yesterday", ""),
        ("A-3", "Check", "", "2026-06-01 12:00", "2026-06-01 11:00", ""),
    ]
    found = await bureau.send(text_of(rows))
    assert found["log"] is None and found["bad"] == 2
    assert [(one["line"], one["field"], one["code"]) for one in found["problems"]] == [
        (5, "case", "required"), (5, "at", "import_moment_invalid"), (6, "at", "import_moment_before")
    ]  # fmt: skip
    assert await counts(bureau) == (0, 0, 0, 0)
    done = bureau.run(bureau.write([("A", "x", "", "", "1999-01-01", "")]))
    assert done.returncode == 3 and "line 2" in done.stderr and json.loads(done.stdout)["bad"] == 1


async def test_what_can_not_be_read_or_is_not_there_is_refused(bureau: Bureau) -> None:
    nothing = await bureau.send("a,b\n1,2\n")
    assert {(error["code"], error["field"]) for error in nothing["errors"]} == {
        ("import_field_unmapped", "case"), ("import_field_unmapped", "activity"), ("import_field_unmapped", "at")
    }  # fmt: skip
    stranger = "00000000-0000-7000-8000-000000000000"
    for more, field in (({"processId": stranger}, "processId"), ({"versionId": stranger}, "versionId")):
        found = await bureau.send(text_of(ROWS), wish=more)
        assert [(error["code"], error["field"]) for error in found["errors"]] == [("not_found", field)]
    wrong = await bureau.send(text_of(ROWS), wish={"mapping": {"fields": 1}})
    assert wrong["errors"][0]["code"] == "import_mapping_invalid"
    assert await counts(bureau) == (0, 0, 0, 0)


async def test_an_xes_log_keeps_nobodys_name(bureau: Bureau) -> None:
    sent = await bureau.send(XES, "log.xes")
    assert sent["errors"] == [] and sent["lines"] == 2
    await bureau.city.run_jobs()
    events = await bureau.city.rows("select transition, data from process_event where tenant_id = $1 order by at")
    async with bureau.city.serving():
        known_as = digest_of("Иванова")
    assert [(row["transition"], json.loads(row["data"])) for row in events] == [
        ("start", {"resource": known_as}), ("complete", {"resource": known_as})
    ]  # fmt: skip
    file = bureau.folder / "log.xes.gz"
    file.write_bytes(gzip.compress(XES.encode()))
    done = bureau.run(file)  # other bytes: another log
    assert done.returncode == 0 and json.loads(done.stdout)["written"] == 1, done.stderr
    packed = await bureau.send(file.read_bytes(), "log.xes.gz", wish={"title": "Packed"})
    assert packed["errors"] == [] and packed["cases"] == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<log><trace>", "Premature end"),
        ("<html/>", "not <log>"),
        ('<!DOCTYPE log [<!ENTITY a "x">]><log>&a;</log>', "document type"),
        ("<log>" + "<list>" * 50 + "</list>" * 50 + "</log>", "deeper"),
    ],
)
def test_hostile_xes_is_refused(bureau: Bureau, text: str, reason: str) -> None:
    path = bureau.folder / "log.xes"
    path.write_text(text)
    with pytest.raises(Refused) as refused:
        xes_file.open_xes(path, path.name, most=10)
    assert reason in refused.value.problems[0].params["reason"]


def test_a_bomb_is_stopped_where_it_begins(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xes_file, "LARGEST", 1024 * 1024)
    path = bureau.folder / "log.xes.gz"
    path.write_bytes(gzip.compress(b"<log>" + b"<list/>" * 200_000))
    with pytest.raises(Refused) as refused:
        xes_file.open_xes(path, path.name, most=10)
    assert "larger" in refused.value.problems[0].params["reason"]


async def test_only_what_ends_as_it_should_is_closed(bureau: Bureau) -> None:
    bureau.load(ROWS, "--end", "Check")
    assert await bureau.ask("processFigures", "closed open") == {"closed": 1, "open": 1}


async def test_the_exports_tell_the_same_and_run_nothing(bureau: Bureau) -> None:
    bureau.load(ROWS)

    async def fetched(what: str, query: str = "mark=import&since=2026-01-01") -> str:
        answer = await bureau.city.request("GET", f"/processes/{bureau.process}/{what}?{query}", as_=bureau.analyst)
        assert answer.status_code == 200, answer.text
        return answer.text

    cases = [*csv.DictReader(io.StringIO(await fetched("cases.csv")))]
    assert [(row["external_id"], row["lead_w"], row["channel"]) for row in cases] == [
        ("A-1", "10800", "post"), ("A-2", "3600", "'=1+1")
    ]  # fmt: skip
    steps = [*csv.DictReader(io.StringIO(await fetched("steps.csv")))]
    assert [(row["node_id"], row["processing_w"], row["queue_w"]) for row in steps] == [
        ("Register", "3600", "0"), ("Check", "3600", "3600"), ("Register", "3600", "0")
    ]  # fmt: skip
    text = await fetched("log.xes")
    root = etree.fromstring(text.encode())
    spaces = {"x": "http://www.xes-standard.org/"}
    assert len(root.findall("x:extension", spaces)) == 4
    assert [len(trace.findall("x:event", spaces)) for trace in root.findall("x:trace", spaces)] == [4, 2]
    # What we write we read: the same log once more is two cases of two and one step.
    file = bureau.folder / "own.xes"
    file.write_text(text)
    done = bureau.run(file)
    assert done.returncode == 0, done.stderr
    assert await counts(bureau) == (4, 6, 12, 2)
    listed = await bureau.ask("processCases", "totalCount edges { node { externalId leadW variant } }", ", first: 10")
    assert listed["totalCount"] == 4
    leads = [edge["node"]["leadW"] for edge in listed["edges"]]
    assert sorted(leads) == [3600, 3600, 10800, 10800]
    stranger = await bureau.city.request("GET", f"/processes/{bureau.process}/log.xes")
    assert stranger.status_code == 401
    wrong = await bureau.city.request("GET", f"/processes/{bureau.process}/log.xes?since=x", as_=bureau.analyst)
    assert wrong.status_code == 422 and "process_cut_invalid" in wrong.text
