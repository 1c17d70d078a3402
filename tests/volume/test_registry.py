"""A registry as large as the source city's: 1 249 functions, brought in at once, looked for, counted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter

from leancity.core.identity.units import create_unit
from leancity.core.processes.registry.listing import FunctionFilter, count_functions, list_functions
from leancity.core.testing.city import City

FUNCTIONS, OPERATIONS, UNITS = 1_249, 5, 40
GUARD = 60  # seconds: a hang, not a measure


def functions() -> Iterator[tuple[object, ...]]:
    yield "key", "title", "unit", "lead_days", "launches", "hourly_rate"
    for n in range(FUNCTIONS):
        yield f"Ф-{n:04}", f"Функция {n} подразделения", f"unit-{n % UNITS}", 1 + n % 30, 1 + n % 100, 500


def operations() -> Iterator[tuple[object, ...]]:
    yield "function", "place", "title", "minutes"
    for n in range(FUNCTIONS):
        for place in range(1, OPERATIONS + 1):
            yield f"Ф-{n:04}", place, f"Операция {place}", 15 * place


@pytest.mark.long
async def test_the_source_citys_registry_is_brought_in_and_found(city: City, tmp_path: Path) -> None:
    async with city.serving():
        for n in range(UNITS):
            await create_unit(f"unit-{n}", f"Отдел {n}")
    file = tmp_path / "registry.xlsx"
    with xlsxwriter.Workbook(file) as book:
        for name, rows in (("functions", functions()), ("operations", operations())):
            sheet = book.add_worksheet(name)
            for row, cells in enumerate(rows):
                sheet.write_row(row, 0, cells)
    began = time.monotonic()
    for fate in ("created", "unchanged"):
        done = city.platform.command("registry", "import", str(file), "--city", city.tenant.slug, "--json")
        counts = json.loads(done.stdout)["counts"]
        assert (counts["functions"][fate], counts["operations"][fate]) == (FUNCTIONS, FUNCTIONS * OPERATIONS)
        print(f"{fate}: {time.monotonic() - began:.1f} s since the start")  # noqa: T201 - a measure for who reads it
    async with city.serving():
        began = time.monotonic()
        assert await count_functions(FunctionFilter(text="функция 124")) == 10
        assert len(await list_functions(FunctionFilter(cost_above=1.0), limit=100, after="Ф-1100")) == 100
        print(f"found: {(time.monotonic() - began) * 1000:.0f} ms")  # noqa: T201
    assert time.monotonic() - began < GUARD
