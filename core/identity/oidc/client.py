"""The way out to issuers: short, small and straight.

No redirect is followed, for the address that was checked must be the one that answers; no proxy of the environment is
used. A city's own certificate authority is named by ``SSL_CERT_FILE``.
"""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import msgspec
from authlib.deprecate import AuthlibDeprecationWarning  # type: ignore[import-untyped]

from leancity.core.errors import Refused, refuse
from leancity.core.http.bounded import Bounded, tls

with warnings.catch_warnings():
    # Authlib would rather have httpx2, which is not among our dependencies.
    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import (  # type: ignore[import-untyped]
        AsyncOAuth2Client,
        OAuthError,
    )

SECONDS = 10
LARGEST = 256 * 1024  # bytes of an answer
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
_ERRORS = (httpx.HTTPError, httpx.InvalidURL, OAuthError, TimeoutError, ssl.SSLError, OSError)
_UNREADABLE = (msgspec.MsgspecError, ValueError, TypeError, KeyError, AttributeError, RecursionError)


T = TypeVar("T")


class Reason(Exception):
    """Why a sign-in was refused, for the log and as the cause of what is raised; a stranger is not told."""


def _way() -> Bounded:
    return Bounded(httpx.AsyncHTTPTransport(verify=tls()), LARGEST)


@asynccontextmanager
async def speaking() -> AsyncIterator[None]:
    """Give the block ten seconds; turn what goes wrong between us and a provider into one refusal."""
    try:
        async with asyncio.timeout(SECONDS):
            yield
    except Refused:
        raise
    except (*_ERRORS, *_UNREADABLE) as error:
        raise refuse("oidc_provider_unavailable") from error


async def read(url: str, kind: type[T], *, token: str = "") -> T:
    """Return what an address answers, as ``kind``; asked with a bearer token where one is given."""
    headers = {**_HEADERS, **({"Authorization": f"Bearer {token}"} if token else {})}
    async with speaking(), httpx.AsyncClient(transport=_way(), timeout=SECONDS) as client:
        answer = await client.get(url, headers=headers)
        if answer.status_code != 200:
            raise refuse("oidc_provider_unavailable") from Reason(f"{url} answered {answer.status_code}")
        return msgspec.json.decode(answer.content, type=kind)


async def exchange(
    url: str, code: str, *, client_id: str, client_secret: str, method: str, form: dict[str, str]
) -> dict[str, Any]:
    """Return what the token endpoint gives for an authorization code."""
    async with (
        speaking(),
        AsyncOAuth2Client(
            client_id=client_id,
            client_secret=client_secret or None,
            token_endpoint_auth_method=method,
            transport=_way(),
            timeout=SECONDS,
            headers=_HEADERS,
        ) as client,
    ):
        # The form as a body: of named arguments Authlib keeps "state" to itself, which ESIA wants to see.
        return dict(await client.fetch_token(url, grant_type="authorization_code", code=code, body=urlencode(form)))
