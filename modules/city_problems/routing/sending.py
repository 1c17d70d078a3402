"""Sending a routed report without a clerk, where the city lets rules do that."""

from __future__ import annotations

import uuid
from typing import Any

from leancity.core.cases.records import lock_case
from leancity.core.db.unit import tenant_tx
from leancity.core.plugins.contributions import Job
from leancity.modules.city_problems import service
from leancity.modules.city_problems.kinds import SORTED
from leancity.modules.city_problems.routing.choosing import choice_of
from leancity.modules.city_problems.routing.deciding import SEND
from leancity.modules.city_problems.tables import CityProblemsReport


async def send_routed(payload: dict[str, Any]) -> None:
    """Job: sort the report ``payload["case_id"]`` and send it to the unit that its rule chooses.

    Only while it is where it was when it was routed, by the same rule: what a clerk has begun is theirs, and a report
    that some unit has returned is not sent round by a machine. Nothing happens twice.
    """
    case_id = uuid.UUID(payload["case_id"])
    async with tenant_tx(write=True):
        case, _ = await lock_case(case_id, permission=None, closed=True)
        report = await CityProblemsReport.objects().where(CityProblemsReport.case_id == case_id).first()
        if report is None or (report.route, case.status) != (payload["route"], payload["status"]):
            return
        chosen = await choice_of(case_id)
        if chosen is None or chosen.unit is None or chosen.is_returned or not chosen.rule:
            return
        if chosen.unit.id == case.unit_id or not (await service.settings()).is_routing_automatic:
            return
        if case.status == "reported" and (await service.sort(case_id)).status != SORTED:
            return  # the city has drawn something in between, and a clerk goes on from there
        await service.send(case_id, chosen.unit.id, chosen.note)


JOBS = (Job(name=SEND, run=send_routed),)
