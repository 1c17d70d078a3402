"""Who owns which processes, and whose reports somebody may see.

A process is its owner's; one that hangs on a function is that function's owner's too. A report is for the owner, for
the heads of the units they work in (not across the border of a legal entity), and for who reads all processes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.principal import current_principal
from leancity.core.identity.tables import UserAccount
from leancity.core.processes.running.fitting import closed_modules
from leancity.core.processes.versions.stages import READ

PEOPLE = "core.unit.read"
"""By which colleagues see one another's names."""

_OWNERS = """
select distinct u.id from process p
left join city_function f on f.tenant_id = p.tenant_id and f.id = p.function_id
join user_account u on u.tenant_id = p.tenant_id and (u.id = p.owner_id or u.id = f.owner_id)
where p.tenant_id = $1 and u.is_active and u.kind = 'staff' and split_part(p.key, '.', 1) <> all($2::text[])
order by u.id
"""
_OWNED = """
select p.id from process p
left join city_function f on f.tenant_id = p.tenant_id and f.id = p.function_id
where p.tenant_id = $1 and (p.owner_id = $2 or f.owner_id = $2) and split_part(p.key, '.', 1) <> all($3::text[])
order by lower(p.title), p.id
"""
_HEADED = """
with recursive below (id) as (
    select u.id from org_unit u where u.tenant_id = $1 and u.head_id = $2
    union
    select c.id from below b join org_unit c on c.parent_id = b.id
    where c.tenant_id = $1 and c.kind <> 'legal_entity'
)
select a.id from user_account a join below b on b.id = a.unit_id where a.tenant_id = $1
"""


async def owners() -> Sequence[uuid.UUID]:
    """Return the city's active staff who own a process."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_OWNERS, unit.tenant_id, closed_modules())
    return [row["id"] for row in rows]


async def owned_by(owner_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """Return an owner's processes, by title."""
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_OWNED, unit.tenant_id, owner_id, closed_modules())
    return [row["id"] for row in rows]


async def visible_owners() -> frozenset[uuid.UUID] | None:
    """Return whose reports whoever asks may see, None for everybody's; raise ``NotSignedIn`` for a stranger.

    Being an owner or a head is no permission, so it holds only for an account of the staff that owes the city nothing.
    """
    if current_principal().can(READ):
        return None
    return await _theirs()


async def _theirs() -> frozenset[uuid.UUID]:
    """Return whom whoever asks is, or is the head of; raise ``NotSignedIn`` or ``Forbidden`` for who is no staff."""
    who = current_principal()
    if who.user_id is None or who.is_resident or who.must_enrol_totp:
        who.refuse(READ)
    async with tenant_tx() as unit:
        rows = await unit.connection.fetch(_HEADED, unit.tenant_id, who.user_id)
    return frozenset({who.user_id, *(row["id"] for row in rows)})


async def require_visible(owner_id: uuid.UUID) -> None:
    """Refuse whoever may not see an owner's reports, and an owner who is nobody of the city's staff."""
    seen = await visible_owners()
    if seen is not None and owner_id not in seen:
        current_principal().refuse(READ, "user_account", owner_id)
    async with tenant_tx():
        if not await UserAccount.exists().where((UserAccount.id == owner_id) & (UserAccount.kind == "staff")):
            raise refuse("not_found", "owner_id")


async def require_name(owner_id: uuid.UUID) -> None:
    """Refuse who reads all processes and may not see people: an owner's files name the owner."""
    who = current_principal()
    if not who.can(PEOPLE) and owner_id not in await _theirs():
        who.refuse(PEOPLE, "user_account", owner_id)
