"""One line for the timeline, one for the audit log, and hints to who watches and who is told, with what they tell.

Whatever is done to a case goes through here, but for imported history, which tells nobody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leancity.core.audit.log import record
from leancity.core.cases.tables import CaseEvent, CaseRecord
from leancity.core.identity.principal import current_principal
from leancity.core.live.announce import announce
from leancity.core.moment import now
from leancity.core.notifications.asking import ask_to_tell

STATE_ENTERED = "state_entered"
TOPIC = "core.case"
"""Under which who watches a case, or the inbox, is told that something about it has changed."""


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
    row = CaseEvent(
        at=at or now(),
        case_id=case.id,
        kind=event,
        status=case.status,
        actor_id=current_principal().user_id,
        data=json.dumps({**facts, **(words or {})}, default=str, ensure_ascii=False),
    )
    await CaseEvent.insert(row)
    await record(f"core.case.{event}", "case", case.id, **facts)
    await announce(TOPIC, case.id, case.version)
    await ask_to_tell(case, row.id, event, facts)
