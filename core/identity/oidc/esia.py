"""ESIA (Gosuslugi), which is nearly OpenID Connect.

It has no discovery and no PKCE. The client shows who it is by a signature over each request instead of a secret, and
the token request has a state of its own, which must come back. The id token has no nonce: state, bound to the browser,
and the signature over state and code take its place. Who came is read by REST with the access token.

ESIA signs id tokens with RS256 or GOST. We verify RS256 by the public key in the options; GOST is the task of a
certified means, so without that key nobody is let in.
"""

from __future__ import annotations

import base64
import uuid
from typing import Any
from zoneinfo import ZoneInfo

from authlib.common.urls import add_params_to_uri  # type: ignore[import-untyped]
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from leancity.core.errors import refuse
from leancity.core.identity.oidc.client import Reason, exchange, read
from leancity.core.identity.oidc.dialects import Claimant, plain_email, plain_text
from leancity.core.identity.oidc.flow import Flow, Secrets
from leancity.core.identity.oidc.options import EsiaOptions, esia_options
from leancity.core.identity.oidc.signer import sign
from leancity.core.identity.oidc.tokens import Claims, check_id_token, claims_of
from leancity.core.identity.tables import IdentityProvider
from leancity.core.moment import now

ALGORITHMS = ("RS256",)
_MOSCOW = ZoneInfo("Europe/Moscow")
_SUBJECT = "urn:esia:sbj_id"


class Esia:
    """The dialect ``esia``."""

    def secrets(self) -> Secrets:
        return Secrets(state=str(uuid.uuid4()))

    async def authorization_url(self, provider: IdentityProvider, redirect_uri: str, secrets: Secrets) -> str:
        options = esia_options(provider.options)
        _key(options)  # better now than when the person has typed everything in
        asked = await _signed(provider, redirect_uri, secrets.state)
        asked |= {"response_type": "code", "access_type": "online"}
        return str(add_params_to_uri(options.authorize_url, [*asked.items()]))

    async def check_answer(self, provider: IdentityProvider, iss: str | None) -> None:
        if iss not in {None, provider.issuer}:
            raise refuse("oidc_flow_unknown") from Reason("the answer is another issuer's")

    async def claimant(self, provider: IdentityProvider, redirect_uri: str, code: str, flow: Flow) -> Claimant:
        options = esia_options(provider.options)
        state = str(uuid.uuid4())
        form = await _signed(provider, redirect_uri, state, code)
        # The signature is the client's secret, in the form with all it is made of.
        client_id, client_secret = form.pop("client_id"), form.pop("client_secret")
        answer = await exchange(
            options.token_url,
            code,
            client_id=client_id,
            client_secret=client_secret,
            method="client_secret_post",
            form={**form, "token_type": "Bearer"},
        )
        if answer.get("state") != state:
            raise refuse("oidc_token_invalid") from Reason("the state of the token")
        id_token, access_token = answer.get("id_token"), answer.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access_token, str) or not access_token.isascii():
            raise refuse("oidc_token_invalid") from Reason("no token")
        claims = _with_subject(claims_of(id_token, KeySet([_key(options)]), ALGORITHMS))
        oid = check_id_token(claims, issuer=provider.issuer, client_id=provider.client_id)
        return await _claimant(provider, options, oid, access_token)

    async def logout_url(self, provider: IdentityProvider, back: str) -> str:
        asked = [("client_id", provider.client_id), ("redirect_url", back)]
        return str(add_params_to_uri(esia_options(provider.options).logout_url, asked))


async def _signed(provider: IdentityProvider, redirect_uri: str, state: str, code: str = "") -> dict[str, str]:
    """Return the parameters that every request carries, with the signature over their values in ESIA's order."""
    timestamp = now().astimezone(_MOSCOW).strftime("%Y.%m.%d %H:%M:%S %z")
    text = provider.client_id + provider.scopes + timestamp + state + redirect_uri + code
    signature = await sign(text.encode())
    return {
        "client_id": provider.client_id,
        "client_secret": base64.urlsafe_b64encode(signature).rstrip(b"=").decode(),
        "client_certificate_hash": esia_options(provider.options).client_certificate_hash,
        "scope": provider.scopes,
        "timestamp": timestamp,
        "state": state,
        "redirect_uri": redirect_uri,
    }


def _key(options: EsiaOptions) -> RSAKey:
    if not options.public_key:
        raise refuse("esia_key_missing")
    try:
        return RSAKey.import_key(options.public_key)
    except (JoseError, ValueError, TypeError) as error:
        raise refuse("esia_key_missing") from error


def _with_subject(claims: Claims) -> Claims:
    """Return the claims with the person's oid as ``sub``, where ESIA writes it as a number or under its own name."""
    given = {str(claims[name]) for name in (_SUBJECT, "sub") if claims.get(name) is not None}
    if len(given) != 1 or not all(oid.isascii() and oid.isdigit() for oid in given):
        raise refuse("oidc_token_invalid") from Reason("the oid")
    return {**claims, "sub": given.pop()}


async def _claimant(provider: IdentityProvider, options: EsiaOptions, oid: str, access_token: str) -> Claimant:
    address = f"{options.persons_url.rstrip('/')}/{oid}"
    person = await read(address, dict[str, Any], token=access_token)
    if options.require_trusted and person.get("trusted") is not True:
        raise refuse("esia_untrusted")
    names = [plain_text(person.get(part)) for part in ("lastName", "firstName", "middleName")]
    email = ""
    if provider.creates and "email" in provider.scopes.split():
        contacts = await read(f"{address}/ctts?embed=(elements)", dict[str, Any], token=access_token)
        email = _email(contacts)
    # Many people have no address there. ESIA has seen their passport: the oid names them well enough.
    return Claimant(subject=oid, name=" ".join(filter(None, names)) or oid, login=email or f"esia:{oid}", email=email)


def _email(contacts: dict[str, Any]) -> str:
    elements = contacts.get("elements")
    for each in elements if isinstance(elements, list) else []:
        if isinstance(each, dict) and each.get("type") == "EML" and each.get("vrfStu") == "VERIFIED":
            return plain_email(each.get("value"))
    return ""
