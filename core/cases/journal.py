"""One line for the case's timeline and one for the audit log, in the transaction of what they tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.tables import CaseEvent, CaseRecord
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now

STATE_ENTERED = "state_entered"


async def add_event(
    case: CaseRecord,
    event: str,
    *,
    at: datetime | None = None,
    words: Mapping[str, str] | None = None,
    **facts: Any,
) -> None:
    """Add the past-tense ``event`` to the timeline (``at``: now) and ``core.case.<event>`` to the audit log.

    ``facts`` are ids and keys and go to both; ``words`` are what people wrote and stay out of the audit log.
    """
    await CaseEvent.insert(
        CaseEvent(
            at=at or now(),
            case_id=case.id,
            kind=event,
            status=case.status,
            actor_id=current_principal().user_id,
            data=json.dumps({**facts, **(words or {})}, default=str, ensure_ascii=False),
        )
    )
    await record(f"core.case.{event}", "case", case.id, **facts)
