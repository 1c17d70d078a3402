"""Assignments that run: each goes as far as its row in ``assignments.json`` tells, by the people of the demo."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from leancity.core.cases.tables import CaseRecord
from leancity.core.clock.instants import local_day
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.identity.principal import Principal, acting_as, current_principal
from leancity.core.identity.rights import principals_for
from leancity.core.identity.tables import UserAccount
from leancity.core.moment import now
from leancity.core.processes.running.begin import begin
from leancity.core.processes.running.items import complete, send_back
from leancity.core.processes.running.tables import WorkItem
from leancity.core.tenancy.context import current_tenant
from leancity.modules.mayor_assignments.demo.weekly import plan_week
from leancity.modules.mayor_assignments.kinds import ASSIGNMENT_KEY, PROTOCOL_KEY
from leancity.modules.mayor_assignments.permissions import ISSUE, PREPARE

HERE = Path(__file__).parent
MOST_STAFF = 200
_OPEN = ("open", "claimed", "started")


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who acts: the mayor, the controller of the mayor's office, and by logins those who do the work."""

    mayor: Principal
    controller: Principal
    executors: Mapping[str, Principal]


async def load_running() -> None:
    """Begin the demo's protocol and assignments where the city has none and somebody to do them."""
    async with tenant_tx():
        if await CaseRecord.exists().where(CaseRecord.kind.is_in([PROTOCOL_KEY, ASSIGNMENT_KEY])):
            return
    people = await _cast()
    try:
        await _protocol(people)
        if people is not None and people.mayor.user_id is not None:
            await plan_week(people.mayor.user_id)
            for row in json.loads((HERE / "assignments.json").read_text("utf-8")):
                await _assignment(row, people)
    except Refused:
        return  # the city has drawn its processes anew: what the demo would fill in fits them no longer


async def _cast() -> Cast | None:
    async with tenant_tx():
        rows = (
            await UserAccount.select(UserAccount.id, UserAccount.login)
            .where(UserAccount.is_active.eq(True) & (UserAccount.kind == "staff"))
            .limit(MOST_STAFF)
        )
        found = await principals_for([row["id"] for row in rows])
    people = [*found.values()]
    mayor = next((each for each in people if each.can(ISSUE)), None)
    controller = next((each for each in people if each.can(PREPARE) and not each.can(ISSUE)), None)
    workers = {row["login"]: found[row["id"]] for row in rows if row["id"] in found}
    workers = {login: each for login, each in workers.items() if each.can("core.task.work")}
    if mayor is None or controller is None:
        return None
    return Cast(mayor=mayor, controller=controller, executors=workers)


async def _protocol(people: Cast | None) -> None:
    """Begin a protocol that is yet to be written down."""
    row = json.loads((HERE / "protocol.json").read_text("utf-8"))
    with acting_as(current_principal() if people is None else people.controller):
        await begin(PROTOCOL_KEY, {}, title=row["title"])


async def _assignment(row: Mapping[str, Any], people: Cast) -> None:
    executor = people.executors.get(row["executor"])
    if executor is None or executor.user_id is None:
        return
    due = local_day(now(), current_tenant().zone_info) + timedelta(days=row["due_in"])
    co = [str(each.user_id) for login in row["co_executors"] if (each := people.executors.get(login)) is not None]
    facts = {
        "text": row["text"],
        "executor": str(executor.user_id),
        "co_executors": co,
        "acquainted": [str(executor.user_id), *co],
        "due": due.isoformat(),
        "importance": row["importance"],
        "protocol": row["protocol"],
        "meeting": row["meeting"],
    }
    with acting_as(people.mayor):
        instance = await begin(ASSIGNMENT_KEY, facts, title=row["text"][:200], unit_id=executor.unit_id)
    for step in row["life"]:
        await _act(instance.id, step, people)


async def _act(instance_id: uuid.UUID, step: Mapping[str, Any], people: Cast) -> None:
    """Finish what waits at a node: by whom it is assigned to, else by the one whose lane it is."""
    mine = (WorkItem.instance_id == instance_id) & (WorkItem.node_id == step["node"]) & WorkItem.state.is_in([*_OPEN])
    async with tenant_tx():
        items = await WorkItem.objects().where(mine)
        doers = await principals_for([each.assignee_id for each in items if each.assignee_id is not None])
    for item in items:
        lane = people.controller if step["node"] == "check" else people.mayor
        with acting_as(doers.get(item.assignee_id, lane)):
            if "remarks" in step:
                await send_back(item.id, step["remarks"])
            else:
                await complete(item.id, step.get("answers", {}))
