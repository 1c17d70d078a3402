"""A provider's word that somebody has signed out there."""

from __future__ import annotations

from leancity.core.errors import refuse
from leancity.core.identity.oidc.client import Reason
from leancity.core.identity.oidc.metadata import keys_at, metadata_of
from leancity.core.identity.oidc.options import oidc_options
from leancity.core.identity.oidc.tokens import check_logout_token, claims_of, header_of
from leancity.core.identity.tables import IdentityProvider


async def signed_out_subject(provider: IdentityProvider, logout_token: str) -> str:
    """Return whom a logout token names; refuse one that is not this provider's, for us and of now."""
    if provider.dialect != "oidc":
        raise refuse("oidc_token_invalid") from Reason("this dialect sends no logout tokens")
    algorithms = oidc_options(provider.options).algorithms
    kid = header_of(logout_token, algorithms).get("kid")
    keys = await keys_at((await metadata_of(provider.issuer)).jwks_uri, kid)
    claims = claims_of(logout_token, keys, algorithms)
    return check_logout_token(claims, issuer=provider.issuer, client_id=provider.client_id)
