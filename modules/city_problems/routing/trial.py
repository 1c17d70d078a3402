"""Trying a rule against the city's history, before it is switched on; and what earlier trials found."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from leancity.core.audit.log import record
from leancity.core.cases.reach import READ, reached
from leancity.core.cases.tables import CaseRecord
from leancity.core.customs.service import explained
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.core.settings.changes import validated
from leancity.core.settings.layers import resolved
from leancity.modules.city_problems.permissions import SETTINGS
from leancity.modules.city_problems.routing.checking import COLLECTION, check_draft
from leancity.modules.city_problems.routing.findings import Findings, compare
from leancity.modules.city_problems.routing.matching import compiled
from leancity.modules.city_problems.routing.rules import NAME, RouteItem, digest_of, in_order
from leancity.modules.city_problems.routing.tables import CityProblemsRouteTrial
from leancity.modules.city_problems.routing.units import find_unit

MOST_REPORTS = 10_000
EXAMPLES = 20
MOST_CASES = 200
"""Cases that a trial remembers, for examples: who reads it later may reach others of them."""
DRAFT = "draft"


@dataclass(frozen=True, kw_only=True)
class Example:
    """A report that the rule fits. ``unit_id`` is where it went."""

    case_id: uuid.UUID
    number: str
    unit_id: uuid.UUID | None


async def try_rule(
    key: str | None, draft: Mapping[str, Any] | None, *, since: datetime | None = None, limit: int = MOST_REPORTS
) -> CityProblemsRouteTrial:
    """Try a rule against the last ``limit`` reports (of those since ``since``) and keep what was found.

    ``draft`` is a rule that is not saved, as values of the collection; with a ``key`` it takes the place of the saved
    one. The other rules that are on take part. Raises ``Refused`` naming ``key``, ``limit`` or ``draft.<field>``.
    """
    rules = await saved_rules()
    if not 1 <= limit <= MOST_REPORTS:
        raise refuse("city_problems.route_limit", "limit", limit=MOST_REPORTS)
    tried, name = await _tried(key, draft, rules), key or ""
    others = {each: item for each, item in rules.items() if item.is_on and each != name}
    asked = await compiled({**others, name: tried})
    unit = await find_unit(tried.unit)
    the_one = next(rule for rule in asked if rule.key == name)
    found = await compare(asked, the_one, None if unit is None else unit.id, since, limit)
    return await _remember(name, tried, found)


async def saved_rules() -> dict[str, RouteItem]:
    """Return the city's rules by key in their order, as they are at this moment; asks for the right to change them."""
    found = {each.key: each.resolved.settings for each in await explained(NAME)}
    rules = {key: item for key, item in found.items() if isinstance(item, RouteItem)}
    return {key: rules[key] for key in in_order(rules)}


async def trials(
    route: str | None, *, limit: int, after: tuple[datetime, uuid.UUID] | None = None
) -> list[CityProblemsRouteTrial]:
    """Return trials, the newest first, of one rule's key or of all, that follow the keyset ``after``."""
    current_principal().require(SETTINGS)
    query = CityProblemsRouteTrial.objects()
    if route is not None:
        query = query.where(CityProblemsRouteTrial.route == route)
    if after is not None:
        at, id_ = after
        earlier = (CityProblemsRouteTrial.at == at) & (CityProblemsRouteTrial.id < id_)
        query = query.where((CityProblemsRouteTrial.at < at) | earlier)
    async with tenant_tx():
        return await query.order_by(CityProblemsRouteTrial.at, CityProblemsRouteTrial.id, ascending=False).limit(limit)


async def count_trials(route: str | None) -> int:
    """Return how many trials there are, of one rule's key or of all."""
    current_principal().require(SETTINGS)
    query = CityProblemsRouteTrial.count()
    async with tenant_tx():
        return int(await (query if route is None else query.where(CityProblemsRouteTrial.route == route)))


async def tried_digests(digests: Collection[str]) -> set[str]:
    """Return those of the digests that some trial has."""
    if not digests:
        return set()
    query = CityProblemsRouteTrial.select(CityProblemsRouteTrial.digest)
    async with tenant_tx():
        rows = await query.where(CityProblemsRouteTrial.digest.is_in([*digests]))
    return {row["digest"] for row in rows}


async def examples(cases: Collection[uuid.UUID]) -> list[Example]:
    """Return the first of a trial's cases that whoever asks may read, in the order given."""
    async with tenant_tx():
        mine = await reached(READ, cases)
        wanted = [case_id for case_id in cases if case_id in mine][:EXAMPLES]
        columns = (CaseRecord.id, CaseRecord.number, CaseRecord.unit_id)
        rows = await CaseRecord.select(*columns).where(CaseRecord.id.is_in(wanted)) if wanted else []
    found = {row["id"]: row for row in rows}
    return [
        Example(case_id=each, number=found[each]["number"], unit_id=found[each]["unit_id"])
        for each in wanted
        if each in found
    ]


async def _tried(key: str | None, draft: Mapping[str, Any] | None, rules: Mapping[str, RouteItem]) -> RouteItem:
    """Return the rule to try; refuse one that could not be saved."""
    if draft is None:
        if key is None:
            raise refuse("required", "key")
        if key not in rules:
            raise refuse("not_found", "key")
        return rules[key]
    if key is not None and not COLLECTION.knows(key):
        raise refuse("custom_key_unknown", "key", key=key)
    given = {name: value for name, value in validated(RouteItem, draft, DRAFT).items() if value is not None}
    item = msgspec.structs.replace(resolved(RouteItem, given, {}).settings, is_on=False)
    if problems := await check_draft(item):
        raise Refused(*(replace(each, field=f"{DRAFT}.{each.field}") for each in problems))
    return item


async def _remember(key: str, tried: RouteItem, found: Findings) -> CityProblemsRouteTrial:
    row = CityProblemsRouteTrial(
        route=key,
        digest=digest_of(tried),
        by_id=current_principal().user_id,
        at=now(),
        reports=found.reports,
        matched=found.matched,
        agreed=found.agreed,
        differed=found.elsewhere.total(),
        found=json.dumps(
            {
                "fitted": found.fitted,
                "unmatched": found.unmatched,
                "undecided": found.undecided,
                "closed": found.closed,
                "kept": found.kept if tried.days or tried.hours else None,
                "elsewhere": found.elsewhere,
                "taken": found.taken,
                "left": found.left,
                "cases": [str(case) for case in (*found.differing, *found.others)[:MOST_CASES]],
            }
        ),
    )
    async with tenant_tx(write=True):
        await row.save()
        await record("city_problems.route.tried", "city_problems_route_trial", row.id, route=key, digest=row.digest)
    return row
