"""Plans: what a city may take of the installation. A plan's limits are copied to the cities that are on it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import msgspec

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused, refuse
from leancity.core.i18n.catalogue import LOCALES
from leancity.core.ids import new_id
from leancity.core.jobs.outbox import enqueue
from leancity.core.tenancy.cards import Card, find_card
from leancity.core.tenancy.limits import Limits
from leancity.core.tenancy.plans import as_json, is_used, put_on_plan, uses_of_plans
from leancity.tenants.operator.acts import acting_operator, outside, tell_city
from leancity.tenants.operator.cities import changeable
from leancity.tenants.operator.tables import OperatorPlan

RENEW = "operator.renew_limits"
MOST = 2**53 - 1  # the largest whole number that a client reads exactly
_KEY = re.compile(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*")
LONGEST_KEY = 63
LONGEST_TITLE = 200

_LOCKED = "select limits from operator_plan where tenant_id = $1 and key = $2 for update"
_KEPT = "select limits from operator_plan where tenant_id = $1 and key = $2 for share"
_SAVE = """
insert into operator_plan (id, tenant_id, key, title, limits, is_offered) values ($1, $2, $3, $4, $5, true)
on conflict (tenant_id, key) do update set title = excluded.title, limits = excluded.limits
"""
_DROP = "delete from operator_plan where tenant_id = $1 and key = $2"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``title`` by language. So many ``cities`` are on it, of which ``behind`` do not have its limits yet."""

    key: str
    title: Mapping[str, str]
    limits: Limits
    cities: int
    behind: int


async def plans() -> list[Plan]:
    """Return the plans by their keys."""
    async with tenant_tx():
        rows = await OperatorPlan.select(OperatorPlan.key, OperatorPlan.title, OperatorPlan.limits).order_by(
            OperatorPlan.key
        )
    uses = await outside(uses_of_plans)
    found = []
    for row in rows:
        limits = limits_of(row["limits"])
        mine = [use for use in uses if use.plan == row["key"]]
        found.append(
            Plan(
                key=row["key"],
                title=json.loads(row["title"]),
                limits=limits,
                cities=sum(use.cities for use in mine),
                behind=sum(use.cities for use in mine if use.limits != limits),
            )
        )
    return found


async def find_plan(key: str, field: str = "key") -> Plan:
    """Return a plan; refuse an unknown one."""
    for plan in await plans():
        if plan.key == key:
            return plan
    raise refuse("operator.plan_unknown", field, plan=key)


async def save_plan(key: str, title: Mapping[str, str], limits: Limits) -> Plan:
    """Make a plan or change it. Other limits than it had come to its cities by a job."""
    title = {locale: title.get(locale, "").replace("\0", "").strip() for locale in LOCALES}
    if problems := _problems(key, title, limits):
        raise Refused(*problems)
    async with tenant_tx(write=True) as unit:
        before = await unit.connection.fetchval(_LOCKED, unit.tenant_id, key)
        told = json.dumps(title, ensure_ascii=False)
        await unit.connection.execute(_SAVE, new_id(), unit.tenant_id, key, told, as_json(limits))
        if before is None or limits_of(before) != limits:
            await enqueue(RENEW, {"plan": key}, order_key=f"{RENEW} {key}")
        await record("operator.plan.saved", "operator_plan", plan=key, limits=msgspec.to_builtins(limits))
    return await find_plan(key)


async def drop_plan(key: str) -> None:
    """Remove a plan; refuse while cities are on it."""
    async with tenant_tx(write=True) as unit:
        if not _KEY.fullmatch(key) or await unit.connection.fetchval(_LOCKED, unit.tenant_id, key) is None:
            raise refuse("operator.plan_unknown", "key", plan=key)
        if await is_used(unit.connection, key):
            raise refuse("operator.plan_used", "key", plan=key)
        await unit.connection.execute(_DROP, unit.tenant_id, key)
        await record("operator.plan.dropped", "operator_plan", plan=key)


async def set_plan(slug: str, plan: str) -> Card:
    """Put a city on a plan with its limits, or ("") on none, which limits nothing.

    The plan's row is held meanwhile: who changes or drops the plan at the same time does so before or after.
    """
    card = await changeable(slug)
    operator = await acting_operator()
    async with tenant_tx(write=True) as unit:
        limits = Limits()
        if plan:
            kept = _KEY.fullmatch(plan) and await unit.connection.fetchval(_KEPT, unit.tenant_id, plan)
            if kept is None:
                raise refuse("operator.plan_unknown", "plan", plan=plan)
            limits = limits_of(kept)
        changed = await put_on_plan(unit.connection, card.id, plan, limits)
        if changed:
            await record("operator.city.plan_set", "tenant", city=slug, plan=plan)
    if changed:
        told = msgspec.to_builtins(limits)
        await tell_city(slug, "core.plan.set", plan=plan, limits=told, operator=operator)
    return await outside(partial(find_card, slug))


def limits_of(stored: str) -> Limits:
    """Return limits as they are stored."""
    return msgspec.json.decode(stored, type=Limits)


def _problems(key: str, title: Mapping[str, str], limits: Limits) -> list[Problem]:
    problems = []
    if not _KEY.fullmatch(key) or len(key) > LONGEST_KEY:
        problems.append(Problem(code="operator.plan_key_invalid", field="key"))
    for locale, words in title.items():
        if not words:
            problems.append(Problem(code="required", field=f"title.{locale}"))
        elif len(words) > LONGEST_TITLE:
            problems.append(
                Problem(code="operator.title_long", field=f"title.{locale}", params={"limit": LONGEST_TITLE})
            )
    for name, limit in msgspec.to_builtins(limits).items():
        if limit is not None and not 0 <= limit <= MOST:
            problems.append(Problem(code="operator.limit_invalid", field=f"limits.{name}", params={"most": MOST}))
    return problems
