"""A registry out of XLSX and CSV, by GraphQL and by the command: shown, written, again, its faults at their lines."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import xlsxwriter

from tests.core.processes.registry.conftest import DEMO, Town

SHEETS = (
    "id isPreview unread total done finishedAt sheets { kind created changed unchanged refused unused } "
    "lines { sheet line fate problems { field code message } } errors { field code }"
)
COUNT = "select count(*) from city_function where tenant_id = $1"
FUNCTION = """
select f.stage, f.lead_days, f.launches, f.error_share, f.hourly_rate, f.review_on::text, f.version, u.key as unit,
    (select count(*) from function_operation o where o.tenant_id = $1 and o.function_id = f.id) as operations
from city_function f left join org_unit u on u.tenant_id = $1 and u.id = f.unit_id
where f.tenant_id = $1 and f.key = $2
"""


def workbook(**sheets: list[list[Any]]) -> bytes:
    """Return an XLSX of sheets by name."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                sheet.write_row(row, 0, cells)
    return out.getvalue()


async def imported(town: Town, content: bytes, *, is_preview: bool, name: str = "registry.xlsx") -> dict[str, Any]:
    found = await run_of(town, content, isPreview=is_preview, name=name)
    assert found["errors"] == []
    return found


async def run_of(town: Town, content: bytes, *, name: str, **more: Any) -> dict[str, Any]:
    """Have a file read by the job and return what is told of it."""
    begun = (await town.done("registryImport", "run { id done }", **(await town.uploaded(name, content)), **more))[
        "run"
    ]
    assert begun["done"] == 0
    await town.city.run_jobs()
    found: dict[str, Any] = await town.ask(f'{{ registryImportRun(id: "{begun["id"]}") {{ {SHEETS} }} }}')
    assert found["finishedAt"] is not None and found["done"] == found["total"]
    return found


def totals(found: dict[str, Any]) -> dict[str, tuple[int, int, int, int]]:
    """Return by kind how many lines were created, changed, unchanged, refused."""
    return {
        each["kind"]: (each["created"], each["changed"], each["unchanged"], each["refused"]) for each in found["sheets"]
    }


async def test_the_template_is_given_back_and_imports_its_own_examples(town: Town) -> None:
    for who, status in ((town.reader, 200), (town.outsider, 403), (None, 401)):
        answer = await town.city.request("GET", "/processes/registry/template.xlsx", as_=who)
        assert answer.status_code == status
    template = (
        await town.city.request(
            "GET", "/processes/registry/template.xlsx", as_=town.analyst, headers={"Accept-Language": "ru"}
        )
    ).content
    shown = await imported(town, template, is_preview=True)
    assert shown["unread"] == ["Пояснения"]
    assert totals(shown) == {
        "powers": (1, 0, 0, 0), "positions": (1, 0, 0, 0), "duties": (1, 0, 0, 0), "systems": (1, 0, 0, 0),
        "functions": (1, 0, 0, 0), "operations": (2, 0, 0, 0), "uses": (1, 0, 0, 0),
    }  # fmt: skip
    assert (await town.city.rows(COUNT))[0][0] == 0, "a preview writes nothing"

    written = await imported(town, template, is_preview=False)
    assert totals(written) == totals(shown) and not written["isPreview"]
    (row,) = await town.city.rows(FUNCTION, "Ф-0001")
    assert dict(row) == {
        "stage": "described", "lead_days": 50.78, "launches": 61.8, "error_share": 0.2, "hourly_rate": None,
        "review_on": "2027-09-01", "version": 1, "unit": "improvement", "operations": 2,
    }  # fmt: skip
    again = await imported(town, template, is_preview=False)
    assert all(created == changed == refused == 0 for created, changed, _, refused in totals(again).values())
    assert (await town.city.rows(FUNCTION, "Ф-0001"))[0]["version"] == 1


