"""Who is meant by a rule, for one event of one case, and whether they may see it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from leancity.core.cases.reach import READ, reached
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import Principal, acting_as
from leancity.core.moment import now
from leancity.core.notifications.defaults import (
    ADDRESSEE,
    ASSIGNEE,
    AUTHOR,
    FOLLOWER,
    UNIT,
    UNIT_HEAD,
    WORKER,
)
from leancity.core.notifications.events import TASK_PASSED_ON
from leancity.core.notifications.rules import Rule
from leancity.core.processes.running.workers import workers_of

_OF_UNIT = """
select u.id from user_account u
where u.tenant_id = $1 and u.is_active and u.kind = 'staff' and (u.unit_id = $2 or exists (
    select 1 from role_grant g where g.tenant_id = $1 and g.user_id = u.id and g.unit_id = $2
      and (g.expires_at is null or g.expires_at > $3)))
"""
_OF_ROLE = """
select distinct u.id from role r
join role_grant g on g.tenant_id = r.tenant_id and g.role_id = r.id
join user_account u on u.tenant_id = g.tenant_id and u.id = g.user_id
where r.tenant_id = $1 and r.key = $2 and u.is_active and u.kind = 'staff'
  and (g.expires_at is null or g.expires_at > $3)
"""
_FOLLOWERS = "select user_id as id from case_follower where tenant_id = $1 and case_id = $2"
_HEAD = "select head_id from org_unit where tenant_id = $1 and id = $2 and head_id is not null"
_UNIT_CALLED = "select id from org_unit where tenant_id = $1 and key = $2"
_RECEIVERS = frozenset({"handover_offered", "handover_withdrawn"})
_GIVERS = frozenset({"handover_accepted", "handover_returned"})


@dataclass(frozen=True, kw_only=True)
class Meant:
    """Somebody whom a rule means. ``by_name``: alone, so that it is told why they were not told."""

    user_id: uuid.UUID
    by_name: bool


async def meant_by(rule: Rule, case: CaseRecord, event: str, facts: Mapping[str, Any]) -> list[Meant]:
    """Return whom a rule means; of a group whoever belongs to it, whether or not they may see the case."""
    if rule.audience == AUTHOR:
        return _one(case.author_id)
    if rule.audience == FOLLOWER:
        async with tenant_tx() as unit:
            return _group(await unit.connection.fetch(_FOLLOWERS, unit.tenant_id, case.id))
    if rule.audience == ASSIGNEE:
        # Who was assigned and is no longer when this is done is not told: the next event tells the other.
        assigned = case.assignee_id is not None and str(case.assignee_id) == str(facts.get("user_id", case.assignee_id))
        return _one(case.assignee_id if assigned else None)
    if rule.audience == WORKER and event == TASK_PASSED_ON:
        return _one(uuid.UUID(str(facts["user_id"])))
    if rule.audience == WORKER:
        return [Meant(user_id=each, by_name=True) for each in await workers_of(uuid.UUID(str(facts["item_id"])))]
    if rule.audience == ADDRESSEE:
        return await _addressed(str(facts.get("to", "")))
    if rule.audience == UNIT:
        return await _of_unit(_unit_of(case, event, facts))
    if rule.audience == UNIT_HEAD:
        async with tenant_tx() as unit:
            return _one(await unit.connection.fetchval(_HEAD, unit.tenant_id, _unit_of(case, event, facts)))
    return await _of_role(rule.role or "")


async def may_see(person: Principal, case: CaseRecord, *, is_own: bool) -> bool:
    """Tell whether a person may see a case now: as the one who filed it, or as one of the staff."""
    if is_own:
        return case.author_id is not None and case.author_id == person.user_id
    with acting_as(person):
        return case.id in await reached(READ, [case.id])


def _one(user_id: uuid.UUID | None) -> list[Meant]:
    return [] if user_id is None else [Meant(user_id=user_id, by_name=True)]


def _group(ids: Iterable[Any]) -> list[Meant]:
    return [Meant(user_id=row["id"], by_name=False) for row in ids]


def _unit_of(case: CaseRecord, event: str, facts: Mapping[str, Any]) -> uuid.UUID | None:
    """Return the unit that an event concerns: of a hand-over the one that did not do it, else the one that holds."""
    named = facts.get("receiver_id") if event in _RECEIVERS else facts.get("giver_id") if event in _GIVERS else None
    return case.unit_id if named is None else uuid.UUID(str(named))


async def _of_unit(unit_id: uuid.UUID | None) -> list[Meant]:
    async with tenant_tx() as unit:
        return _group(await unit.connection.fetch(_OF_UNIT, unit.tenant_id, unit_id, now()))


async def _of_role(key: str) -> list[Meant]:
    async with tenant_tx() as unit:
        return _group(await unit.connection.fetch(_OF_ROLE, unit.tenant_id, key, now()))


async def _addressed(to: str) -> list[Meant]:
    """Return who is called so by an escalation: holders of the role of that key, else the people of the unit."""
    async with tenant_tx() as unit:
        found = await _of_role(to)
        unit_id = None if found else await unit.connection.fetchval(_UNIT_CALLED, unit.tenant_id, to)
        return found if unit_id is None else await _of_unit(unit_id)
