"""The job that imports a log, killed on its way: it goes on where it was, and no case is there twice."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from leancity.core.processes.figures.logs import importing
from tests.core.processes.figures.conftest import Bureau, text_of
from tests.core.processes.killing import killed_on_the_way

_ROWS = """
select (select count(*) from process_case_fact where tenant_id = $1) as cases,
    (select count(*) from process_event where tenant_id = $1) as events,
    (select count(*) from process_step_fact where tenant_id = $1) as steps
"""
_LOG = "select cases, events from imported_log where tenant_id = $1 and id = $2"


@pytest.mark.parametrize("stride", [pytest.param(17, id="some"), pytest.param(1, id="all", marks=pytest.mark.long)])
async def test_a_killed_import_of_a_log_goes_on(bureau: Bureau, monkeypatch: pytest.MonkeyPatch, stride: int) -> None:
    monkeypatch.setattr(importing, "CASES_AT_ONCE", 2)
    day = "2026-06-0{}"
    rows = [
        (
            f"case {n}",
            step,
            f"{day.format(n + 1)} 09:00",
            f"{day.format(n + 1)} 09:00",
            f"{day.format(n + 1)} {end}",
            "",
        )
        for n in range(5)
        for step, end in (("register", "10:00"), ("check", "12:00"))
    ]
    begun = await bureau.send(text_of(rows))
    assert begun["errors"] == [] and begun["log"]["total"] == 5
    ((job,),) = await bureau.city.rows("select id from job where tenant_id = $1 and name = 'core.processes.import_log'")

    async def look() -> tuple[Any, ...]:
        ((cases, events, steps),) = await bureau.city.rows(_ROWS)
        ((told, told_events),) = await bureau.city.rows(_LOG, uuid.UUID(begun["log"]["id"]))
        assert (cases, events, steps) == (told, told_events, 2 * told), "what is told was committed with it"
        return cases, events

    deaths, found = await killed_on_the_way(bureau.city, job, monkeypatch, look, stride=stride)
    assert deaths >= 3 and found == sorted(found)
    assert found[-1][0] == 5
