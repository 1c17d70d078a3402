"""The last one who can hand out roles must stay: without them nobody could mend the city's rights from inside."""

from __future__ import annotations

import uuid

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.identity.roles import role_admins

# The lock under which roles are edited and granted (core.identity.roles): of two who erase each other at once the
# second finds themselves the last.
_LOCK = "select from role where tenant_id = $1 order by id for no key update"


async def refuse_last_holder(user_id: uuid.UUID, field: str) -> None:
    """Refuse to go on when the account alone has ``core.role.change``; who changes roles waits until then.

    Joins the open unit of work, which must be a writing one.
    """
    async with tenant_tx(write=True) as unit:
        await unit.connection.execute(_LOCK, unit.tenant_id)
        if await role_admins() == {user_id}:
            raise refuse("role_admin_last", field)
