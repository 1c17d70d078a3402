"""Who follows a case: people who want to hear what becomes of one that its module shows to everybody.

No permission is asked here. The module decides which of its cases it shows, lets only those be followed, and calls
``clear_followers`` when it hides one again: a row is the right to hear of the case.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from leancity.core.audit.log import record
from leancity.core.cases.tables import CaseFollower
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.principal import current_principal
from leancity.core.moment import now

_ADD = """
insert into case_follower (id, tenant_id, case_id, user_id, at)
select gen_random_uuid(), $1, $2, u.id, $4 from user_account u
where u.tenant_id = $1 and u.id = any($3::uuid[]) and u.erased_at is null
on conflict (tenant_id, case_id, user_id) do nothing returning user_id
"""


async def add_followers(case_id: uuid.UUID, user_ids: Collection[uuid.UUID]) -> int:
    """Let people follow a case and return how many did not yet. Joins the open unit of work."""
    if not user_ids:
        return 0
    async with tenant_tx(write=True) as unit:
        added = await unit.connection.fetch(_ADD, unit.tenant_id, case_id, [*user_ids], now())
        if added:
            await record("core.case.followed", "case", case_id, people=len(added))
    return len(added)


async def follow(case_id: uuid.UUID) -> None:
    """Let whoever asks follow a case; who does already goes on. Raises ``NotSignedIn``."""
    await add_followers(case_id, [current_principal().account()])


async def unfollow(case_id: uuid.UUID) -> None:
    """Let whoever asks follow a case no longer; who does not is left alone. Raises ``NotSignedIn``."""
    mine = (CaseFollower.case_id == case_id) & (CaseFollower.user_id == current_principal().account())
    async with tenant_tx(write=True):
        if await CaseFollower.delete().where(mine).returning(CaseFollower.id):
            await record("core.case.unfollowed", "case", case_id)


async def is_followed(case_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the cases that whoever asks follows; none for who is not signed in."""
    user_id = current_principal().user_id
    if user_id is None or not case_ids:
        return set()
    async with tenant_tx():
        mine = (CaseFollower.user_id == user_id) & CaseFollower.case_id.is_in([*case_ids])
        return {row["case_id"] for row in await CaseFollower.select(CaseFollower.case_id).where(mine)}


async def clear_followers(case_id: uuid.UUID) -> int:
    """Let nobody follow a case any more and return how many did: its module hides it. Joins the open unit of work."""
    async with tenant_tx(write=True):
        gone = await CaseFollower.delete().where(CaseFollower.case_id == case_id).returning(CaseFollower.id)
        if gone:
            await record("core.case.followers_cleared", "case", case_id, people=len(gone))
    return len(gone)
