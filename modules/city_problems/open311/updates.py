"""What has become of reports lately (mySociety's extension): their moves and public comments, the oldest first.

A client asks again from the moment of the last update it has got.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from leancity.core.cases.checks import Checks
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.privacy.hiding import hide_private
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems.open311.arguments import Arguments
from leancity.modules.city_problems.open311.document import Document, Value
from leancity.modules.city_problems.open311.requests import VISIBLE, sight
from leancity.modules.city_problems.open311.selection import MOST, numbers_of, span_of
from leancity.modules.city_problems.open311.states import REOPENED, detailed_status, standing

ROOT = "service_request_updates"
_SLACK = timedelta(hours=1)  # by which a line's moment may be ahead of the one its id was made at

# Ids begin with their moment, so that the primary key finds what is new: a line's own moment has no index.
_UPDATES = (
    """
select e.id, e.at, e.status, c.number, m.body as comment, e.data ->> 'outcome' as outcome, e.data ->> 'note' as note,
  coalesce(e.data ->> 'final' = 'true', false) as is_final, e.data ->> 'from' = 'closed' as is_reopened
"""
    + VISIBLE.replace(
        "where",
        """
join case_event e on e.tenant_id = c.tenant_id and e.case_id = c.id
left join case_comment m on m.tenant_id = e.tenant_id and e.kind = 'commented' and m.id::text = e.data ->> 'comment_id'
where e.tenant_id = $1 and e.id >= $10 and e.at between $11 and $12
  and ((e.kind = 'state_entered' and e.data ->> 'transition' is not null) or m.visibility = 'public')
  and ($13::text[] is null or c.number = any($13)) and""",
        1,
    )
    + " order by e.at, e.id limit $14"
)


@dataclass(frozen=True, kw_only=True)
class _Update:
    id: uuid.UUID
    at: datetime
    status: str
    number: str
    comment: str | None
    outcome: str | None
    note: str | None
    is_final: bool
    is_reopened: bool | None


async def updates(arguments: Arguments) -> Document:
    """Return the updates of a time, of all reports that may be seen or of those that are named."""
    checks = Checks()
    span = span_of(arguments, checks)
    checks.done()
    numbers = numbers_of(arguments)
    found = await _found(span.start, span.end, numbers or None)
    return Document(root=ROOT, content=[_update(each) for each in found])


async def _found(start: datetime, end: datetime, numbers: Sequence[str] | None) -> list[_Update]:
    limits = await sight()
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(
            _UPDATES, unit.tenant_id, *limits, _first_id(start), start, end, numbers, MOST
        )
    return [_Update(**dict(row)) for row in rows]


def _first_id(start: datetime) -> uuid.UUID:
    """Return the least id of a line of the moment ``start``."""
    milliseconds = max(0, int((start.timestamp() - _SLACK.total_seconds()) * 1000))
    return uuid.UUID(int=min(milliseconds, 2**48 - 1) << 80)


def _update(found: _Update) -> Value:
    locale = current_principal().locale
    outcome = found.outcome if found.is_final else None
    words = found.comment or standing(found.status, outcome, locale)
    if found.is_final and found.note:
        words = f"{words}. {hide_private(found.note, locale).text}"
    return {
        "update_id": str(found.id),
        "service_request_id": found.number,
        "status": REOPENED if found.is_reopened else detailed_status(found.status, outcome),
        "description": words,
        "updated_datetime": found.at.astimezone(current_tenant().zone_info),
        "media_url": None,
        "external_status_code": outcome or found.status,
    }
