"""Whether a token is the issuer's own, for us and of now: its signature first, then its claims."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Collection, Mapping
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry, extract_compact
from joserfc.jwt import ClaimsOption, JWTClaimsRegistry, decode

from leancity.core.errors import Refused, refuse
from leancity.core.identity.oidc.client import Reason
from leancity.core.identity.oidc.options import ALGORITHMS
from leancity.core.identity.secrets import digest
from leancity.core.moment import now

SKEW_SECONDS = 60
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_SECONDS = 300
_LONGEST_SUBJECT = 255
_UNREADABLE = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
Claims = dict[str, Any]


class _Registry(JWSRegistry):
    """Reads headers with certificates in them and with names it does not know; what is critical it must know."""

    max_header_length = 16 * 1024


def _registry(algorithms: Collection[str]) -> JWSRegistry:
    # An empty list would mean "the usual ones" there, HS256 among them.
    allowed = [name for name in algorithms if name in ALGORITHMS]
    if not allowed:
        raise Reason("no algorithm is allowed")
    return _Registry(algorithms=allowed, strict_check_header=False)


def header_of(token: str, algorithms: Collection[str]) -> Mapping[str, Any]:
    """Return the header of a token that claims to be signed in one of the allowed ways; refuse any other."""
    try:
        header = extract_compact(token.encode(), registry=_registry(algorithms)).headers()
        if header["alg"] not in algorithms:
            raise Reason(f"signed with {str(header['alg'])[:20]!r}")
    except (Reason, *_UNREADABLE) as error:
        raise refuse("oidc_token_invalid") from error
    return header


def claims_of(token: str, keys: KeySet, algorithms: Collection[str]) -> Claims:
    """Return the claims of a token whose signature is by one of ``keys``; refuse any other."""
    header_of(token, algorithms)
    try:
        return dict(decode(token, keys, registry=_registry(algorithms)).claims)
    except (Reason, *_UNREADABLE) as error:
        raise refuse("oidc_token_invalid") from error


def check_id_token(claims: Claims, *, issuer: str, client_id: str) -> str:
    """Return the subject of an id token that this issuer has made for us and that is of now."""
    _check(claims, issuer, client_id, "sub", "exp")
    return subject_of(claims)


def check_nonce(claims: Claims, nonce_digest: str) -> None:
    """Refuse an id token that was not made for the sign-in which ``nonce_digest`` is of."""
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce.isascii() or not hmac.compare_digest(digest(nonce), nonce_digest):
        raise _invalid("nonce")


def check_at_hash(claims: Claims, alg: str, access_token: str) -> None:
    """Refuse an access token that is not the one of the id token, where that says which it is."""
    if "at_hash" not in claims:
        return
    hashed = (hashlib.sha512 if alg == "EdDSA" else hashlib.sha256)(access_token.encode()).digest()
    half = base64.urlsafe_b64encode(hashed[: len(hashed) // 2]).rstrip(b"=").decode()
    if not hmac.compare_digest(half.encode(), str(claims["at_hash"]).encode(errors="replace")):
        raise _invalid("at_hash")


def check_logout_token(claims: Claims, *, issuer: str, client_id: str) -> str:
    """Return the subject that signs out. One session of several (``sid`` alone) can't be told apart here."""
    _check(claims, issuer, client_id, "sub", "jti")
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise _invalid("events")
    if "nonce" in claims:  # an id token is not to pass for one
        raise _invalid("nonce")
    if claims["iat"] < now().timestamp() - _LOGOUT_SECONDS:
        raise _invalid("iat")
    return subject_of(claims)


def subject_of(claims: Claims) -> str:
    """Return the subject, who is somebody."""
    subject: str = claims["sub"]
    if not subject.strip() or len(subject) > _LONGEST_SUBJECT or not subject.isprintable():
        raise _invalid("sub")
    return subject


def _check(claims: Claims, issuer: str, client_id: str, *essential: str) -> None:
    wanted: dict[str, ClaimsOption] = {name: {"essential": True} for name in ("iat", *essential)}
    wanted |= {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client_id},
    }
    registry = JWTClaimsRegistry(int(now().timestamp()), SKEW_SECONDS, **wanted)
    try:
        registry.validate(claims)
    except _UNREADABLE as error:
        raise refuse("oidc_token_invalid") from error
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if ("azp" in claims or several) and claims.get("azp") != client_id:
        raise _invalid("azp")


def _invalid(claim: str) -> Refused:
    refusal = refuse("oidc_token_invalid")
    refusal.__cause__ = Reason(f"the claim {claim}")
    return refusal
