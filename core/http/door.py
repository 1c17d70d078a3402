"""The request's door: enters the city that the host names and the principal that the cookie or token stands for.

Health and metrics answer on any host, before it.
"""

from __future__ import annotations

import ipaddress
import time

import asyncpg
import structlog
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from leancity.core.audit.writing import AWAY
from leancity.core.config import Config
from leancity.core.http.client import Client, address_of, asked_by, browser_of
from leancity.core.http.cookies import outgoing_cookies, read_cookie, session_cookie
from leancity.core.http.csrf import bears_token, is_cross_site
from leancity.core.http.handshake import answering_handshake
from leancity.core.http.problems import send_problem
from leancity.core.http.recorded import recorded
from leancity.core.i18n.catalogue import LOCALES
from leancity.core.identity.principal import Principal, acting_as, stranger
from leancity.core.identity.rights import principal_of
from leancity.core.identity.use import note_use
from leancity.core.log import request_ids
from leancity.core.telemetry.spans import annotate
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.tenancy.lookup import tenant_by_host

BEFORE_THE_DOOR = ("/health/", "/metrics")
REQUESTS = frozenset({"http", "websocket"})  # the third type of scope is the server's own start and stop
MOST_PARTS = 32  # of a body that is only taken in
GONE = (OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)  # the server, not a statement
log = structlog.get_logger()


class Door:
    """ASGI middleware around the whole application, so that even a path nobody serves is answered in the city's way."""

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self.app = app
        self.config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in REQUESTS or scope["path"].startswith(BEFORE_THE_DOOR):
            await self.app(scope, receive, send)
            return
        headers = Headers.from_scope(scope)
        with request_ids(headers.get("x-request-id", ""), headers.get("traceparent", "")) as request_id:
            answer = Answer(answering_handshake(scope, send), request_id)
            try:
                await self._serve(scope, receive, answer.send, headers)
            except Exception as error:  # the last hand: nobody behind it could turn this into an answer
                is_away = isinstance(error, AWAY)
                # While the server is away each request says so in one line.
                trace = {"error": str(error)} if isinstance(error, GONE) else {"exc_info": error}
                log.error("the database is away" if is_away else "unforeseen", **trace)
                if answer.is_begun:
                    raise
                status, code = (503, "unavailable") if is_away else (500, "internal")
                await send_problem(answer.send, status, code, _locale(headers, None))

    async def _serve(self, scope: Scope, receive: Receive, send: Send, headers: Headers) -> None:
        begun = time.perf_counter()
        tenant = await tenant_by_host(self._host(scope, headers))
        locale = _locale(headers, tenant)
        if tenant is None:
            await send_problem(send, 404, "unknown_city", locale)
        elif tenant.is_suspended:
            await send_problem(send, 503, "city_suspended", locale)
        elif self._is_cross_site(scope, headers):
            await _take_in(receive)
            await send_problem(send, 403, "cross_site", locale)
        else:
            client = self._client(scope, headers)
            annotate("leancity.city", tenant.slug)
            with structlog.contextvars.bound_contextvars(city=tenant.slug), enter(tenant), asked_by(client):
                principal, is_refused = await self._principal(headers, locale)
                if is_refused:
                    await send_problem(send, 401, "not_signed_in", locale)
                else:
                    await note_use(principal.credential_id)
                    with acting_as(principal), outgoing_cookies(secure=not self.config.is_development) as cookies:
                        async with recorded(cookies.sender(send), principal.locale) as sending:
                            await self.app(scope, receive, sending)
                log.info(
                    "request",
                    method=scope.get("method", ""),
                    path=scope["path"],
                    milliseconds=round((time.perf_counter() - begun) * 1000, 1),
                )

    async def _principal(self, headers: Headers, locale: str) -> tuple[Principal, bool]:
        """Return who asks, and whether a token opens nothing here (an old cookie only makes a stranger)."""
        is_token = bears_token(headers)
        token = headers.get("authorization", "").partition(" ")[2]
        secret = token.strip() if is_token else self._cookie(headers)
        principal = await principal_of(secret, locale) if secret else None
        return principal or stranger(locale), is_token and principal is None

    def _cookie(self, headers: Headers) -> str:
        return read_cookie(headers.get("cookie", ""), session_cookie(secure=not self.config.is_development))

    def _is_cross_site(self, scope: Scope, headers: Headers) -> bool:
        host, has_cookie = self._host(scope, headers), bool(self._cookie(headers))
        return is_cross_site(str(scope.get("method", "")), headers, host, has_cookie=has_cookie)

    def _client(self, scope: Scope, headers: Headers) -> Client:
        peer = scope.get("client")
        forwarded = ",".join(headers.getall("x-forwarded-for", []))
        address = address_of(peer[0], forwarded, self._is_trusted) if peer else ""
        return Client(
            host=self._host(scope, headers), address=address, browser=browser_of(headers.get("user-agent", ""))
        )

    def _host(self, scope: Scope, headers: Headers) -> str:
        client = scope.get("client")
        if "x-forwarded-host" in headers and client and self._is_trusted(client[0]):
            return headers["x-forwarded-host"].split(",")[0].strip()
        return headers.get("host", "")

    def _is_trusted(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self.config.trusted_proxies)


async def _take_in(receive: Receive) -> None:
    """Read a body that nobody will look at: a connection that is answered before its request ends may be reset."""
    for _ in range(MOST_PARTS):
        if not (await receive()).get("more_body"):
            return


def _locale(headers: Headers, tenant: Tenant | None) -> str:
    """Return the first language of Accept-Language that we speak, else the city's, else English."""
    for part in headers.get("accept-language", "").split(","):
        language = part.split(";")[0].strip().lower()[:2]
        if language in LOCALES:
            return language
    return tenant.locale if tenant is not None else "en"


class Answer:
    """The way out: every answer carries the request's id, and whether one has begun is known."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.is_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_begun = True
            headers = MutableScopeHeaders.from_message(message)
            headers["X-Request-Id"] = self._request_id
            headers["X-Content-Type-Options"] = "nosniff"
            headers["Referrer-Policy"] = "same-origin"
        await self._send(message)
