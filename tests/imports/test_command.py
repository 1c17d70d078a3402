"""``leancity import requests`` as an operator runs it."""

from __future__ import annotations

import csv
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
import xlsxwriter
from click.testing import CliRunner

from leancity.core.cli.imports import import_
from leancity.core.errors import Refused
from leancity.core.imports.mapping import FieldMapping, settled
from leancity.core.imports.preview import preview
from leancity.core.imports.profiles import load_profile, save_profile
from leancity.core.imports.report import Report
from leancity.core.imports.runs import Plan
from leancity.core.imports.sources import open_source
from leancity.core.imports.target import ImportTarget, find_target
from leancity.core.plugins.gate import ModuleClosed
from leancity.core.testing.city import City
from tests.imports.conftest import ROW, Town, row

STORED = """
select c.external_id, c.title, c.text, c.status, c.outcome, c.opened_at::text, c.closed_at::text, g.key, r.lat, r.lon,
       r.cell is not null as has_cell, r.address, r.reporter_phone
from case_record c join city_problems_report r on r.case_id = c.id join city_problems_category g on g.id = r.category_id
where c.tenant_id = $1 order by c.number
"""
BAD = (
    (row(id=""), "external_id", "required"),
    (row(id="A" * 201), "external_id", "too_long"),
    (row(category=" "), "category", "required"),
    (row(created=""), "created_at", "required"),
    (row(created="01/13/25"), "created_at", "import_moment_invalid"),
    (row(created="1999-12-31 10:00"), "created_at", "import_moment_outside"),
    (row(created="2999-01-01 10:00", closed=""), "created_at", "import_moment_outside"),
    (row(created="0001-01-01 00:00", closed=""), "created_at", "import_moment_unlikely"),
    (row(closed="yesterday"), "closed_at", "import_moment_invalid"),
    (row(closed="2025-03-03 09:59"), "closed_at", "import_moment_before"),
    (row(closed="2999-01-01 10:00"), "closed_at", "import_moment_outside"),
    (row(outcome="Done"), "outcome", "import_choice_unknown"),
    (row(lat="north"), "lat", "import_number_invalid"),
    (row(lat="1e999"), "lat", "import_number_invalid"),
    (row(lat="90.5"), "lat", "import_number_outside"),
    (row(lon="-181"), "lon", "import_number_outside"),
    (row(lat=""), "lat", "import_point_half"),
    (row(lon=""), "lon", "import_point_half"),
    (row(lat="0", lon="0.0"), "lat", "import_point_zero"),
    (row(text="a" * 20_001), "text", "too_long"),
    (row(address="a" * 201), "address", "too_long"),
    (ROW[:-1], "", "import_line_length"),
    ((*ROW, "more"), "", "import_line_length"),
)


async def test_every_bad_line_is_told_and_stops_no_other(town: Town) -> None:
    good = row(id="good")
    file = town.table(*(bad for bad, _, _ in BAD), good)
    with file.open("a", encoding="utf-8") as more:
        more.write(f'A-2,"never closed,,,,,,,\r\n{",".join(row(id="last", address="x"))}\r\n')
    report = town.folder / "report.csv"
    options = ("--source", "paper", "--report", str(report))

    checked = town.done(file, *options, "--dry-run", code=3)
    assert (checked["rows"], checked["bad"], checked["written"]) == (len(BAD) + 3, len(BAD) + 1, 0)
    for table in ("import_run", "case_record", "city_problems_category"):
        assert await town.rows(f"select from {table} where tenant_id = $1") == []
    first = report.read_bytes()

    result = town.run(file, *options)
    assert result.returncode == 3
    assert "written: 2, there already: 0" in result.stdout
    assert "leancity: line 2: external_id: This field is required" in result.stderr
    assert f"and {len(BAD) + 1 - 20} more" in result.stderr
    assert report.read_bytes() == first
    with report.open(encoding="utf-8-sig", newline="") as lines:
        found = list(csv.DictReader(lines))
    told = [(int(line["line"]), line["field"], line["code"]) for line in found]
    assert told[:-1] == [(n, field, code) for n, (_, field, code) in enumerate(BAD, 2)]
    assert told[-1] == (len(BAD) + 3, "", "import_line_broken")
    assert all(line["reason"] for line in found)
    assert found[0]["header"] == "id"
    assert found[0]["reason"] == "Заполните это поле"  # in the city's language
    assert [stored["external_id"] for stored in await town.rows(STORED)] == ["good", "last"]

    town.done(file, *options, code=3)  # finished, and the report is whole again
    assert report.read_bytes() == first


