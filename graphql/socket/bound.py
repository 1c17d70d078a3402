"""What a socket hangs on: a city with its modules, a credential with its rights. It ends with any of them.

City and person are not the socket's: each operation and each event enters them anew, as the directory knows them then.
"""

from __future__ import annotations

import asyncio
import contextvars
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self, TypeAlias, TypeVar

import structlog

from leancity.core.audit.desk import Passage, passage
from leancity.core.http.client import Client, asked_by, current_client
from leancity.core.identity.principal import Principal, acting_as, current_principal, stranger
from leancity.core.identity.rights import principal_of
from leancity.core.identity.use import note_use
from leancity.core.log import request_ids
from leancity.core.tenancy.context import Tenant, current_tenant, enter
from leancity.core.tenancy.lookup import tenant_by_id
from leancity.graphql.socket.protocol import FORBIDDEN, Closing

T = TypeVar("T")
Found: TypeAlias = tuple[Tenant | None, Principal | None]
"""The city and the person that the directory knows now; None for what it does not."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """``locale`` is the language of the handshake, for who has chosen none; ``rights`` are None for a stranger."""

    tenant_id: int
    modules: frozenset[str]
    rights: Principal | None
    locale: str
    client: Client = field(default_factory=Client)

    @classmethod
    def here(cls) -> Self:
        """Return what the door has found."""
        tenant, who = current_tenant(), current_principal()
        return cls(
            tenant_id=tenant.id,
            modules=tenant.modules,
            rights=_rights(None if who.is_stranger else who),
            locale=who.locale,
            client=current_client(),
        )

    @property
    def credential_id(self) -> uuid.UUID | None:
        return self.rights.credential_id if self.rights else None

    def holds_for(self, tenant: Tenant | None) -> bool:
        """Tell whether the city is still the one that the socket was opened in."""
        return tenant is not None and not tenant.is_suspended and tenant.modules == self.modules

    def holds_with(self, principal: Principal | None) -> bool:
        """Tell whether the credential still stands for the same rights."""
        return self.rights is None or self.rights == _rights(principal)

    @asynccontextmanager
    async def entered(
        self, look: Callable[[Self], Awaitable[Found]], *, is_used: bool = False
    ) -> AsyncIterator[Passage]:
        """Enter city and person for one piece of work; raise ``Closing`` (4403) when they are not what they were.

        ``look`` asks the directory, now. Yields the passage of what the work reads: what was read is sent after the
        block, or after ``settle()``. Work that the client asks for uses the credential, an event does not.
        """
        tenant, found = await look(self)
        with self._city(tenant) as entered:
            principal = self._person(found)
            if is_used:
                await note_use(self.credential_id)
            with acting_as(principal), structlog.contextvars.bound_contextvars(city=entered.slug):
                async with passage() as opened:
                    yield opened

    async def signed_in(self, secret: str) -> Self:
        """Return what the socket hangs on from now on; raise ``Closing`` (4403) for a secret that opens nothing."""
        with self._city(await tenant_by_id(self.tenant_id)):
            principal = await principal_of(secret, self.locale)
            if principal is None:
                raise Closing(FORBIDDEN)
            await note_use(principal.credential_id)
        return replace(self, rights=_rights(principal))

    @contextmanager
    def _city(self, tenant: Tenant | None) -> Iterator[Tenant]:
        if tenant is None or not self.holds_for(tenant):
            raise Closing(FORBIDDEN)
        with request_ids("", ""), asked_by(self.client), enter(tenant):
            yield tenant

    def _person(self, found: Principal | None) -> Principal:
        if self.credential_id is None:
            return stranger(self.locale)
        if found is None or not self.holds_with(found):
            raise Closing(FORBIDDEN)
        return found


def _rights(principal: Principal | None) -> Principal | None:
    """Return a principal without its language, which opens and closes nothing."""
    return replace(principal, locale="") if principal else None


def apart(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Run ``work`` in a task with nothing of our context: no city, no person, no snapshot of the database."""
    return asyncio.create_task(work, context=contextvars.Context())
