"""Demo categories and reports; loading them twice changes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import OrgUnit
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems.service import NewReport, report
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport

HERE = Path(__file__).parent
CENTRES = {"Asia/Sakhalin": (46.9591, 142.7380), "Asia/Tomsk": (56.6030, 84.8860)}
ELSEWHERE = (55.7558, 37.6173)


async def load() -> None:
    """Give the city categories where it has none, then reports where it has none."""
    await load_categories()
    async with tenant_tx():
        if await CityProblemsReport.exists():
            return
    lat, lon = CENTRES.get(current_tenant().zone, ELSEWHERE)
    for row in _read("reports.json"):
        await report(
            NewReport(
                lat=lat + row["dlat"],
                lon=lon + row["dlon"],
                category=row["category"],
                text=row["text"],
                address=row["address"],
            )
        )


async def load_categories() -> None:
    """Give the city the common categories where it has none."""
    async with tenant_tx(write=True):
        if await CityProblemsCategory.exists():
            return
        units = {unit["key"]: unit["id"] for unit in await OrgUnit.select(OrgUnit.key, OrgUnit.id)}
        for row in _read("categories.json"):
            title = json.dumps(row["title"], ensure_ascii=False)
            await CityProblemsCategory(key=row["key"], title=title, unit_id=units.get(row["unit"])).save()


def _read(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((HERE / name).read_text("utf-8"))
    return rows
