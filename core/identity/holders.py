"""The last one who can hand out roles must stay: without them nobody could mend the city's rights from inside."""

from __future__ import annotations

import uuid

from leancity.core.errors import refuse
from leancity.core.identity.locks import lock_roles
from leancity.core.identity.roles import role_admins


async def refuse_last_holder(user_id: uuid.UUID, field: str) -> None:
    """Refuse to go on when the account alone may edit roles. Joins the open unit of work, which must be a writing one.

    Of two who shut each other out at once the second finds themselves the last.
    """
    await lock_roles()
    if await role_admins() == {user_id}:
        raise refuse("role_admin_last", field)
