"""Hearing what becomes of reports that are with another body.

Asked every ten minutes, each endpoint by a job of its own: one that fails, or is slow, holds up no other.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from leancity.core.cases.journal import add_event
from leancity.core.cases.records import lock_case
from leancity.core.db.unit import tenant_tx
from leancity.core.jobs.outbox import enqueue
from leancity.core.moment import now
from leancity.core.privacy.hiding import hide_private
from leancity.modules.city_problems.forwarding.client import (
    NotTaken,
    Standing,
    Target,
    Trouble,
    Update,
    list_updates,
    standings,
)
from leancity.modules.city_problems.forwarding.endpoints import target_of
from leancity.modules.city_problems.forwarding.tables import CityProblemsEndpoint, CityProblemsForwarding

JOB, ENDPOINT_JOB = "city_problems.follow_forwarded", "city_problems.follow_endpoint"
AT_ONCE = 50  # requests that are asked after in one question
MOST = 1000  # of an endpoint at a time: those that were asked after longest ago
BACK_OFF = timedelta(hours=1)  # that an endpoint is left alone after it failed
STILL_OPEN = timedelta(days=14)  # that a closed request is asked after, for it may be opened again
OVERLAP = timedelta(days=1)  # that the list of updates reaches back before the last time it was asked for
KEPT = 200  # ids of updates that are remembered of a request

_DUE = """
select e.id from city_problems_endpoint e
where e.tenant_id = $1 and e.is_active and (e.failure = '' or e.checked_at is null or e.checked_at < $2)
  and exists (select from city_problems_forwarding f
    where f.tenant_id = $1 and f.endpoint_id = e.id and f.state = 'there'
      and (f.status <> 'closed' or f.updated_at > $3))
order by e.id
"""
_THERE = """
select id, case_id, remote_id, status, status_notes, seen from city_problems_forwarding
where tenant_id = $1 and endpoint_id = $2 and state = 'there' and (status <> 'closed' or updated_at > $3)
order by checked_at nulls first, id limit $4
"""
_CHECKED = "update city_problems_forwarding set checked_at = $3 where tenant_id = $1 and id = any($2::uuid[])"
_CURRENT = "select status, status_notes, seen from city_problems_forwarding where tenant_id = $1 and id = $2"


@dataclass(frozen=True, kw_only=True)
class There:
    """A request that is there, as we know it."""

    id: uuid.UUID
    case_id: uuid.UUID
    number: str
    status: str
    notes: str
    seen: Sequence[str]


async def follow(payload: dict[str, Any]) -> None:
    """Ask for a job for each endpoint that has something of ours and is not being left alone."""
    moment = now()
    async with tenant_tx(write=True) as unit:
        limits = (moment - BACK_OFF, moment - STILL_OPEN)
        for row in await unit.connection.fetch(_DUE, unit.tenant_id, *limits):
            endpoint_id = str(row["id"])
            await enqueue(ENDPOINT_JOB, {"endpoint_id": endpoint_id}, order_key=f"{ENDPOINT_JOB} {endpoint_id}")


async def follow_endpoint(payload: dict[str, Any]) -> None:
    """Ask the endpoint ``payload["endpoint_id"]`` after what is there, and write down what is new."""
    endpoint_id, moment = uuid.UUID(payload["endpoint_id"]), now()
    async with tenant_tx() as unit:
        endpoint = await CityProblemsEndpoint.objects().where(CityProblemsEndpoint.id == endpoint_id).first()
        if endpoint is None or not endpoint.is_active:
            return
        rows = await unit.connection.fetch(_THERE, unit.tenant_id, endpoint_id, moment - STILL_OPEN, MOST)
    there = [_there(row) for row in rows]
    target = target_of(endpoint)
    try:
        told = await list_updates(target, _since(endpoint, moment), moment) if there else []
        for begin in range(0, len(there), AT_ONCE):
            await _ask(target, there[begin : begin + AT_ONCE], told, moment)
    except (Trouble, NotTaken) as error:
        await _note_check(endpoint_id, moment, error.reason if isinstance(error, Trouble) else error.words)
    else:
        await _note_check(endpoint_id, moment, "")


def _since(endpoint: CityProblemsEndpoint, moment: datetime) -> datetime:
    last: datetime | None = endpoint.checked_at
    return (moment if last is None else last) - OVERLAP


async def _ask(target: Target, there: Sequence[There], told: Sequence[Update], moment: datetime) -> None:
    found = await standings(target, [each.number for each in there])
    for each in there:
        updates = [update for update in told if update.number == each.number and update.id not in each.seen]
        standing = found.get(each.number)
        if updates or (standing is not None and _is_new(standing, each)):
            await _write(each, standing, updates, moment)
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_CHECKED, unit.tenant_id, [each.id for each in there], moment)


async def _write(each: There, standing: Standing | None, updates: Sequence[Update], moment: datetime) -> None:
    """Write down what is new of one request, unless another run has done so already."""
    status = each.status if standing is None else _state(standing)
    notes = [update.text for update in updates if update.text]
    seen = [*each.seen, *(update.id for update in updates)]
    if standing is not None and _has_words(standing, each):
        seen.append(_mark(standing))
        notes += [standing.notes] if standing.notes not in notes else []
    told = hide_private("\n".join(notes)).text  # everybody will read it, and they may have named who reported
    times = [update.at for update in updates if update.at is not None]
    if standing is not None and standing.updated_at is not None:
        times.append(standing.updated_at)
    row = CityProblemsForwarding
    async with tenant_tx(write=True) as unit:
        case, _ = await lock_case(each.case_id, permission=None, closed=True)
        current = await unit.connection.fetchrow(_CURRENT, unit.tenant_id, each.id)
        if current is None or (current["status"], tuple(json.loads(current["seen"]))) != (each.status, (*each.seen,)):
            return
        values: dict[Any, Any] = {
            row.status: status,
            row.status_notes: told or each.notes,
            row.updated_at: min(max(times, default=moment), moment),
            row.seen: json.dumps(seen[-KEPT:]),
        }
        await row.update(values).where(row.id == each.id)
        words = {"note": told} if told else None
        await add_event(case, "forwarded_status", words=words, forwarding=each.id, status=status)


async def _note_check(endpoint_id: uuid.UUID, moment: datetime, failure: str) -> None:
    table = CityProblemsEndpoint
    async with tenant_tx(write=True):
        await table.update({table.checked_at: moment, table.failure: failure}).where(table.id == endpoint_id)


def _is_new(standing: Standing, each: There) -> bool:
    return _state(standing) != each.status or _has_words(standing, each)


def _has_words(standing: Standing, each: There) -> bool:
    return bool(standing.notes) and _mark(standing) not in each.seen


def _mark(standing: Standing) -> str:
    """Return by what the words of a standing are known again: what is kept of them is not what came."""
    return f"notes {sha256(standing.notes.encode()).hexdigest()[:32]}"


def _state(standing: Standing) -> str:
    return "closed" if standing.is_closed else "open"


def _there(row: Any) -> There:
    return There(
        id=row["id"],
        case_id=row["case_id"],
        number=row["remote_id"],
        status=row["status"],
        notes=row["status_notes"],
        seen=json.loads(row["seen"]),
    )
