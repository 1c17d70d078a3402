"""Who is asking. Entered at the door beside the city, read by services and by the schema's guards."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from leancity.core.errors import Forbidden, NotSignedIn
from leancity.core.plugins.gate import is_open


@dataclass(frozen=True, kw_only=True)
class Principal:
    """``user_id`` is None for a stranger and for the platform itself (jobs, commands), which may do all that is open.

    ``locale`` is the language to answer in; ``session_id`` the session that was signed in to, None for a token.
    """

    user_id: uuid.UUID | None
    name: str
    unit_id: uuid.UUID | None
    permissions: frozenset[str]
    locale: str
    is_system: bool = False
    session_id: uuid.UUID | None = None

    def can(self, permission: str) -> bool:
        """Tell whether the permission is granted and its module exists for the city."""
        module = permission.partition(".")[0]
        granted = self.is_system or permission in self.permissions
        return granted and (module == "core" or is_open(module))

    def require(self, permission: str) -> None:
        """Raise ``NotSignedIn`` for a stranger, ``Forbidden`` for one who lacks ``permission``."""
        if self.can(permission):
            return
        if self.user_id is None:
            raise NotSignedIn
        raise Forbidden(permission)


def stranger(locale: str) -> Principal:
    """Return the principal of somebody who has not signed in."""
    return Principal(user_id=None, name="", unit_id=None, permissions=frozenset(), locale=locale)


def system(locale: str) -> Principal:
    """Return the principal of the platform's own work: a job, an import, a command on the server."""
    return Principal(
        user_id=None, name="leancity", unit_id=None, permissions=frozenset(), locale=locale, is_system=True
    )


_current: ContextVar[Principal | None] = ContextVar("leancity_principal", default=None)


@contextmanager
def acting_as(principal: Principal) -> Iterator[Principal]:
    """Act for ``principal`` until the block ends."""
    token = _current.set(principal)
    try:
        yield principal
    finally:
        _current.reset(token)


def current_principal() -> Principal:
    """Return who is asking; outside any door a stranger, who may do nothing that is guarded."""
    return _current.get() or stranger("en")
