"""Recomputing a city's chain from its first link on.

What it can't tell: that chain and head were both written anew by who may do anything in the database. Keep the last
digest of a report elsewhere, and that shows too.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from leancity.core.audit.chain import digest_after
from leancity.core.audit.seal import WINDOW
from leancity.core.db.unit import tenant_tx
from leancity.core.tenancy.context import current_tenant

PAGE = 5000  # links read at a time, each page in a transaction of its own

# One statement, so one moment: a sealer that goes on meanwhile moves all three.
_ENDS = """
select coalesce(h.seq, 0) as seq, coalesce(h.digest, '') as digest, h.sealed_at,
       coalesce((select max(l.seq) from audit_link l where l.tenant_id = $1), 0) as last
from (select) one left join audit_head h on h.tenant_id = $1 and h.name = 'chain'
"""
# By id alone: a row whose moment was changed is a changed one, not a missing one.
_LINKS = """
select l.seq, l.audit_id, l.digest, a.id, a.at, a.actor_kind, a.actor_id, a.action, a.outcome, a.subject, a.subject_id,
       a.repeats, a.request_id, a.data::text as data
from audit_link l left join audit_event a on a.tenant_id = $1 and a.id = l.audit_id
where l.tenant_id = $1 and l.seq > $2 and l.seq <= $3
order by l.seq limit $4
"""
_UNSEALED = """
select count(*) as rows, min(a.at) as eldest, count(*) filter (where a.at <= $2) as behind
from audit_event a
where a.tenant_id = $1
  and not exists (select from audit_link l where l.tenant_id = $1 and l.audit_id = a.id)
"""
_LOOKED_AT = "select sealed_at from audit_head where tenant_id = $1 and name = 'chain'"
_ELDEST = """
select a.at from audit_event a
where a.tenant_id = $1 and ($2::timestamptz is null or a.at > $2)
  and not exists (select from audit_link l where l.tenant_id = $1 and l.audit_id = a.id)
order by a.at, a.id limit 1
"""


class Reason(StrEnum):
    """Why a link is broken."""

    ROW_CHANGED = "row changed"  # or its link was
    ROW_MISSING = "row missing"
    LINK_MISSING = "link missing"
    HEAD_DIFFERS = "head differs"  # links at the end are missing, or were added


@dataclass(frozen=True, kw_only=True)
class Break:
    """The first link at which the chain breaks; ``row_id`` is None where no link tells it."""

    seq: int
    reason: Reason
    row_id: uuid.UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was found of a city.

    ``sealed`` are rows in the chain up to its end, or up to the break; ``digest`` is that of the last of them. Rows
    without a link are ``unsealed``, the ``eldest`` from when; those that no sealer will look at any more, for they lie
    ``behind`` its window, were slipped in, or their transaction took over an hour.
    """

    sealed: int
    digest: str
    unsealed: int
    eldest: datetime | None
    behind: int
    broken: Break | None

    @property
    def is_sound(self) -> bool:
        return self.broken is None and self.behind == 0


async def eldest_unsealed() -> datetime | None:
    """Return since when the sealer owes the city being served a link; None where it owes none.

    Cheap while a sealer is at work: what lies behind its window, and the chain itself, only ``verify`` looks at.
    """
    async with tenant_tx() as unit:
        looked_at = await unit.connection.fetchval(_LOOKED_AT, unit.tenant_id)
        since = None if looked_at is None else looked_at - WINDOW
        eldest: datetime | None = await unit.connection.fetchval(_ELDEST, unit.tenant_id, since)
    return eldest


async def verify() -> Report:
    """Recompute the chain of the city being served, in pages."""
    tenant_id = current_tenant().id
    async with tenant_tx() as unit:
        (ends,) = await unit.connection.fetch(_ENDS, tenant_id)
        behind_of = None if ends["sealed_at"] is None else ends["sealed_at"] - WINDOW
        (unsealed,) = await unit.connection.fetch(_UNSEALED, tenant_id, behind_of)
    sealed, digest, broken = await _walk(tenant_id, max(ends["seq"], ends["last"]))
    if broken is None and (ends["seq"], ends["digest"]) != (sealed, digest):
        shorter = min(ends["seq"], ends["last"])
        broken = Break(seq=shorter + (ends["seq"] != ends["last"]), reason=Reason.HEAD_DIFFERS)
    elif broken is not None and broken.reason is Reason.LINK_MISSING and broken.seq > ends["last"]:
        broken = Break(seq=broken.seq, reason=Reason.HEAD_DIFFERS)  # not a hole: the chain ends before its head
    return Report(
        sealed=sealed,
        digest=digest,
        unsealed=unsealed["rows"],
        eldest=unsealed["eldest"],
        behind=unsealed["behind"],
        broken=broken,
    )


async def _walk(tenant_id: int, last: int) -> tuple[int, str, Break | None]:
    """Follow the links to ``last``; return how far the chain holds, the digest there, and what breaks it."""
    sealed, digest = 0, ""
    while sealed < last:
        async with tenant_tx() as unit:
            page = await unit.connection.fetch(_LINKS, tenant_id, sealed, last, PAGE)
        if not page:
            return sealed, digest, Break(seq=sealed + 1, reason=Reason.LINK_MISSING)
        for link in page:
            broken = _broken(link, sealed, digest)
            if broken is not None:
                return sealed, digest, broken
            sealed, digest = link["seq"], link["digest"]
    return sealed, digest, None


def _broken(link: Any, sealed: int, digest: str) -> Break | None:
    if link["seq"] != sealed + 1:
        return Break(seq=sealed + 1, reason=Reason.LINK_MISSING)
    if link["id"] is None:
        return Break(seq=link["seq"], reason=Reason.ROW_MISSING, row_id=link["audit_id"])
    if digest_after(digest, dict(link)) != link["digest"]:
        return Break(seq=link["seq"], reason=Reason.ROW_CHANGED, row_id=link["audit_id"])
    return None
