"""The life of an application as a process that a city may draw otherwise."""

from __future__ import annotations

from pathlib import Path

from leancity.core.plugins.contributions import LaneWorkers, ModuleProcess
from leancity_earthworks.kinds import KEY

PROCESSES = (
    ModuleProcess(
        key=KEY,
        title={"en": "Earthworks permit", "ru": "Разрешение на земляные работы"},
        path=Path(__file__).parent / "processes" / "permit.bpmn",
        case_kind=KEY,
        lanes={
            "lane_clerk": LaneWorkers(role="earthworks.clerk"),
            "lane_bodies": LaneWorkers(role="earthworks.officer"),
        },
        filed_by="earthworksApply",
    ),
)
