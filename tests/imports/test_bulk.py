"""An imported case is what a filed one is; and two imports at once."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from leancity.core.cases import bulk_import
from leancity.core.cases.bulk_import import ImportedCase, import_cases
from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.moves import move
from leancity.core.cases.tables import CaseEvent, CaseRecord, CaseTerm
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.imports.importing import Tally
from leancity.core.moment import now
from leancity.core.plugins.gate import ModuleClosed
from tests.imports.conftest import Town, row

KIND = "city_problems.report"
TERM = ("stage", "kind", "amount", "unit", "assumed", "source", "rule", "started_at", "due_at", "time_left", "ended_at")


def case(external_id: str = "1", **more: Any) -> ImportedCase:
    opened_at = more.pop("opened_at", datetime(2025, 3, 3, 5, 30, tzinfo=UTC))
    return ImportedCase(external_id=external_id, title="Pothole", text="", opened_at=opened_at, **more)


async def terms(case_id: uuid.UUID) -> list[dict[str, Any]]:
    async with tenant_tx():
        rows = await CaseTerm.select().where(CaseTerm.case_id == case_id).order_by(CaseTerm.stage)
    return [{name: row[name] for name in TERM} | {"rule": json.loads(row["rule"])} for row in rows]


async def events(case_id: uuid.UUID) -> list[tuple[Any, ...]]:
    async with tenant_tx():
        rows = await CaseEvent.objects().where(CaseEvent.case_id == case_id).order_by(CaseEvent.at, CaseEvent.id)
    return [(row.kind, row.status, json.loads(row.data)) for row in rows]


async def test_an_open_case_is_as_if_it_had_been_filed(town: Town) -> None:
    opened_at = now() - timedelta(days=40)
    async with town.city.serving():
        filed = await file_case(KIND, Filing(title="Pothole", opened_at=opened_at, data={"category": "pothole"}))
        imported = (await import_cases(KIND, "paper", [case(opened_at=opened_at, data={"category": "pothole"})]))["1"]
        async with tenant_tx():
            rows = {row.id: row for row in await CaseRecord.objects()}
        assert await terms(imported) == await terms(filed.id) != []
        for name in ("kind", "title", "text", "status", "outcome", "opened_at", "closed_at", "due_at", "version"):
            assert getattr(rows[imported], name) == getattr(rows[filed.id], name), name
        ((kind, status, data),) = await events(imported)
        ((_, _, as_filed),) = await events(filed.id)
        assert (kind, status) == ("state_entered", "reported")
        assert data == {**as_filed, "data": {"category": "pothole", "source": "paper"}}
        numbers = sorted(int(row.number.split("-")[-1]) for row in rows.values())
        assert numbers == [1, 2]


async def test_a_closed_case_is_as_if_it_had_been_closed(town: Town) -> None:
    opened_at = now() - timedelta(days=40)
    async with town.city.serving():
        filed = await file_case(KIND, Filing(title="Pothole", opened_at=opened_at))
        filed = await move(filed.id, "refuse", outcome="not_ours", note="x")
        brought = case(opened_at=opened_at, closed_at=filed.closed_at, outcome="not_ours")
        imported = (await import_cases(KIND, "paper", [brought]))["1"]
        assert await terms(imported) == await terms(filed.id)
        entries, as_moved = await events(imported), await events(filed.id)
        assert [entry[:2] for entry in entries] == [entry[:2] for entry in as_moved]
        for key in ("from", "outcome", "final"):
            assert entries[1][2][key] == as_moved[1][2][key]
        async with tenant_tx():
            stored = await CaseRecord.objects().get(CaseRecord.id == imported)
    assert stored is not None
    assert [stored.status, stored.outcome, stored.closed_at, stored.due_at] == [
        "closed", "not_ours", filed.closed_at, None,
    ]  # fmt: skip


async def test_numbers_follow_the_years_of_the_citys_calendar(town: Town) -> None:
    eve = datetime(2024, 12, 31, 12, 59, 59, tzinfo=UTC)  # Sakhalin is 11 hours ahead
    cases = [case("a", opened_at=eve), case("b", opened_at=eve + timedelta(seconds=1)), case("c", opened_at=eve)]
    async with town.city.serving():
        written = await import_cases(KIND, "paper", cases)
        assert (await import_cases(KIND, "paper", [*cases, case("d")])).keys() == {"d"}
        async with tenant_tx():
            numbers = {row.external_id: row.number for row in await CaseRecord.objects()}
    assert written.keys() == {"a", "b", "c"}
    assert numbers == {"a": "CP-2024-000001", "b": "CP-2025-000001", "c": "CP-2024-000002", "d": "CP-2025-000002"}


async def test_nothing_is_written_of_a_case_that_another_import_brought_meanwhile(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town.city.serving():
        await import_cases(KIND, "paper", [case("a")])
        monkeypatch.setattr(bulk_import, "_KNOWN", bulk_import._KNOWN + " and false")  # looked a moment too early
        assert (await import_cases(KIND, "paper", [case("a"), case("b")])).keys() == {"b"}
        assert await import_cases(KIND, "paper", [case("a")]) == {}
        async with tenant_tx():
            assert await CaseEvent.count() == 2
            assert await CaseTerm.count() == 4


async def test_what_a_caller_must_have_checked(town: Town) -> None:
    async with town.city.serving():
        with pytest.raises(ValueError, match="closed before it was opened"):
            await import_cases(KIND, "paper", [case(closed_at=datetime(2025, 3, 3, tzinfo=UTC))])
        assert await import_cases(KIND, "paper", []) == {}
    await town.city.leave("city_problems")
    async with town.city.serving():
        with pytest.raises(ModuleClosed):
            await import_cases(KIND, "paper", [case()])


async def test_of_two_runs_of_one_file_only_one_goes_on(town: Town) -> None:
    file = town.table(*(row(id=f"A-{n}") for n in range(300)))
    results = await asyncio.gather(*(town.imported(file, "paper", batch=20) for _ in range(2)), return_exceptions=True)
    won = [result for result in results if isinstance(result, Tally)]
    lost = [result for result in results if isinstance(result, Refused)]
    assert (len(won), len(lost)) == (1, 1)
    assert lost[0].problems[0].code == "import_elsewhere"
    stored = await town.rows("select number from case_record where tenant_id = $1")
    assert len({found["number"] for found in stored}) == len(stored) == 300
