"""Following a report: who does hears what becomes of it, like who filed it."""

from __future__ import annotations

import uuid

from leancity.core.cases import followers
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.modules.city_problems import reading

# Waits for whoever hides the report at this moment, and lets nobody hide it before the follower is there.
_HOLD_SHOWN = "select from city_problems_report where tenant_id = $1 and case_id = $2 and is_shown for share"


async def follow(case_id: uuid.UUID) -> None:
    """Let whoever asks follow a report that they may see in the list; any other is refused as if there were none."""
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_HOLD_SHOWN, unit.tenant_id, case_id)
        if await reading.report_of(case_id) is None:
            raise refuse("not_found", "id")
        await followers.follow(case_id)


async def unfollow(case_id: uuid.UUID) -> None:
    """Let whoever asks follow a report no longer, whether or not they may still see it."""
    await followers.unfollow(case_id)
