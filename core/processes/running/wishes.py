"""The move of a case that somebody asked for, kept with the instance until the drawing comes to it."""

from __future__ import annotations

import json
import uuid
from typing import Any

from leancity.core.cases.moves import Asked
from leancity.core.identity.principal import current_principal
from leancity.core.plugins.contributions import Facts
from leancity.core.processes.running.locking import AT_WORK
from leancity.core.processes.running.tables import ProcessInstance

MOVE, OUTCOME, NOTE = "move", "outcome", "note"
"""The facts by which a drawing knows what was asked for; a form in between may change outcome and note."""


def facts_of(asked: Asked) -> Facts:
    """Return what a drawing may read of a wish."""
    plain: Facts = json.loads(json.dumps({**asked.data, **asked.given}, default=str))
    return {**plain, MOVE: asked.step.name, OUTCOME: asked.outcome, NOTE: asked.note}


def keep(instance: ProcessInstance, asked: Asked) -> None:
    """Keep a wish with a locked instance; the step that follows writes it down."""
    by = current_principal().user_id
    kept: dict[str, Any] = {"transition": asked.step.name, "by": by, "data": {**asked.data}, "given": {**asked.given}}
    kept["revision"] = instance.revision
    instance.asked = json.dumps(kept, default=str, ensure_ascii=False)


def forget(instance: ProcessInstance) -> None:
    """Forget the wish: it came true, or the case is where it was again."""
    instance.asked = "{}"


async def awaited_on(case_id: uuid.UUID) -> str | None:
    """Return the transition that was asked for on a case and that its process has not come to yet, in the open unit."""
    mine = (ProcessInstance.case_id == case_id) & ProcessInstance.status.is_in([*AT_WORK])
    found = await ProcessInstance.select(ProcessInstance.asked).where(mine).first()
    return None if found is None else json.loads(found["asked"]).get("transition")


def wish_of(instance: ProcessInstance) -> dict[str, Any]:
    """Return the wish: ``transition``, ``by`` (an id or None), ``data``, ``given``, the ``revision`` of the instance
    before the step in which it was asked for; nothing where there is none."""
    found: dict[str, Any] = json.loads(instance.asked)
    if found:
        found["by"] = uuid.UUID(found["by"]) if found["by"] else None  # it is empty of who was erased
    return found
