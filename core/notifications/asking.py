"""Asking that people be told: one job an event, and none where nobody could be meant."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from leancity.core.cases.registry import open_kinds
from leancity.core.cases.tables import CaseFollower, CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.jobs.outbox import enqueue
from leancity.core.notifications.defaults import ASSIGNEE, AUTHOR, FOLLOWER, WORKER
from leancity.core.notifications.events import event_of
from leancity.core.notifications.rules import Rule, rules

JOB = "core.notify"


async def ask_to_tell(case: CaseRecord, event_id: uuid.UUID, event: str, facts: Mapping[str, Any]) -> None:
    """Ask that whom the city's rules name be told of an event of a case. Joins the open unit of work.

    ``event`` and ``facts`` are the timeline's.
    """
    kind = open_kinds().get(case.kind)
    name = None if kind is None else event_of(event, facts, kind)
    if name is None:
        return
    async with tenant_tx(write=True):
        visibility = str(facts.get("visibility", ""))
        asked = {"event": name, "case_kind": case.kind, "status": case.status, "visibility": visibility}
        fitting = [rule for rule in await rules() if rule.fits(**asked)]
        if any(_means_somebody(rule, case, facts) for rule in fitting) or await _is_heard(fitting, case):
            payload = {"case_id": case.id, "event_id": event_id}
            await enqueue(JOB, payload, order_key=f"{JOB} {case.id}")


def _means_somebody(rule: Rule, case: CaseRecord, facts: Mapping[str, Any]) -> bool:
    """Tell whether a rule could tell anybody but who did it; of followers see ``_is_heard``."""
    actor = current_principal().user_id
    if rule.audience == FOLLOWER:
        return False
    if rule.audience == AUTHOR:
        return case.author_id not in (None, actor)
    if rule.audience == ASSIGNEE:
        return facts.get("user_id", case.assignee_id) not in (None, actor)
    if rule.audience == WORKER:
        return actor is None or facts.get("user_id") != actor
    return True


async def _is_heard(fitting: Sequence[Rule], case: CaseRecord) -> bool:
    """Tell whether one of the rules tells followers, and the case has any: most have none."""
    tells = any(rule.audience == FOLLOWER for rule in fitting)
    return tells and bool(await CaseFollower.exists().where(CaseFollower.case_id == case.id))
