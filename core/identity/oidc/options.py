"""What a dialect needs beside the columns of a provider: checked when the operator gives it, typed when it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from leancity.core.errors import refuse

Algorithm: TypeAlias = Literal["RS256", "PS256", "ES256", "EdDSA"]
ALGORITHMS: tuple[Algorithm, ...] = ("RS256", "PS256", "ES256", "EdDSA")
"""All that an id token may be signed with. None of them is symmetric: a public key must not pass for a secret."""


class OidcOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``algorithms`` narrows the signatures that are taken; ``client_auth`` is read from the metadata when empty."""

    algorithms: Annotated[tuple[Algorithm, ...], msgspec.Meta(min_length=1)] = ALGORITHMS
    client_auth: Literal["", "client_secret_basic", "client_secret_post", "none"] = ""


class EsiaOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``public_key`` is the PEM of the key that ESIA signs id tokens with (RS256); without it nobody is let in."""

    client_certificate_hash: str = ""
    public_key: str = ""
    require_trusted: bool = True
    authorize_url: str = "https://esia.gosuslugi.ru/aas/oauth2/v2/ac"
    token_url: str = "https://esia.gosuslugi.ru/aas/oauth2/v3/te"  # noqa: S105 - an address
    persons_url: str = "https://esia.gosuslugi.ru/rs/prns"
    logout_url: str = "https://esia.gosuslugi.ru/idp/ext/Logout"


def checked_options(dialect: str, given: Mapping[str, Any]) -> str:
    """Return an operator's options as they are stored; refuse what the dialect does not know."""
    try:
        msgspec.convert(dict(given), EsiaOptions if dialect == "esia" else OidcOptions)
    except msgspec.ValidationError as error:
        raise refuse("oidc_options_invalid", "options", reason=str(error)) from error
    return json.dumps(dict(given))


def oidc_options(stored: str) -> OidcOptions:
    """Return the options of a provider that speaks plain OpenID Connect."""
    return msgspec.json.decode(stored, type=OidcOptions)


def esia_options(stored: str) -> EsiaOptions:
    """Return the options of ESIA."""
    return msgspec.json.decode(stored, type=EsiaOptions)
