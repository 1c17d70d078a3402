"""One look at the directory for all sockets of a city that ask at the same time.

No answer is older than its question: a look that has begun is joined by nobody, who comes later gets the next one. A
change that two hundred sockets hear of is therefore checked for all of them at once, and for each of them anew.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TypeAlias

from leancity.core.identity.principal import Principal
from leancity.core.identity.rights import principals_of
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.tenancy.lookup import tenant_by_id
from leancity.graphql.socket.bound import Bound, Found, apart

Key: TypeAlias = tuple[int, str]
"""A city, and the language of a handshake: it is a part of the answer."""
Seen: TypeAlias = tuple[Tenant | None, dict[uuid.UUID, Principal]]


@dataclass(eq=False)
class _Look:
    ids: set[uuid.UUID] = field(default_factory=set)
    task: asyncio.Task[Seen] = field(init=False)


class Looks:
    """The looks of one process."""

    def __init__(self) -> None:
        self._next: dict[Key, _Look] = {}
        self._turns: dict[Key, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(self, bound: Bound) -> Found:
        """Return the city of a socket and who is asking there, as the directory knows them now."""
        key = bound.tenant_id, bound.locale
        look = self._next.get(key)
        if look is None:
            look = self._next[key] = _Look()
            look.task = apart(self._take(key, look))
        if bound.credential_id is not None:
            look.ids.add(bound.credential_id)
        tenant, principals = await asyncio.shield(look.task)  # who goes away leaves the look to the others
        return tenant, principals.get(bound.credential_id) if bound.credential_id else None

    async def _take(self, key: Key, look: _Look) -> Seen:
        async with self._turns[key]:
            del self._next[key]
            return await seen(*key, look.ids)


async def seen(tenant_id: int, locale: str, credential_ids: Collection[uuid.UUID]) -> Seen:
    """Return a city, None where it is gone, and whom the credentials stand for there."""
    tenant = await tenant_by_id(tenant_id)
    if tenant is None or tenant.is_erasing or not credential_ids:
        return tenant, {}
    with enter(tenant):
        return tenant, await principals_of(credential_ids, locale)