async def test_a_workbook_becomes_reports(town: Town) -> None:
    path = town.folder / "requests.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet, moment = book.add_worksheet(), book.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        sheet.write_row(0, 0, ["Номер", "Тема", "Дата создания", "Дата закрытия", "Широта", "Долгота", "Телефон"])
        sheet.write_row(1, 0, [1001, "Яма на дороге"])
        sheet.write_datetime(1, 2, datetime.fromisoformat("2025-07-01T09:30"), moment)
        sheet.write_datetime(1, 3, datetime.fromisoformat("2025-07-02T09:30"), moment)
        sheet.write_row(1, 4, [46.9591, 142.738, "+7 4242 000000"])
        sheet.write_row(2, 0, [1002, "яма на Дороге", "01.07.2025 10:00", "", "46,95", "142,73"])
    done = await town.imported(path, "edds")
    assert (done.written, done.bad) == (2, 0)
    closed, still_open = await town.rows(STORED)
    assert dict(closed) == {
        "external_id": "1001",
        "title": "Яма на дороге",
        "text": "",
        "status": "closed",
        "outcome": None,
        "opened_at": "2025-06-30 22:30:00+00",
        "closed_at": "2025-07-01 22:30:00+00",
        "key": "yama_na_doroge",
        "lat": 46.9591,
        "lon": 142.738,
        "has_cell": True,
        "address": "",
        "reporter_phone": "+7 4242 000000",
    }
    assert (still_open["status"], still_open["lat"], still_open["key"]) == ("reported", 46.95, "yama_na_doroge")


async def test_a_file_of_an_old_system_by_a_saved_mapping(town: Town) -> None:
    path = town.folder / "old.csv"
    lines = [
        "№;вид;когда;закрыто;чем",
        "7;Фонарь;03.03.2025 10:00;04.03.2025 10:00;сделано",
        "8;Фонарь;05.03.2025;Нет;",
    ]
    path.write_bytes("\r\n".join(lines).encode("cp1251"))
    fields = {"external_id": "№", "category": "вид", "created_at": "когда", "closed_at": "закрыто", "outcome": "чем"}
    values = {"outcome": {"Сделано": "Устранено"}, "category": {"фонарь": "lighting"}, "closed_at": {"нет": ""}}
    mapping = town.mapping({"fields": fields, "zone": "Europe/Moscow", "values": values}, "first.json")
    town.done(path, "--map", mapping, "--save-map", "диспетчерская", "--source", "ЕДДС", "--dry-run")
    done = town.done(path, "--map", "диспетчерская")
    assert (done["source"], done["written"]) == ("ЕДДС", 2)
    stored = [(x["external_id"], x["outcome"], x["opened_at"], x["key"]) for x in await town.rows(STORED)]
    assert stored == [
        ("7", "fixed", "2025-03-03 07:00:00+00", "lighting"),
        ("8", None, "2025-03-04 21:00:00+00", "lighting"),
    ]


