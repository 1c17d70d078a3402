"""Files to import and a city to import them into."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from leancity.core.imports.importing import BATCH, Tally, import_rows
from leancity.core.imports.mapping import FieldMapping, settled
from leancity.core.imports.runs import Plan
from leancity.core.imports.sources import open_source
from leancity.core.imports.target import ImportTarget, find_target
from leancity.core.plugins.manager import installed_modules
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform

MAPPING = {
    "fields": {
        "external_id": "srnumber",
        "category": "requesttype",
        "created_at": "createddate",
        "closed_at": "closeddate",
        "outcome": "status",
        "lat": "latitude",
        "lon": "longitude",
        "address": "address",
    },
    "zone": "America/Los_Angeles",
    "formats": ["%m/%d/%y %H:%M"],
    "values": {
        "outcome": {"Closed": "fixed", "Cancelled": "not_fixed", "Referred Out": "not_ours", "Open": "", "Pending": ""}
    },
}
HEADER = ("id", "category", "created", "closed", "outcome", "text", "lat", "lon", "address")
ROW = ("A-1", "Яма", "2025-03-03 10:00", "2025-03-04 10:00", "fixed", "Глубокая", "46.9591", "142.738", "ул. Ленина, 1")


@dataclass(frozen=True, kw_only=True)
class Town:
    """A city with city_problems, the command for it, and its rows as nobody's policy hides them."""

    city: City
    platform: Platform
    folder: Path

    def run(self, file: Path, *options: str) -> subprocess.CompletedProcess[str]:
        """Run ``leancity import requests`` for the city."""
        return self.platform.command(
            "import", "requests", str(file), "--city", self.city.tenant.slug, *options, check=False
        )

    def done(self, file: Path, *options: str, code: int = 0) -> dict[str, Any]:
        """Run it with ``--json`` and return what it says."""
        result = self.run(file, "--json", *options)
        assert result.returncode == code, result.stderr
        facts: dict[str, Any] = json.loads(result.stdout)
        return facts

    async def imported(self, file: Path, system: str, *, batch: int = BATCH, **mapping: Any) -> Tally:
        """Do in this process what the command does."""
        async with self.city.serving():
            target, source = find_target("requests"), open_source(file)
            settled_mapping = settled(target, FieldMapping(**mapping), source.headers)
            plan = Plan(target=target, source=source, mapping=settled_mapping, system=system)
            return await import_rows(plan, lambda line: None, lambda tally: None, batch=batch)

    def table(self, *rows: Sequence[str], header: Sequence[str] = HEADER, name: str = "requests.csv") -> Path:
        """Write a CSV below ``header``."""
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        return path

    def mapping(self, mapping: dict[str, Any], name: str = "elsewhere.json") -> str:
        path = self.folder / name
        path.write_text(json.dumps(mapping), "utf-8")
        return str(path)

    async def rows(self, sql: str) -> list[asyncpg.Record]:
        """Return what ``sql`` finds of the city, ``$1`` being its id, past all policies."""
        connection = await asyncpg.connect(self.platform.superuser_url, database=self.platform.database)
        try:
            return await connection.fetch(sql, self.city.tenant.id)
        finally:
            await connection.close()


def row(**changes: str) -> tuple[str, ...]:
    """``ROW`` with some cells changed, by header."""
    assert changes.keys() <= set(HEADER)
    return tuple(changes.get(name, cell) for name, cell in zip(HEADER, ROW, strict=True))


@pytest_asyncio.fixture
async def town(make_city: Callable[..., Awaitable[City]], platform: Platform, tmp_path: Path) -> Town:
    """A city in Sakhalin's zone."""
    return Town(city=await make_city("city_problems"), platform=platform, folder=tmp_path)


@pytest.fixture
def requests() -> ImportTarget:
    """What is imported here."""
    found: ImportTarget = installed_modules().import_targets["city_problems.requests"]
    return found