async def test_every_fault_is_told_at_its_line_and_stops_no_other(town: Town) -> None:
    head = ["Код", "Наименование", "Подразделение", "Стадия", "Время протекания, дни", "Ошибки, %", "Владелец"]
    head.append("Лишнее")
    functions = [
        head,
        ["Ф-1", "Хорошая", "roads", "в плане", "1 854,60", "20", "", "x"],
        ["", "Без кода", "roads", "", "", "", "", ""],
        ["Ф-3", "Нет подразделения", "Управление благоустройсва", "", "", "", "", ""],
        ["Ф-4", "Не число", "roads", "", "много", "", "", ""],
        ["Ф-5", "Больше ста", "roads", "", "", "101", "", ""],
        ["Ф-6", "Стадия", "roads", "готова", "", "", "", ""],
        ["Ф-1", "Второй раз", "roads", "", "", "", "", ""],
        ["Ф-8", "Владелец", "roads", "", "", "", "Незнакомец", ""],
    ]
    operations: list[list[Any]] = [
        ["Функция", "Номер", "Наименование операции", "Минут на операцию"],
        ["Ф-1", 1, "Приём", 15],
        ["Ф-1", 2.5, "Половина", 15],
        ["Ф-4", 1, "Её строка отвергнута", 15],
    ]
    content = workbook(Функции=functions, Операции=operations, Заметки=[["о чём", "то"], ["a", "b"]])
    shown = await imported(town, content, is_preview=True)
    done = await imported(town, content, is_preview=False)
    assert done["lines"] == shown["lines"] and done["unread"] == ["Заметки"]
    wrong = [
        (line["sheet"], line["line"], line["problems"][0]["field"], line["problems"][0]["code"])
        for line in done["lines"]
        if line["fate"] == "REFUSED"
    ]
    assert wrong == [
        ("Функции", 3, "key", "required"),
        ("Функции", 4, "unit", "registry_reference_nearest"),
        ("Функции", 5, "leadDays", "import_number_invalid"),
        ("Функции", 6, "errorShare", "import_number_outside"),
        ("Функции", 7, "stage", "import_choice_unknown"),
        ("Функции", 8, "key", "registry_line_twice"),
        ("Функции", 9, "owner", "registry_reference_unknown"),
        ("Операции", 3, "place", "registry_number_whole"),
        ("Операции", 4, "function", "registry_reference_nearest"),
    ]
    messages = [line["problems"][0]["message"] for line in done["lines"] if line["fate"] == "REFUSED"]
    assert "Управление благоустройства" in messages[1] and "2" in messages[5]
    (sheet,) = [each for each in done["sheets"] if each["kind"] == "functions"]
    assert sheet["unused"] == ["Лишнее"]
    (row,) = await town.city.rows(FUNCTION, "Ф-1")
    assert (row["lead_days"], row["error_share"], row["stage"], row["operations"]) == (1854.6, 0.2, "planned", 1)
    assert (await town.city.rows(COUNT))[0][0] == 1


async def test_a_later_file_changes_what_it_says_and_moves_no_stage(town: Town) -> None:
    head = ["key", "title", "unit", "stage", "launches"]
    await imported(town, workbook(functions=[head, ["Ф-1", "Ордер", "roads", "описана", 10]]), is_preview=False)
    later = workbook(functions=[head, ["Ф-1", "Ордер на работы", "", "внедрена", ""]])
    assert totals(await imported(town, later, is_preview=False)) == {"functions": (0, 1, 0, 0)}
    (row,) = await town.city.rows(FUNCTION, "Ф-1")
    assert (row["unit"], row["stage"], row["launches"], row["version"]) == ("roads", "described", 10, 2)


async def test_a_file_that_is_no_registry_is_refused_whole(town: Town) -> None:
    async def codes(name: str, content: bytes, **more: Any) -> list[tuple[str, str]]:
        found = await run_of(town, content, name=name, isPreview=False, **more)
        assert (found["total"], found["lines"]) == (0, [])
        return [(error["field"], error["code"]) for error in found["errors"]]

    assert await codes("a.csv", b"a;b\n1;2\n") == [("file", "registry_sheets_none")]
    unknown = await town.uploaded("a.csv", b"a;b\n1;2\n")
    assert await town.codes("registryImport", **unknown, kind="goals") == [("kind", "registry_sheet_unknown")]
    while await town.city.run_jobs():
        pass
    told = await town.ask("{ notifications { edges { node { event subject { kind title } } } } }")
    assert [edge["node"] for edge in told["edges"]] == [
        {"event": "import_ended", "subject": {"kind": "REGISTRY_IMPORT_RUN", "title": "Загрузка реестра"}}
    ]
    assert ("key", "import_field_unmapped") in await codes("a.csv", b"a;b\n1;2\n", kind="functions")
    assert await codes("functions.csv", b"key;title\n") == [("file", "import_empty")]
    assert await town.codes("registryImport", fileId=town.units["roads"], claim="x") == [("fileId", "not_found")]


async def test_the_command_brings_the_demos_tables_in_and_tells_by_its_exit_code(town: Town, tmp_path: Path) -> None:
    def run(file: Path, *options: str, code: int = 0) -> dict[str, Any]:
        options = ("--city", town.city.tenant.slug, "--json", *options)
        done = town.city.platform.command("registry", "import", str(file), *options, check=False)
        assert done.returncode == code, done.stderr
        found: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}
        return found

    assert run(DEMO / "powers.csv", "--preview")["counts"]["powers"]["created"] == 15
    assert run(DEMO / "powers.csv")["counts"]["powers"] == {
        "created": 15, "changed": 0, "unchanged": 0, "refused": 0,
    }  # fmt: skip
    assert run(DEMO / "powers.csv")["counts"]["powers"]["unchanged"] == 15
    report = tmp_path / "report.csv"
    found = run(DEMO / "duties.csv", "--report", str(report), code=3)
    assert found["counts"]["duties"]["refused"] == 24, "their positions are not there"
    with report.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == 24 and rows[0]["line"] == "2" and rows[0]["header"] == "Должность"
    run(tmp_path / "nowhere.csv", code=1)
    template = tmp_path / "template.xlsx"
    town.city.platform.command("registry", "template", str(template), "--locale", "en")
    assert run(template, "--dry-run", code=0)["unread"] == ["Explanations"]
