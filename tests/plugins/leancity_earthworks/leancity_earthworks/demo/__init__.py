"""Demo bodies and applications; loading them twice changes nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import OrgUnit
from leancity.core.tenancy.context import current_tenant
from leancity_earthworks import approvals, reading, service
from leancity_earthworks.kinds import KEY
from leancity_earthworks.tables import EarthworksBody, EarthworksPermit

HERE = Path(__file__).parent
CENTRES = {"Asia/Sakhalin": (46.9591, 142.7380), "Asia/Tomsk": (56.6030, 84.8860)}
ELSEWHERE = (55.7558, 37.6173)


async def load() -> None:
    """Give the city bodies where it has none, then applications where it has none, one of them issued."""
    await _bodies()
    async with tenant_tx():
        if await EarthworksPermit.exists():
            return
    lat, lon = CENTRES.get(current_tenant().zone, ELSEWHERE)
    for row in _read("applications.json"):
        begins = service.today() + timedelta(days=row["begins_in"])
        ends = begins + timedelta(days=row["lasts"])
        case = await service.apply(
            service.NewApplication(
                lat=lat + row["dlat"],
                lon=lon + row["dlon"],
                address=row["address"],
                purpose=row["purpose"],
                digs_from=begins,
                digs_until=ends,
                restored_by=ends + timedelta(days=7),
                applicant_name=row["applicant"],
                applicant_phone="+7 000 000-00-00",
            )
        )
        await approvals.request(case.id, KEY)  # the listener would do it with the next job; the demo shows it at once
        if row["is_approved"]:
            for approval in (await reading.approvals_of([case.id]))[case.id]:
                await approvals.approve(approval.id)


async def _bodies() -> None:
    async with tenant_tx():
        if await EarthworksBody.exists():
            return
        units = {unit["key"]: unit["id"] for unit in await OrgUnit.select(OrgUnit.key, OrgUnit.id)}
    for row in _read("bodies.json"):
        await service.set_body(row["key"], row["title"], units.get(row["unit"]))


def _read(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((HERE / name).read_text("utf-8"))
    return rows
