"""Sending a routed report without a clerk, where the city lets rules do that.

A city may have drawn an approval before the report is sorted or sent. Then the rule's decision is kept with what was
asked of the process, and applied when the report comes to it. What the drawing lets no rule do is said on the timeline,
and a clerk goes on from there.
"""

from __future__ import annotations

import uuid
from typing import Any

from leancity.core.cases.journal import add_event
from leancity.core.cases.records import lock_case
from leancity.core.cases.tables import CaseEvent, CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.i18n.catalogue import describe
from leancity.core.i18n.catalogue import text as words
from leancity.core.jobs.current import is_repeat
from leancity.core.plugins.contributions import Job
from leancity.core.processes.running.wishes import awaited_on
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems import service
from leancity.modules.city_problems.kinds import SENT, SORTED
from leancity.modules.city_problems.routing.choosing import Choice, choice_of, rules_on
from leancity.modules.city_problems.routing.deciding import SEND
from leancity.modules.city_problems.tables import CityProblemsReport

WAITS, STOPPED = "routing_waits", "routing_stopped"


async def send_routed(payload: dict[str, Any]) -> None:
    """Job: sort the report ``payload["case_id"]`` and send it to the unit that its rule chooses.

    Only while it is where it was when it was routed, by the same rule: what a clerk has begun is theirs, and a report
    that some unit has returned is not sent round by a machine. Nothing happens twice.
    """
    try:
        async with tenant_tx(write=True):
            if (found := await _standing(payload)) is not None:
                await _send(*found)
    except Refused as refused:  # undone whole: what keeps it is said in a unit of its own
        async with tenant_tx(write=True):
            if (found := await _standing(payload)) is not None:
                await _tell(*found, STOPPED, reason=describe(refused.problems[0], current_tenant().locale))


async def _standing(payload: dict[str, Any]) -> tuple[CaseRecord, Choice] | None:
    """Lock the report's case and return it with where it goes; None where a rule has nothing to do with it any more."""
    case_id = uuid.UUID(payload["case_id"])
    case, _ = await lock_case(case_id, permission=None, closed=True)
    report = await CityProblemsReport.objects().where(CityProblemsReport.case_id == case_id).first()
    if report is None or (report.route, case.status) != (payload["route"], payload["status"]):
        return None
    if await awaited_on(case_id) is not None:
        return None  # somebody asked for a move that is still to come: it goes on from there
    chosen = await choice_of(case_id)
    if chosen is None or chosen.unit is None or chosen.is_returned or not chosen.rule:
        return None
    if chosen.unit.id == case.unit_id or not (await service.settings()).is_routing_automatic:
        return None
    return case, chosen


async def _send(case: CaseRecord, chosen: Choice) -> None:
    if case.status == "reported":
        case = await service.sort(case.id, by_rule=True)
    if case.status == SORTED and chosen.unit is not None:
        case = await service.send(case.id, chosen.unit.id, chosen.note)
    if case.status != SENT:
        await _tell(case, chosen, WAITS)


async def _tell(case: CaseRecord, chosen: Choice, event: str, **told: str) -> None:
    """Say on the timeline, in the city's language, what keeps a rule from sending a report: once, however often the job
    is begun."""
    if is_repeat() and await CaseEvent.exists().where((CaseEvent.case_id == case.id) & (CaseEvent.kind == event)):
        return
    rule, unit = rules_on()[chosen.rule].title or chosen.rule, "" if chosen.unit is None else chosen.unit.title
    note = words(f"city_problems.{event}", current_tenant().locale, {"rule": rule, "unit": unit, **told})
    await add_event(case, event, words={"note": note}, route=chosen.rule)


# Outside: what is refused is undone while its reason is kept.
JOBS = (Job(name=SEND, run=send_routed, is_outside=True),)
