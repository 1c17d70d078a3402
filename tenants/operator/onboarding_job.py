"""The job that makes a city stand: step by step, each recorded, so that one that is cut off goes on."""

from __future__ import annotations

import json
import uuid
from typing import Any

import msgspec

from leancity.core.audit.log import record
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, Refused
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.elsewhere import in_city
from leancity.tenants.onboarding.steps import Wanted, take_on
from leancity.tenants.operator.onboarding import card_of, find, forget_people, understood_of
from leancity.tenants.operator.plans import set_plan
from leancity.tenants.operator.tables import OperatorOnboarding


async def onboard(payload: dict[str, Any]) -> None:
    """Make the city of a confirmed onboarding. It works in other cities, so it runs outside a transaction.

    What a person can mend makes it ``failed``, with the problems; anything else is tried again by the job.
    """
    onboarding_id = uuid.UUID(str(payload["id"]))
    row = await find(onboarding_id)
    if row.state != "running":
        return
    card = card_of(row).filled()
    done: list[str] = json.loads(row.steps)

    async def tell(step: str) -> None:
        done.append(step)
        async with tenant_tx(write=True):
            values = {OperatorOnboarding.steps: json.dumps(done), OperatorOnboarding.changed_at: now()}
            await OperatorOnboarding.update(values).where(OperatorOnboarding.id == onboarding_id)

    try:
        wanted = Wanted(card=card, organisation=understood_of(row), maker=onboarding_id)
        city = await take_on(installed_modules(), wanted, tuple(done), tell)
        if card.plan and "plan" not in done:
            await set_plan(card.slug, card.plan)
            await tell("plan")
    except Refused as refusal:
        await _end(row, "failed", refusal.problems)
        return

    async def note() -> None:
        async with tenant_tx(write=True):
            await record("core.city.onboarded", "tenant", onboarding=str(onboarding_id))

    if "noted" not in done:
        await in_city(city, note)
        await tell("noted")
    await forget_people(row)
    await _end(row, "done", ())


async def _end(row: OperatorOnboarding, state: str, problems: tuple[Problem, ...]) -> None:
    told = [{"code": each.code, "field": each.field, "params": dict(each.params)} for each in problems]
    async with tenant_tx(write=True):
        values = {
            OperatorOnboarding.state: state,
            OperatorOnboarding.problems: msgspec.json.encode(told).decode(),
            OperatorOnboarding.changed_at: now(),
            OperatorOnboarding.finished_at: now() if state == "done" else None,
        }
        await OperatorOnboarding.update(values).where(OperatorOnboarding.id == row.id)
        await record(f"operator.onboarding.{state}", "operator_onboarding", row.id, slug=row.slug)
