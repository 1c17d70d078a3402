"""The module's two processes as they are shipped: drawing, names in English, forms and tables, who works in a lane."""

from __future__ import annotations

from pathlib import Path

from leancity.core.plugins.contributions import LaneWorkers, ModuleProcess
from leancity.modules.staff_attestation.kinds import ATTESTATION_KEY, SCHEDULE_KEY
from leancity.modules.staff_attestation.permissions import CHAIR, EMPLOYEE, HEAD, HR, MEMBER, SECRETARY

HERE = Path(__file__).parent

SCHEDULE = ModuleProcess(
    key=SCHEDULE_KEY,
    title={"en": "Schedule of attestations", "ru": "График аттестации муниципальных служащих"},
    path=HERE / "schedule.bpmn",
    case_kind=SCHEDULE_KEY,
    lanes={
        "lane_hr": LaneWorkers(role=HR),
        "lane_head": LaneWorkers(role=HEAD),
        "lane_employee": LaneWorkers(role=EMPLOYEE),
    },
    forms=HERE / "schedule",
    decisions=HERE / "schedule",
)
ATTESTATION = ModuleProcess(
    key=ATTESTATION_KEY,
    title={"en": "Attestation of an employee", "ru": "Аттестация муниципального служащего"},
    path=HERE / "attestation.bpmn",
    case_kind=ATTESTATION_KEY,
    lanes={
        "lane_supervisor": LaneWorkers(role=EMPLOYEE),
        "lane_employee": LaneWorkers(role=EMPLOYEE),
        "lane_hr": LaneWorkers(role=HR),
        "lane_secretary": LaneWorkers(role=SECRETARY),
        "lane_commission": LaneWorkers(role=MEMBER),
        "lane_chair": LaneWorkers(role=CHAIR),
        "lane_head": LaneWorkers(role=HEAD),
    },
    forms=HERE / "attestation",
    decisions=HERE / "attestation",
    # From the request for the review to the order on the results.
    starts_at=("review",),
    ends_at=("order",),
)
