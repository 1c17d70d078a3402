"""The job that reads a registry's file, killed on its way: it goes on where it was, and no row is there twice."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from leancity.core.processes.registry.importing import running
from tests.core.processes.killing import killed_on_the_way
from tests.core.processes.registry.conftest import Town
from tests.core.processes.registry.test_importing import workbook

_ROWS = """
select (select count(*) from city_function where tenant_id = $1) as functions,
    (select count(*) from function_operation where tenant_id = $1) as operations,
    (select count(*) from audit_event where tenant_id = $1 and action = 'core.function.created') as told
"""
_RUN = "select state, total, line_done, written, known, bad, mapping from import_run where tenant_id = $1 and id = $2"


@pytest.mark.parametrize("stride", [pytest.param(13, id="some"), pytest.param(1, id="all", marks=pytest.mark.long)])
async def test_a_killed_import_goes_on(town: Town, monkeypatch: pytest.MonkeyPatch, stride: int) -> None:
    monkeypatch.setattr(running, "LINES_AT_ONCE", 3)
    functions: list[list[Any]] = [
        ["key", "title", "unit"],
        *([f"Ф-{n}", f"Функция {n}", "roads"] for n in range(5)),
        ["Ф-0", "x", ""],
    ]
    operations: list[list[Any]] = [
        ["function", "place", "title", "minutes"],
        *([f"Ф-{n}", 1, "Приём", 15] for n in range(4)),
    ]
    file = await town.uploaded("registry.xlsx", workbook(functions=functions, operations=operations))
    begun = await town.done("registryImport", "run { id }", **file, isPreview=False)
    run_id = uuid.UUID(begun["run"]["id"])
    ((job,),) = await town.city.rows("select id from job where tenant_id = $1 and name = 'core.import_registry'")

    async def look() -> tuple[Any, Any]:
        ((functions, operations, told),) = await town.city.rows(_ROWS)
        (run,) = await town.city.rows(_RUN, run_id)
        assert run["written"] == functions + operations and told == functions, "what is told was committed with it"
        assert run["line_done"] == run["written"] + run["known"] + run["bad"]
        return run["line_done"], run

    deaths, found = await killed_on_the_way(town.city, job, monkeypatch, look, stride=stride)
    assert deaths >= 3 and [done for done, _ in found] == sorted(done for done, _ in found)
    run = found[-1][1]
    assert (run["state"], run["total"], run["line_done"]) == ("finished", 10, 10), run["mapping"]
    assert (run["written"], run["known"], run["bad"]) == (9, 0, 1)
    (line,) = [line for line in json.loads(run["mapping"])["lines"] if line["fate"] == "refused"]
    assert (line["line"], line["problems"][0]["code"]) == (7, "registry_line_twice"), "told over the border of batches"
