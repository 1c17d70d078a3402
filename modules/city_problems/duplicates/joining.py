"""«Me too»: a person supports somebody's report instead of sending one more, and hears what becomes of it."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from leancity.core.audit.log import record
from leancity.core.cases.followers import add_followers, unfollow
from leancity.core.cases.records import find_case
from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now
from leancity.modules.city_problems.seen import seen_among
from leancity.modules.city_problems.tables import CityProblemsReport, CityProblemsSupporter

# Who filed a report supports it by that.
_ADD = """
insert into city_problems_supporter (id, tenant_id, case_id, user_id, at)
select gen_random_uuid(), $1, $2, u.id, $4 from user_account u
where u.tenant_id = $1 and u.id = any($3::uuid[]) and u.erased_at is null
  and u.id is distinct from (select c.author_id from case_record c where c.tenant_id = $1 and c.id = $2)
on conflict (tenant_id, case_id, user_id) do nothing returning user_id
"""
_COUNT = "update city_problems_report set supporters = supporters + $3 where tenant_id = $1 and case_id = $2"

_HOLD = "select is_shown from city_problems_report where tenant_id = $1 and case_id = $2 for no key update"


async def join(case_id: uuid.UUID) -> CaseRecord:
    """Support an open report of somebody else and follow it; once more changes nothing. Returns its case.

    Raises ``NotSignedIn``; ``Refused``: there is none such that everybody sees, it is one's own, or it is closed.
    """
    user_id = current_principal().account()
    async with tenant_tx(write=True):
        case, _ = await find_case(case_id, permission=None, field="id")
        if case_id not in await seen_among([case_id]) or not await is_shown(case_id):
            raise refuse("not_found", "id")
        if case.author_id == user_id:
            raise refuse("city_problems.own_report", "id")
        if case.closed_at is not None:
            raise refuse("city_problems.report_anew", "id")
        await add_supporters(case_id, [user_id], now())
        await add_followers(case_id, [user_id])
    return case


async def leave(case_id: uuid.UUID) -> CaseRecord:
    """Support a report no longer, nor follow it; for who does not nothing changes. Returns its case.

    Also one that has been closed or hidden since. Raises ``NotSignedIn``; ``Refused``: there is none such for them.
    """
    user_id = current_principal().account()
    async with tenant_tx(write=True):
        case, _ = await find_case(case_id, permission=None, field="id")
        if await remove_supporters(case_id, [user_id]):
            await unfollow(case_id)
        elif case_id not in await seen_among([case_id]):
            raise refuse("not_found", "id")
    return case


async def add_supporters(case_id: uuid.UUID, user_ids: Collection[uuid.UUID], at: datetime) -> int:
    """Count people as supporters of a report and return how many were not yet. Joins the open unit of work."""
    async with tenant_tx(write=True) as unit:
        added = await unit.connection.fetch(_ADD, unit.tenant_id, case_id, [*user_ids], at)
        if added:
            await unit.connection.execute(_COUNT, unit.tenant_id, case_id, len(added))
            await record("city_problems.report.supported", "case", case_id, people=len(added))
    return len(added)


async def remove_supporters(case_id: uuid.UUID, user_ids: Collection[uuid.UUID], *, at: datetime | None = None) -> int:
    """Count people as supporters no longer and return how many were; ``at``: only those counted at just that moment."""
    if not user_ids:
        return 0
    theirs = (CityProblemsSupporter.case_id == case_id) & CityProblemsSupporter.user_id.is_in([*user_ids])
    if at is not None:
        theirs &= CityProblemsSupporter.at == at
    async with tenant_tx(write=True) as unit:
        gone = await CityProblemsSupporter.delete().where(theirs).returning(CityProblemsSupporter.id)
        if gone:
            await unit.connection.execute(_COUNT, unit.tenant_id, case_id, -len(gone))
            await record("city_problems.report.left", "case", case_id, people=len(gone))
    return len(gone)


async def supporters_of(case_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """Return how many people said «me too» of reports, by case."""
    async with tenant_tx():
        columns = (CityProblemsReport.case_id, CityProblemsReport.supporters)
        rows = await CityProblemsReport.select(*columns).where(CityProblemsReport.case_id.is_in([*case_ids]))
    return {row["case_id"]: row["supporters"] for row in rows}


async def supported_by_me(case_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the cases that whoever asks supports."""
    user_id = current_principal().user_id
    if user_id is None:
        return set()
    mine = (CityProblemsSupporter.user_id == user_id) & CityProblemsSupporter.case_id.is_in([*case_ids])
    async with tenant_tx():
        rows = await CityProblemsSupporter.select(CityProblemsSupporter.case_id).where(mine)
    return {row["case_id"] for row in rows}


async def is_shown(case_id: uuid.UUID) -> bool:
    """Tell whether everybody sees a report; nobody hides it, nor joins it, until the open unit of work ends."""
    async with tenant_tx(write=True) as unit:
        return bool(await unit.connection.fetchval(_HOLD, unit.tenant_id, case_id))
