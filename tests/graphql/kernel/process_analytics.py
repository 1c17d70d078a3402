"""What the walls are asked about analytics: nothing in them is another city's."""

from __future__ import annotations

from leancity.core.processes.reports.indicators import IndicatorCard, create_indicator
from tests.graphql.kernel.conftest import Office

_CARD = 'input: {measure: "wip", processId: "PROCESS"}'

ANALYTICS_MIXED: list[tuple[str, str]] = [
    (f"process_indicator_create({_CARD}) ERRORS", "not_found"),
    (f'process_indicator_change(id: "WATCHED", {_CARD}) ERRORS', "not_found"),
    ('process_indicator_move(id: "WATCHED", place: 1) ERRORS', "not_found"),
    ('process_indicator_remove(id: "WATCHED") ERRORS', "not_found"),
]
ANALYTICS_OWN = [
    "process_improvements { totalCount }",
    "process_indicators { id }",
    "process_indicator_measures { key }",
    "process_standing(by: LANE) { count }",
]


async def furnished_analytics(office: Office) -> dict[str, str]:
    """Return the id of an indicator."""
    async with office.city.serving():
        return {"WATCHED": str((await create_indicator(IndicatorCard(measure="wip"))).id)}
