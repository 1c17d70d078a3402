"""Cookies that a service's answer sets, whatever door it was reached by."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie

from litestar.types import Message, Send

from leancity.core.errors import refuse

SESSION_COOKIE = "leancity_session"


def session_cookie(*, secure: bool) -> str:
    """Return what the session's cookie is called: ``__Host-`` lets no other host of the domain set one for us."""
    return f"__Host-{SESSION_COOKIE}" if secure else SESSION_COOKIE


class OutgoingCookies:
    """The ``Set-Cookie`` lines of one answer."""

    def __init__(self, *, secure: bool) -> None:
        self.secure = secure
        self.lines: list[bytes] = []

    def put(self, name: str, value: str, max_age: int) -> None:
        """Set a cookie for ``max_age`` seconds (0 removes it), HttpOnly, and SameSite=Lax against forged requests."""
        if name == SESSION_COOKIE:
            name = session_cookie(secure=self.secure)
        line = f"{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age}"
        self.lines.append((line + ("; Secure" if self.secure else "")).encode("latin-1"))

    def sender(self, send: Send) -> Send:
        """Return ``send`` with the lines added to the answer's head."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and self.lines:
                message["headers"] = [*message["headers"], *((b"set-cookie", line) for line in self.lines)]
            await send(message)

        return sending


_outgoing: ContextVar[OutgoingCookies | None] = ContextVar("leancity_cookies", default=None)


@contextmanager
def outgoing_cookies(*, secure: bool) -> Iterator[OutgoingCookies]:
    """Collect the cookies that the block sets."""
    cookies = OutgoingCookies(secure=secure)
    token = _outgoing.set(cookies)
    try:
        yield cookies
    finally:
        _outgoing.reset(token)


def put_cookie(name: str, value: str, max_age: int) -> None:
    """Set a cookie on the answer being made; outside a request nothing happens."""
    cookies = _outgoing.get()
    if cookies is not None:
        cookies.put(name, value, max_age)


def sets_cookies() -> bool:
    """Tell whether the answer being made sets a cookie."""
    cookies = _outgoing.get()
    return cookies is not None and bool(cookies.lines)


def require_cookies() -> None:
    """Refuse what must set a cookie where no answer can carry one, as over a socket: before anything is done."""
    if _outgoing.get() is None:
        raise refuse("cookies_need_http")


def read_cookie(header: str, name: str) -> str:
    """Return a cookie of the request, "" when it is absent or the header is malformed."""
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel is not None else ""
