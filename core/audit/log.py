"""Writing the audit log."""

from __future__ import annotations

import json
import uuid
from typing import Any

from leancity.core.audit.tables import AuditRow
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.log import current_request_id
from leancity.core.moment import now


async def record(action: str, subject: str, subject_id: uuid.UUID | None = None, **data: Any) -> None:
    """Add a row to the open unit of work, so that it commits or vanishes with the work.

    ``action`` is ``<module>.<resource>.<past-tense verb>``; ``data`` must be JSON without personal values.
    """
    who = current_principal()
    async with tenant_tx(write=True):
        await AuditRow.insert(
            AuditRow(
                at=now(),
                actor_kind=who.kind,
                actor_id=who.user_id or who.access_id,
                action=action,
                subject=subject,
                subject_id=subject_id,
                request_id=current_request_id(),
                data=json.dumps(data, default=str),
            )
        )
