"""The one way out to addresses that people of a city name, rather than the operator of the installation.

Whoever may name an address must not reach by it what the servers can reach: databases, clouds' metadata, neighbours.
The name is resolved here, an address that is not global is refused (unless ``LEANCITY_OUTGOING_PRIVATE`` names its
network), and the connection goes to the very address that was checked: a name that answers otherwise the second time
gains nothing. No redirect, no proxy, no cookie; plain HTTP only to networks that are named.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

import httpcore
import httpx

from leancity.core.config import load
from leancity.core.http.bounded import Bounded, Compressed, TooLarge, tls

SECONDS = 10
CONNECT_SECONDS = 4  # of one of a name's addresses, so that a dead one leaves time for the next
LARGEST = 1024 * 1024  # bytes of an answer
LONGEST_URL = 2000

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolver = Callable[[str], Awaitable[Sequence[str]]]

_HEADERS = {"User-Agent": "leancity", "Accept": "*/*", "Accept-Encoding": "identity"}
_FORM = "application/x-www-form-urlencoded; charset=utf-8"
_PORTS = range(1, 65536)
_UNICAST_6 = ipaddress.ip_network("2000::/3")


class Unreachable(Exception):
    """Nothing that can be read came back. ``reason`` is a code, without anything that the other side wrote.

    It is one of ``not_allowed`` (the address is not one for the outside), ``dns``, ``connect``, ``tls``, ``timeout``,
    ``too_large``, ``compressed``, ``redirect``, ``malformed`` (the URL, or the answer).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back: any status but a redirect's; the names of ``headers`` are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


async def look_up(host: str) -> Sequence[str]:
    """Return the addresses of a host; names under ``localhost`` are this machine by definition (RFC 6761)."""
    if host == "localhost" or host.endswith(".localhost"):
        return ("127.0.0.1", "::1")
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


async def get(
    url: str,
    *,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    largest: int = LARGEST,
    resolve: Resolver = look_up,
) -> Answer:
    """Return what ``url`` answers within ten seconds, ``params`` joining its query; raise ``Unreachable``."""
    return await _ask("GET", _checked(url, params), headers or {}, None, largest, resolve)


async def post(
    url: str,
    *,
    form: Sequence[tuple[str, str]],
    headers: Mapping[str, str] | None = None,
    largest: int = LARGEST,
    resolve: Resolver = look_up,
) -> Answer:
    """Send a form, whose names may come twice, and return the answer; raise ``Unreachable``."""
    content = urlencode(form).encode()
    sent = {**(headers or {}), "Content-Type": _FORM}
    return await _ask("POST", _checked(url, None), sent, content, largest, resolve)


def is_address(url: str) -> bool:
    """Tell whether a text is an address that may be asked at all; where it leads to shows only when it is."""
    try:
        _checked(url, None)
    except Unreachable:
        return False
    return True


def is_global(address: IPAddress) -> bool:
    """Tell whether an address is one of the whole Internet's; what carries another inside is none."""
    if isinstance(address, ipaddress.IPv6Address):
        is_wrapped = address.sixtofour is not None or address.teredo is not None
        return address in _UNICAST_6 and address.is_global and not is_wrapped
    return address.is_global and not address.is_multicast and not address.is_reserved


def _checked(url: str, params: Mapping[str, str] | None) -> httpx.URL:
    if len(url) > LONGEST_URL or not url.isprintable() or any(map(str.isspace, url)) or "\\" in url:
        raise Unreachable("malformed")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise Unreachable("malformed") from error
    is_odd = parsed.userinfo or parsed.fragment or not parsed.host or not (parsed.port is None or parsed.port in _PORTS)
    if parsed.scheme not in ("http", "https") or is_odd:
        raise Unreachable("malformed")
    return parsed.copy_merge_params(dict(params)) if params else parsed


async def _ask(
    method: str,
    url: httpx.URL,
    headers: Mapping[str, str],
    content: bytes | None,
    largest: int,
    resolve: Resolver,
) -> Answer:
    way = Bounded(_Checked(resolve, is_plain=url.scheme == "http"), largest)
    try:
        async with (
            asyncio.timeout(SECONDS),
            httpx.AsyncClient(transport=way, timeout=SECONDS, trust_env=False, headers=_HEADERS) as client,
        ):
            answer = await client.request(method, url, headers=dict(headers), content=content)
    except Unreachable:
        raise
    except Exception as error:
        raise Unreachable(_reason(error)) from error
    if answer.is_redirect or answer.status_code in range(300, 400):
        raise Unreachable("redirect")
    return Answer(status=answer.status_code, headers=dict(answer.headers), content=answer.content)


def _reason(error: Exception) -> str:
    """Return the code of what went wrong on the way; raise it again where it is none of the way's errors."""
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(cause)
    for kinds, reason in _REASONS:
        if any(isinstance(each, kinds) for each in causes):
            return reason
    raise error


_REASONS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((TooLarge,), "too_large"),
    ((Compressed,), "compressed"),
    ((ssl.SSLError,), "tls"),
    ((TimeoutError, httpcore.TimeoutException, httpx.TimeoutException), "timeout"),
    ((httpcore.ProtocolError, httpx.ProtocolError, httpx.InvalidURL, httpx.DecodingError), "malformed"),
    ((httpcore.NetworkError, httpx.TransportError, OSError), "connect"),
)


class _Checked(httpx.AsyncBaseTransport):
    """HTTP/1.1 over connections that go to checked addresses only."""

    def __init__(self, resolve: Resolver, *, is_plain: bool) -> None:
        backend = _Backend(resolve, is_plain=is_plain)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=tls(), network_backend=backend)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                method=request.method,
                url=url,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Stream(answer))

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Stream(httpx.AsyncByteStream):
    """The body of httpcore's answer as httpx wants it."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._answer.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._answer.aclose()


class _Backend(httpcore.AsyncNetworkBackend):
    """Connections to addresses that were resolved and checked by us."""

    def __init__(self, resolve: Resolver, *, is_plain: bool) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._resolve = resolve
        self._is_plain = is_plain

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failure: Exception = Unreachable("dns")
        for address in await self._addresses(host):
            try:
                return await self._inner.connect_tcp(str(address), port, CONNECT_SECONDS, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    async def _addresses(self, host: str) -> list[IPAddress]:
        """Return where a host may be reached, every one of its addresses checked."""
        try:
            texts = await self._resolve(host)
        except (OSError, UnicodeError) as error:
            raise Unreachable("dns") from error
        addresses: list[IPAddress] = []
        for text in texts:
            with suppress(ValueError):
                addresses.append(_unwrapped(ipaddress.ip_address(text)))
        private = load().outgoing_private
        allowed = [
            address
            for address in addresses
            if any(address in network for network in private) or (is_global(address) and not self._is_plain)
        ]
        if addresses and not allowed:
            raise Unreachable("not_allowed")
        return allowed


def _unwrapped(address: IPAddress) -> IPAddress:
    """Return the IPv4 address that an IPv6 one of ours stands for: the connection would go there."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
