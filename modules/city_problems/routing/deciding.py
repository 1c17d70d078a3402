"""Routing a report: once when it is filed, and once when what it is about was corrected.

The rules look at what the report says and at the moment when it was reported, however late it is corrected, so that
one report and the trial over the history are judged alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from leancity.core.cases.journal import add_event
from leancity.core.cases.tables import CaseRecord
from leancity.core.clock.deadline import DeadlineRule
from leancity.core.i18n.catalogue import text as words
from leancity.core.jobs.outbox import enqueue
from leancity.core.settings.service import settings_of
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems.kinds import MODULE
from leancity.modules.city_problems.routing.choosing import Choice, choice_of, rules_on
from leancity.modules.city_problems.routing.matching import Rule, Subject, compiled, first_fitting, known_of
from leancity.modules.city_problems.routing.promising import promise_whole
from leancity.modules.city_problems.routing.rules import RouteItem, term_of
from leancity.modules.city_problems.settings import CityProblemsSettings
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport

SEND = "city_problems.send_routed"


async def route(
    case: CaseRecord, report: CityProblemsReport, text: str, at: datetime, otherwise: DeadlineRule | None = None
) -> None:
    """Find the rule that a report fits, in the open, writing unit of work whose ``case`` is locked.

    ``text`` is what the resident wrote, ``at`` when it was reported. The rule is kept with the report, its term is
    promised (without one ``otherwise``, the category's), and where the city lets rules send, sending is asked for.
    """
    rules = rules_on()
    found = await _fitting(rules, report, text, at) if rules else None
    key = "" if found is None else found.key
    if key != report.route:
        report.route = key
        await report.save([CityProblemsReport.route])
        note = _told(found, await choice_of(case.id))
        await add_event(case, "routed", words={"note": note}, route=key)
    await promise_whole(case, None if found is None else term_of(found.item), otherwise)
    if found is not None:
        await ask_to_send(case, key)


async def ask_to_send(case: CaseRecord, route: str) -> None:
    """Ask that a report be sent on from where its locked case stands, by its rule ``route``, where the city lets rules
    do that. Joins the open unit of work."""
    if route in rules_on() and (await settings_of(MODULE, CityProblemsSettings)).is_routing_automatic:
        payload = {"case_id": case.id, "route": route, "status": case.status}
        await enqueue(SEND, payload, order_key=f"{MODULE} {case.id}")


async def _fitting(rules: Mapping[str, RouteItem], report: CityProblemsReport, text: str, at: datetime) -> Rule | None:
    query = CityProblemsCategory.select(CityProblemsCategory.key)
    category = await query.where(CityProblemsCategory.id == report.category_id).first()
    subject = Subject(
        category=category["key"] if category else "", cell=report.cell, text=text, address=report.address, at=at
    )
    asked = await compiled(rules)
    [facts] = await known_of([subject], asked)
    return first_fitting(asked, facts)


def _told(found: Rule | None, chosen: Choice | None) -> str:
    """Return what the timeline says of it, in the city's language."""
    locale = current_tenant().locale
    if found is None:
        return words("city_problems.route_none", locale)
    rule = found.item.title or found.key
    if chosen is None or chosen.unit is None:
        return words("city_problems.route_to_nobody", locale, {"rule": rule})
    code = "city_problems.route_to" if chosen.passed is None else "city_problems.route_to_instead"
    return words(code, locale, {"rule": rule, "unit": chosen.unit.title})
