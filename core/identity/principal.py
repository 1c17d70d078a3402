"""Who is asking. Entered at the door beside the city, read by services and by the schema's guards."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn

from leancity.core.audit import desk
from leancity.core.errors import Forbidden, NotSignedIn
from leancity.core.identity.scopes import EVERYWHERE, Grants, Reach
from leancity.core.plugins.gate import is_open
from leancity.core.plugins.manager import installed_modules

OWN_ACCOUNT = "core.account.change"
"""What is refused to whoever is not signed in as the account itself. No role holds it."""


class Kind(StrEnum):
    """What stands behind a request."""

    STRANGER = "stranger"
    USER = "user"  # a session of an account
    TOKEN = "token"  # noqa: S105 - an API token of an account
    OPERATOR = "operator"  # an access that an operator was given
    SYSTEM = "system"  # the platform's own work: a job, an import, a command


@dataclass(frozen=True, kw_only=True)
class Principal:
    """``user_id`` is None for all but accounts; ``grants`` tells of each permission how far it reaches.

    ``locale`` is the language to answer in; ``session_id`` the session that was signed in to, None for a token;
    ``access_id`` an operator's access to the city; ``is_resident`` an account that is not one of the city's staff;
    ``must_enrol_totp`` one that has no permission until it has the second factor that the city asks for.
    """

    kind: Kind
    user_id: uuid.UUID | None = None
    name: str = ""
    unit_id: uuid.UUID | None = None
    grants: Grants = field(default_factory=dict)
    locale: str
    is_resident: bool = False
    must_enrol_totp: bool = False
    session_id: uuid.UUID | None = None
    credential_id: uuid.UUID | None = None
    access_id: uuid.UUID | None = None

    @property
    def is_system(self) -> bool:
        return self.kind is Kind.SYSTEM

    @property
    def is_stranger(self) -> bool:
        return self.kind is Kind.STRANGER

    @property
    def permissions(self) -> frozenset[str]:
        """The names of what was granted, also of modules that the city has not."""
        return frozenset(self.grants)

    def can(self, permission: str) -> bool:
        """Tell whether the permission is granted and its module exists for the city.

        How far it reaches matters only for those that nobody asks row by row: they count where they reach everything.
        """
        module = permission.partition(".")[0]
        if module != "core" and not is_open(module):
            return False
        if self.is_system:
            return True
        reaches = self.grants.get(permission)
        return reaches is not None and (EVERYWHERE in reaches or installed_modules().is_by_row(permission))

    def require(self, permission: str) -> None:
        """Raise ``NotSignedIn`` for a stranger, ``Forbidden`` for one who lacks ``permission``; both are recorded."""
        if not self.can(permission):
            self.refuse(permission)

    def refuse(self, permission: str, subject: str = "", subject_id: uuid.UUID | None = None) -> NoReturn:
        """Record that ``permission`` was refused, perhaps for one subject, and raise the error for it."""
        desk.refused(self.kind, self.user_id or self.access_id, permission, subject, subject_id)
        raise NotSignedIn if self.is_stranger else Forbidden(permission)

    def account(self) -> uuid.UUID:
        """Return the account that asks, by a session or a token; raise ``NotSignedIn`` where there is none."""
        if self.user_id is None:
            raise NotSignedIn
        return self.user_id

    def require_session(self) -> uuid.UUID:
        """Return the account whose session this is; refuse a token, an operator, the platform.

        Credentials are one's own: whoever finds a token must not be able to make others, or to lock its owner out.
        """
        if self.kind is not Kind.USER or self.user_id is None:
            self.refuse(OWN_ACCOUNT)
        return self.user_id

    def reach_of(self, permission: str) -> frozenset[Reach]:
        """Return how far the permission reaches; nothing at all raises as ``require`` does."""
        self.require(permission)
        return frozenset({EVERYWHERE}) if self.is_system else self.grants[permission]


def stranger(locale: str) -> Principal:
    """Return the principal of somebody who has not signed in."""
    return Principal(kind=Kind.STRANGER, locale=locale)


def system(locale: str) -> Principal:
    """Return the principal of the platform's own work: a job, an import, a command on the server."""
    return Principal(kind=Kind.SYSTEM, name="leancity", locale=locale)


def narrowed(grants: Grants, names: frozenset[str]) -> Mapping[str, frozenset[Reach]]:
    """Return those of ``grants`` that a token was made for."""
    return {name: reaches for name, reaches in grants.items() if name in names}


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
