"""Telling the process of one case something that is no move of it: a resident has confirmed, a paper has come."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from leancity.core.cases.records import lock_case
from leancity.core.db.unit import tenant_tx
from leancity.core.processes.running.locking import running_on
from leancity.core.processes.running.step import hear
from leancity.core.processes.running.tables import MessageWait


async def tell_case(case_id: uuid.UUID, name: str, facts: Mapping[str, Any] | None = None) -> bool:
    """Give a message to the process of a case, with facts; return whether it waited for it.

    A case without a process, or with a drawing that does not wait for it, hears nothing: that is for the city to say.
    Rights are the caller's to ask. Joins the open unit, or makes one of its own.
    """
    async with tenant_tx(write=True):
        await lock_case(case_id, permission=None, closed=True)
        instance_id = await running_on(case_id)
        if instance_id is None:
            return False
        here = (MessageWait.instance_id == instance_id) & (MessageWait.kind == "message") & (MessageWait.name == name)
        wait = await MessageWait.objects().where(here).order_by(MessageWait.id).first()
        return wait is not None and await hear(wait.id, facts or {}) is not None
