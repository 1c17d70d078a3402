"""``/auth/<provider>/…``: out to a provider, back from it, and signing out at its word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeAlias

import structlog
from litestar import Request, Response, get, post
from litestar.types import ControllerRouterHandler

from leancity.core.audit import desk
from leancity.core.config import load
from leancity.core.errors import Refused, refuse
from leancity.core.http.cookies import SESSION_COOKIE, put_cookie
from leancity.core.identity import sessions
from leancity.core.identity.oidc import accounts, flow
from leancity.core.identity.oidc.addresses import comes_from_here, local_path, origin_of
from leancity.core.identity.oidc.client import Reason
from leancity.core.identity.oidc.dialects import Dialect
from leancity.core.identity.oidc.esia import Esia
from leancity.core.identity.oidc.logout import signed_out_subject
from leancity.core.identity.oidc.plain import PlainOidc
from leancity.core.identity.oidc.providers import active_provider
from leancity.core.identity.principal import Kind, current_principal
from leancity.core.identity.tables import IdentityProvider

_DIALECTS: Mapping[str, Dialect] = {"oidc": PlainOidc(), "esia": Esia()}
_LONGEST = 2048
_Request: TypeAlias = Request[Any, Any, Any]
log = structlog.get_logger()


@get("/auth/{key:str}/start")
async def start(request: _Request, key: str) -> Response[None]:
    """Send the browser to a provider; ``next`` is where it goes on to, ``link=1`` links instead of signing in."""
    provider = await active_provider(key)
    origin = origin_of(request, load())
    user_id = current_principal().require_session() if _parameter(request, "link") else None
    with recording(provider):
        # Otherwise a page elsewhere could link an account of its own author's to whoever looks at it.
        if user_id is not None and not comes_from_here(request, origin):
            raise refuse("oidc_flow_unknown") from Reason("another site has led here to link")
        dialect = _DIALECTS[provider.dialect]
        secrets = dialect.secrets()
        address = await dialect.authorization_url(provider, _callback_of(origin, key), secrets)
        next_path = local_path(_parameter(request, "next"))
        await flow.begin(provider.id, secrets, next_path=next_path, user_id=user_id)
    return _go(address)


@get("/auth/{key:str}/callback")
async def callback(request: _Request, key: str) -> Response[None]:
    """Take who came back from a provider: sign them in, or link them to the account that asked for it."""
    provider = await active_provider(key)
    with recording(provider):
        state = _parameter(request, "state")
        begun = await flow.take(provider.id, state, request.headers.get("cookie", ""))
        dialect = _DIALECTS[provider.dialect]
        is_named = "iss" in request.query_params
        await dialect.check_answer(provider, _parameter(request, "iss") if is_named else None)
        if "error" in request.query_params:
            given = _parameter(request, "error")
            raise _refused_there(given)
        code = _parameter(request, "code")
        if not code:
            raise refuse("oidc_flow_unknown") from Reason("no code")
        if begun.user_id is not None and begun.user_id != _session_user():
            raise refuse("oidc_link_signed_out")
        redirect_uri = _callback_of(origin_of(request, load()), key)
        person = await dialect.claimant(provider, redirect_uri, code, begun)
        if begun.user_id is not None:
            await accounts.link(provider, person, begun.user_id)
        else:
            secret = await accounts.sign_in(provider, person)
            put_cookie(SESSION_COOKIE, secret, int(sessions.SESSION_LASTS.total_seconds()))
    return _go(begun.next_path)


@get("/auth/{key:str}/logout")
async def logout(request: _Request, key: str) -> Response[None]:
    """Close the session here and go on to the provider, to sign out there too."""
    provider = await active_provider(key)
    origin = origin_of(request, load())
    if not comes_from_here(request, origin):  # a link on somebody's page shall not sign anybody out
        raise refuse("oidc_flow_unknown") from Reason("another site has led here to sign out")
    await sessions.sign_out()
    put_cookie(SESSION_COOKIE, "", 0)
    return _go(await _DIALECTS[provider.dialect].logout_url(provider, f"{origin}/"))


@post("/auth/{key:str}/backchannel-logout")
async def backchannel_logout(request: _Request, key: str) -> Response[dict[str, str] | None]:
    """Close the sessions of an account at its provider's word (OpenID Connect Back-Channel Logout)."""
    provider = await active_provider(key)
    try:
        with recording(provider):
            given = (await request.form()).get("logout_token")
            subject = await signed_out_subject(provider, given if isinstance(given, str) else "")
    except Refused:
        return Response({"error": "invalid_request"}, status_code=400, headers=_NOT_KEPT)
    await accounts.close_sessions_of(provider, subject)
    return Response(None, status_code=200, headers=_NOT_KEPT)


HANDLERS: list[ControllerRouterHandler] = [start, callback, logout, backchannel_logout]
_NOT_KEPT = {"Cache-Control": "no-store"}


@contextmanager
def recording(provider: IdentityProvider) -> Iterator[None]:
    """Let refusals pass, noted in the audit log and, with what lies behind them, in the operator's."""
    try:
        yield
    except Refused as error:
        who = current_principal()
        desk.refused(who.kind, who.user_id or who.access_id, "core.oidc.refused", "identity_provider", provider.id)
        reason = error.__cause__
        log.warning(
            "sign-in refused",
            provider=provider.key,
            refusal=str(error),
            reason="" if reason is None else f"{type(reason).__name__}: {reason}"[:300],
        )
        raise


def _refused_there(error: str) -> Refused:
    refusal = refuse("oidc_cancelled") if error == "access_denied" else refuse("oidc_provider_refused")
    refusal.__cause__ = Reason(repr(error[:100]))
    return refusal


def _session_user() -> object:
    who = current_principal()
    return who.user_id if who.kind is Kind.USER else None


def _parameter(request: _Request, name: str) -> str:
    """Return a parameter that is there once, "" for any other."""
    given = request.query_params.getall(name, [])
    return given[0] if len(given) == 1 and len(given[0]) <= _LONGEST else ""


def _callback_of(origin: str, key: str) -> str:
    return f"{origin}/auth/{key}/callback"


def _go(address: str) -> Response[None]:
    return Response(None, status_code=303, headers={"Location": address, **_NOT_KEPT})
