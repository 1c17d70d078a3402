"""The module's two processes as they are shipped: drawing, names in English, forms, who works in which lane."""

from __future__ import annotations

from pathlib import Path

from leancity.core.plugins.contributions import LaneWorkers, ModuleProcess
from leancity.modules.mayor_assignments.kinds import ASSIGNMENT_KEY, PROTOCOL_KEY
from leancity.modules.mayor_assignments.permissions import CONTROLLER, EXECUTOR, MAYOR

HERE = Path(__file__).parent

PROTOCOL = ModuleProcess(
    key=PROTOCOL_KEY,
    title={"en": "Protocol of a meeting with the mayor", "ru": "Протокол совещания у мэра"},
    path=HERE / "protocol.bpmn",
    case_kind=PROTOCOL_KEY,
    lanes={"lane_controller": LaneWorkers(role=CONTROLLER), "lane_mayor": LaneWorkers(role=MAYOR)},
    forms=HERE / "protocol",
)
ASSIGNMENT = ModuleProcess(
    key=ASSIGNMENT_KEY,
    title={"en": "The mayor's assignment", "ru": "Поручение мэра"},
    path=HERE / "assignment.bpmn",
    case_kind=ASSIGNMENT_KEY,
    lanes={
        "lane_executor": LaneWorkers(role=EXECUTOR),
        "lane_controller": LaneWorkers(role=CONTROLLER),
        "lane_mayor": LaneWorkers(role=MAYOR),
    },
    forms=HERE / "assignment",
    # From the issue to the signed resolution.
    starts_at=("issued",),
    ends_at=("done", "not_done"),
)
