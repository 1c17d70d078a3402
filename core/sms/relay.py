"""Speaking to the operator's relay of text messages: one small JSON request a message."""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta

import httpx
from opentelemetry.trace import SpanKind

from leancity.core.config import Config, load
from leancity.core.errors import refuse
from leancity.core.http.bounded import tls
from leancity.core.jobs.outcomes import Later, Rejected
from leancity.core.telemetry.spans import span

SECONDS = 15
REST = timedelta(seconds=30)  # where a relay that has enough does not say how long
LONGEST_REST = timedelta(minutes=5)  # a code waits no longer
_TRY_AGAIN = frozenset({408, 425})
_TOO_MANY = 429


class SmsFailed(Exception):
    """The relay did not take it. Says nothing of whom it was for, nor what the relay wrote: errors are kept."""


def require_sms(field: str) -> None:
    """Refuse a phone, naming ``field``, where this installation can send no message to one."""
    if not load().sms_url:
        raise refuse("sms_unconfigured", field)


async def hand_in(to: str, text: str, key: str, config: Config) -> None:
    """Give a message for ``to`` (E.164) to the relay, with a ``key`` that stays the same however often it is sent.

    Raises ``Rejected`` where the relay will never take it, ``Later`` where it asks to wait, else ``SmsFailed``. The
    relay is the operator's own, so its address may be a private one; no redirect and no proxy is followed.
    """
    headers = {"Accept": "application/json"}
    if config.sms_token:
        headers["Authorization"] = f"Bearer {config.sms_token}"
    said = {"to": to, "text": text, "id": key}
    way = httpx.AsyncHTTPTransport(verify=tls())
    try:
        with span("sms send", kind=SpanKind.CLIENT, server_address=httpx.URL(config.sms_url).host):
            async with (
                asyncio.timeout(SECONDS),
                httpx.AsyncClient(transport=way, timeout=SECONDS, trust_env=False) as client,
                client.stream("POST", config.sms_url, json=said, headers=headers) as answer,
            ):  # what it says beside its status is not read
                status, rest = answer.status_code, answer.headers.get("retry-after", "")
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, TimeoutError, OSError) as error:
        raise SmsFailed(type(error).__name__) from None
    if 200 <= status < 300:
        return
    if status == _TOO_MANY:
        seconds = int(rest) if rest.isascii() and rest.isdigit() and len(rest) < 6 else REST.seconds
        raise Later(min(timedelta(seconds=seconds), LONGEST_REST), "the relay of messages asked to wait")
    if 400 <= status < 500 and status not in _TRY_AGAIN:
        raise Rejected(f"the relay of messages refused it, status {status}")
    raise SmsFailed(f"status {status}")
