"""The life of a report as a process that a city may draw otherwise, and what its drawings may read of a report."""

from __future__ import annotations

import uuid
from pathlib import Path

from leancity.core.db.unit import tenant_tx
from leancity.core.plugins.contributions import Facts, LaneWorkers, ModuleProcess
from leancity.core.settings.service import settings_of
from leancity.modules.city_problems.following.answering import end_of_window
from leancity.modules.city_problems.kinds import KEY, MODULE
from leancity.modules.city_problems.settings import CityProblemsSettings

_REPORT = """
select k.key as category, c.author_id is not null as has_author
from city_problems_report r
join city_problems_category k on k.tenant_id = r.tenant_id and k.id = r.category_id
join case_record c on c.tenant_id = r.tenant_id and c.id = r.case_id
where r.tenant_id = $1 and k.tenant_id = $1 and c.tenant_id = $1 and r.case_id = $2
"""


async def facts_of(case_id: uuid.UUID) -> Facts:
    """Return what drawings may read of a report: ``category`` (its key), ``has_author`` (who reported can answer),
    ``confirm_days`` as the city has set it, and ``confirm_until``, the end of the time to answer were it closed now:
    null where nobody can."""
    async with tenant_tx() as unit:
        row = await unit.connection.fetchrow(_REPORT, unit.tenant_id, case_id)
        if row is None:
            return {}
        days = (await settings_of(MODULE, CityProblemsSettings)).confirm_days
    until = end_of_window(days).isoformat() if row["has_author"] else None
    return {**row, "confirm_days": days, "confirm_until": until}


PROCESSES = (
    ModuleProcess(
        key=KEY,
        title={"en": "Report of a city problem", "ru": "Сообщение о городской проблеме"},
        path=Path(__file__).parent / "processes" / "report.bpmn",
        case_kind=KEY,
        lanes={
            "lane_clerk": LaneWorkers(role="city_problems.clerk"),
            "lane_unit": LaneWorkers(role="city_problems.executor"),
            "lane_resident": LaneWorkers(is_author=True),
        },
        ends_at=("closed_choice",),
        facts=facts_of,
        filed_by="cityProblemsReport",
    ),
)
