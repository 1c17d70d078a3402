"""What differs between issuers: how one is asked, and who it says came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from leancity.core.errors import Refused
from leancity.core.identity.oidc.flow import Flow, Secrets
from leancity.core.identity.residents import checked_email
from leancity.core.identity.tables import IdentityProvider

_LONGEST_NAME = 200


@dataclass(frozen=True, kw_only=True)
class Claimant:
    """Who came, by the provider's word. ``login`` is what an account made for them is called, "" where none may be."""

    subject: str
    name: str
    login: str
    email: str


class Dialect(Protocol):
    """One way of speaking to issuers."""

    def secrets(self) -> Secrets:
        """Return fresh secrets of a sign-in."""

    async def authorization_url(self, provider: IdentityProvider, redirect_uri: str, secrets: Secrets) -> str:
        """Return where the browser goes to sign in."""

    async def check_answer(self, provider: IdentityProvider, iss: str | None) -> None:
        """Refuse an answer that another issuer has given, by its parameter ``iss`` (None: it has none)."""

    async def claimant(self, provider: IdentityProvider, redirect_uri: str, code: str, flow: Flow) -> Claimant:
        """Return who came back with ``code``."""

    async def logout_url(self, provider: IdentityProvider, back: str) -> str:
        """Return where the browser goes to sign out at the issuer too, ``back`` where it knows no such place."""


def plain_text(value: object, *, limit: int = _LONGEST_NAME) -> str:
    """Return a claim as one line that can be kept, "" for what is no text."""
    if not isinstance(value, str):
        return ""
    return " ".join("".join(c if c.isprintable() else " " for c in value).split())[:limit].strip()


def plain_email(value: object) -> str:
    """Return a claim as an e-mail address as it is stored, "" for what is none."""
    try:
        return checked_email(value) if isinstance(value, str) else ""
    except Refused:
        return ""
