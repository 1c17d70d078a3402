"""Answers from outside that are small and plain, whoever gives them."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from functools import cache

import httpx
from opentelemetry.trace import SpanKind

from leancity.core.telemetry.spans import span


class TooLarge(httpx.ReadError):
    """The answer is larger than what is taken."""


class Compressed(httpx.DecodingError):
    """The answer is compressed, which was not asked for: what is packed small may be large inside."""


class Bounded(httpx.AsyncBaseTransport):
    """``inner`` with answers of at most ``largest`` bytes, not compressed, and a span for each request."""

    def __init__(self, inner: httpx.AsyncBaseTransport, largest: int) -> None:
        self._inner = inner
        self._largest = largest

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with span(f"http {request.method}", kind=SpanKind.CLIENT, server_address=request.url.host):
            answer = await self._inner.handle_async_request(request)
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            await answer.aclose()
            raise Compressed("the answer is compressed, which was not asked for")
        if isinstance(answer.stream, httpx.AsyncByteStream):
            answer.stream = _Body(answer.stream, self._largest)
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Body(httpx.AsyncByteStream):
    """A body that ends with an error where it becomes too large."""

    def __init__(self, inner: httpx.AsyncByteStream, largest: int) -> None:
        self._inner = inner
        self._largest = largest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        async for part in self._inner:
            read += len(part)
            if read > self._largest:
                raise TooLarge(f"the answer is larger than {self._largest} bytes")
            yield part

    async def aclose(self) -> None:
        await self._inner.aclose()


@cache
def tls() -> ssl.SSLContext:
    """Return what certificates are checked by; ``SSL_CERT_FILE`` names an authority of one's own."""
    return httpx.create_ssl_context()  # reads the machine's certificates, 50 ms: once a process
