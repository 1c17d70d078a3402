"""Announcing a change, in the transaction that makes it."""

from __future__ import annotations

import uuid

from leancity.core.db.unit import tenant_tx
from leancity.core.tenancy.context import current_tenant
from leancity.core.tenancy.tables import Announcement


async def announce(topic: str, subject_id: uuid.UUID, version: int = 0) -> None:
    """Let subscribers to ``topic`` of the city being served know, after the commit, that ``subject_id`` has changed.

    Joins the open unit of work. It carries no content: who hears it reads the subject anew, under rights of their own.
    """
    async with tenant_tx(write=True):
        await Announcement.insert(
            Announcement(tenant_id=current_tenant().id, topic=topic, subject_id=subject_id, version=version)
        )
