"""What an issuer says of itself, and its keys: fetched when first needed, kept for minutes, by each process."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey, import_key

from leancity.core.errors import refuse
from leancity.core.identity.oidc.addresses import is_loopback, wrong_address
from leancity.core.identity.oidc.client import Reason, read

KEPT_SECONDS = 600
ASKED_AGAIN_SECONDS = 30
_MOST_ISSUERS = 1000
_MOST_KEYS = 100
_SMALLEST_RSA = 2048


class Metadata(msgspec.Struct, frozen=True):
    """The part of OpenID Connect Discovery that we use."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    code_challenge_methods_supported: list[str] | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None
    authorization_response_iss_parameter_supported: bool | None = None

    def client_auth(self, *, has_secret: bool) -> str:
        """Return how we tell the token endpoint who we are: the header where it is known, else the form."""
        if not has_secret:
            return "none"
        known = self.token_endpoint_auth_methods_supported or ["client_secret_basic"]
        return "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"


class _Jwks(msgspec.Struct):
    keys: list[dict[str, Any]]


class _Kept(msgspec.Struct):
    value: Any
    since: float

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self.since < KEPT_SECONDS


_metadata: dict[str, _Kept] = {}
_keys: dict[str, _Kept] = {}
_asked_again: dict[str, float] = {}


async def metadata_of(issuer: str) -> Metadata:
    """Return an issuer's metadata.

    Refuses one that names another issuer (who answers there could pose as it), leads to addresses that are not https,
    or knows no S256: without it a code that leaks can be used by whoever has it.
    """
    kept = _metadata.get(issuer)
    if kept is None or not kept.is_fresh:
        metadata = await read(f"{issuer.rstrip('/')}/.well-known/openid-configuration", Metadata)
        _check(metadata, issuer)
        kept = _Kept(metadata, time.monotonic())
        _keep(_metadata, issuer, kept)
    found: Metadata = kept.value
    return found


def _check(metadata: Metadata, issuer: str) -> None:
    if metadata.issuer != issuer:
        raise refuse("oidc_provider_misconfigured") from Reason("the metadata names another issuer")
    methods = metadata.code_challenge_methods_supported
    if methods is not None and "S256" not in methods:
        raise refuse("oidc_provider_misconfigured") from Reason("the issuer knows no PKCE with S256")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"):
        address = getattr(metadata, name)
        reason = "" if address is None else wrong_address(address, may_be_loopback=is_loopback(issuer))
        if reason:
            raise refuse("oidc_provider_misconfigured") from Reason(f"{name}: {reason}")


async def keys_at(jwks_uri: str, kid: str | None) -> KeySet:
    """Return an issuer's keys, fetched anew when none is called ``kid``: it may have changed them.

    At most twice a minute, because anybody can send us a token with an invented ``kid``.
    """
    kept = _keys.get(jwks_uri)
    if (
        kept is None
        or not kept.is_fresh
        or (kid is not None and all(key.kid != kid for key in kept.value) and _may_ask_again(jwks_uri))
    ):
        kept = await _fetched(jwks_uri)
    found: KeySet = kept.value
    return found


async def _fetched(jwks_uri: str) -> _Kept:
    given = (await read(jwks_uri, _Jwks)).keys
    keys: list[RSAKey | ECKey | OKPKey] = []
    for each in given[:_MOST_KEYS]:
        # A key that we can't read is not ours to mend; a symmetric one is no public key.
        with suppress(JoseError, ValueError, TypeError, KeyError, AttributeError):
            key = import_key(each) if each.get("use", "sig") == "sig" else None
            if isinstance(key, ECKey | OKPKey) or (isinstance(key, RSAKey) and _is_long(key)):
                keys.append(key)
    kept = _Kept(KeySet([*keys]), time.monotonic())
    _keep(_keys, jwks_uri, kept)
    return kept


def _is_long(key: RSAKey) -> bool:
    return key.public_key.key_size >= _SMALLEST_RSA


def _may_ask_again(jwks_uri: str) -> bool:
    moment = time.monotonic()
    if moment - _asked_again.get(jwks_uri, -ASKED_AGAIN_SECONDS) < ASKED_AGAIN_SECONDS:
        return False
    _keep(_asked_again, jwks_uri, moment)
    return True


def _keep(shelf: dict[str, Any], key: str, value: Any) -> None:
    if len(shelf) >= _MOST_ISSUERS:  # issuers come from operators only; the process shall not grow all the same
        shelf.clear()
    shelf[key] = value
