"""OpenID Connect as it is written: the code flow with PKCE, state and nonce."""

from __future__ import annotations

from typing import Any

from authlib.common.urls import add_params_to_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

from leancity.core.errors import refuse
from leancity.core.identity.oidc.client import Reason, exchange, read
from leancity.core.identity.oidc.dialects import Claimant, plain_email, plain_text
from leancity.core.identity.oidc.flow import Flow, Secrets
from leancity.core.identity.oidc.metadata import Metadata, keys_at, metadata_of
from leancity.core.identity.oidc.options import oidc_options
from leancity.core.identity.oidc.providers import client_secret_of
from leancity.core.identity.oidc.tokens import (
    Claims,
    check_at_hash,
    check_id_token,
    check_nonce,
    claims_of,
    header_of,
)
from leancity.core.identity.secrets import new_secret
from leancity.core.identity.tables import IdentityProvider


class PlainOidc:
    """The dialect ``oidc``."""

    def secrets(self) -> Secrets:
        return Secrets(state=new_secret(), nonce=new_secret(), verifier=new_secret())

    async def authorization_url(self, provider: IdentityProvider, redirect_uri: str, secrets: Secrets) -> str:
        metadata = await metadata_of(provider.issuer)
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": provider.scopes,
            "state": secrets.state,
            "nonce": secrets.nonce,
            "code_challenge": create_s256_code_challenge(secrets.verifier),
            "code_challenge_method": "S256",
        }
        return str(add_params_to_uri(metadata.authorization_endpoint, [*asked.items()]))

    async def check_answer(self, provider: IdentityProvider, iss: str | None) -> None:
        # RFC 9207: an answer of another issuer, brought here, would get that issuer's code sent to this one.
        metadata = await metadata_of(provider.issuer)
        is_missing = iss is None and metadata.authorization_response_iss_parameter_supported
        if is_missing or iss not in {None, provider.issuer}:
            raise refuse("oidc_flow_unknown") from Reason("the answer is another issuer's")

    async def claimant(self, provider: IdentityProvider, redirect_uri: str, code: str, flow: Flow) -> Claimant:
        metadata, options = await metadata_of(provider.issuer), oidc_options(provider.options)
        secret = client_secret_of(provider)
        answer = await exchange(
            metadata.token_endpoint,
            code,
            client_id=provider.client_id,
            client_secret=secret,
            method=options.client_auth or metadata.client_auth(has_secret=bool(secret)),
            form={"redirect_uri": redirect_uri, "code_verifier": flow.verifier},
        )
        id_token, access_token = _text(answer, "id_token"), _text(answer, "access_token")
        header = header_of(id_token, options.algorithms)
        claims = claims_of(id_token, await keys_at(metadata.jwks_uri, header.get("kid")), options.algorithms)
        subject = check_id_token(claims, issuer=provider.issuer, client_id=provider.client_id)
        check_nonce(claims, flow.nonce_digest)
        check_at_hash(claims, header["alg"], access_token)
        if provider.creates and "email" not in claims:
            claims = await _with_userinfo(claims, metadata, access_token)
        return _claimant(subject, claims)

    async def logout_url(self, provider: IdentityProvider, back: str) -> str:
        address = (await metadata_of(provider.issuer)).end_session_endpoint
        if not address:
            return back
        asked = [("client_id", provider.client_id), ("post_logout_redirect_uri", back)]
        return str(add_params_to_uri(address, asked))


def _text(answer: dict[str, Any], name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value or not value.isascii():
        raise refuse("oidc_token_invalid") from Reason(f"no {name}")
    return value


async def _with_userinfo(claims: Claims, metadata: Metadata, access_token: str) -> Claims:
    """Return the claims with those of the userinfo endpoint behind: many issuers tell the e-mail address only there."""
    if not metadata.userinfo_endpoint:
        return claims
    more = await read(metadata.userinfo_endpoint, dict[str, Any], token=access_token)
    if more.get("sub") != claims["sub"]:
        raise refuse("oidc_token_invalid") from Reason("the userinfo is somebody else's")
    return {**more, **claims}


def _claimant(subject: str, claims: Claims) -> Claimant:
    given = f"{plain_text(claims.get('given_name'))} {plain_text(claims.get('family_name'))}".strip()
    email = plain_email(claims.get("email"))
    return Claimant(
        subject=subject,
        name=plain_text(claims.get("name")) or plain_text(given) or email,
        # An address that nobody has shown to be theirs names nobody.
        login=email if claims.get("email_verified") is True else "",
        email=email,
    )