async def test_the_preview_shows_and_writes_nothing(town: Town) -> None:
    file = town.table(ROW, row(id=""), row(id="A-3"))
    async with town.city.serving():
        target, source = find_target("requests"), open_source(file)
        mapping = settled(target, FieldMapping(), source.headers)
        found = preview(Plan(target=target, source=source, mapping=mapping, system=""), 2)
    assert (found["total"], found["zone"], found["unused"]) == (3, "Asia/Sakhalin", [])
    assert (found["fields"]["external_id"], found["fields"]["reporter_name"]) == ("id", None)
    good, bad = found["rows"]
    assert (good["line"], good["values"]["created_at"]) == (2, "2025-03-03T10:00:00+11:00")
    assert bad["problems"] == [{"field": "external_id", "reason": "This field is required"}]
    text = town.run(file, "--preview", "2")
    assert "external_id    <- id" in text.stdout
    assert "created_at     = 2025-03-03T10:00:00+11:00" in text.stdout
    assert await town.rows("select from import_run where tenant_id = $1") == []
    assert await town.rows("select from case_record where tenant_id = $1") == []


async def test_a_mended_file_brings_what_was_bad_and_nothing_twice(town: Town) -> None:
    bad, mended = town.table(ROW, row(id="A-2", lat="x"), ROW), town.table(ROW, row(id="A-2"), ROW, name="mended.csv")
    done = await town.imported(bad, "paper")
    assert (done.written, done.known, done.bad) == (1, 1, 1)
    done = await town.imported(bad, "paper")
    assert (done.written, done.known, done.bad, done.was_finished) == (0, 0, 1, True)
    done = await town.imported(mended, "paper")
    assert (done.written, done.known, done.bad) == (1, 2, 0)
    done = await town.imported(mended, "paper", formats=["iso"])  # another mapping: another run, the rows are known
    assert (done.written, done.known, done.resumed_after) == (0, 3, 0)
    done = await town.imported(mended, "other")  # the same numbers of another system
    assert (done.written, done.known) == (2, 1)


async def test_what_is_refused_is_one_line_and_changes_nothing(town: Town) -> None:
    file = town.table(ROW)
    for options, said in (
        ((), "source: Name the system the file comes from"),
        (("--map", town.mapping({"fields": {"external_id": "nr"}})), "external_id: The file has no header «nr»"),
    ):
        result = town.run(file, *options)
        assert (result.returncode, result.stdout) == (1, ""), options
        assert f"leancity: {said}" in result.stderr
        assert "Traceback" not in result.stderr
    assert await town.rows("select from import_run where tenant_id = $1") == []
    with pytest.raises(Refused, match="report: import_report_unwritable"):
        Report(town.folder / "no" / "report.csv", {}, "ru")


async def test_a_closed_module_imports_nothing(town: Town, make_city: Callable[..., Awaitable[City]]) -> None:
    closed = Town(city=await make_city(), platform=town.platform, folder=town.folder)
    result = closed.run(closed.table(ROW), "--source", "paper")
    assert (result.returncode, result.stdout) == (1, "")
    assert "the module 'city_problems' does not exist here" in result.stderr
    assert await closed.rows("select from case_record where tenant_id = $1") == []
    for word in ("requests", "city_problems.requests"):
        async with town.city.serving():
            assert find_target(word).name == "city_problems.requests"
        async with closed.city.serving():
            with pytest.raises(ModuleClosed):
                find_target(word)
    async with town.city.serving():
        with pytest.raises(Refused, match="import_target_unknown"):
            find_target("trees")


async def test_a_profile_belongs_to_its_city_and_needs_a_name(
    town: Town, another_city: City, requests: ImportTarget
) -> None:
    async with town.city.serving():
        await save_profile(requests, "old", FieldMapping(zone="Europe/Moscow"))
        await save_profile(requests, "old", FieldMapping(zone="Asia/Tomsk"))
        assert await load_profile(requests, "old") == FieldMapping(zone="Asia/Tomsk", source="old")
        for name in (" ", "x" * 101):
            with pytest.raises(Refused):
                await save_profile(requests, name, FieldMapping())
    async with another_city.serving():
        with pytest.raises(Refused, match="import_profile_unknown"):
            await load_profile(requests, "old")


def test_the_help_tells_the_exit_codes(modules: object) -> None:
    told = CliRunner().invoke(import_, ["--help"]).output
    assert all(f"  {code}  " in told for code in range(4))
