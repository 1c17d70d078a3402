"""From where a request comes: the client's address past the proxies that are trusted, its browser in a few words."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

# A browser that pretends to be others comes before them.
_BROWSERS = {
    "YaBrowser/": "Yandex",
    "Edg/": "Edge",
    "EdgA/": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser/": "Samsung",
    "Firefox/": "Firefox",
    "FxiOS/": "Firefox",
    "Chrome/": "Chrome",
    "CriOS/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


@dataclass(frozen=True, kw_only=True)
class Client:
    """Who speaks to us over HTTP, and to which ``host`` (with its port); all are "" outside a request."""

    host: str = ""
    address: str = ""
    browser: str = ""


_current: ContextVar[Client | None] = ContextVar("leancity_client", default=None)


@contextmanager
def asked_by(client: Client) -> Iterator[None]:
    """Serve ``client`` until the block ends."""
    token = _current.set(client)
    try:
        yield
    finally:
        _current.reset(token)


def current_client() -> Client:
    """Return who is being served."""
    return _current.get() or Client()


def address_of(peer: str, forwarded_for: str, is_trusted: Callable[[str], bool]) -> str:
    """Return the last hop that is no proxy of ours: only what a trusted one says of the hop before it counts."""
    address = peer
    for hop in reversed(forwarded_for.split(",")):
        if not is_trusted(address):
            break
        named = _bare(hop.strip())
        if not named:
            break
        address = named
    return address


def network_of(address: str) -> str:
    """Return what is counted as one client: an IPv4 address, the /64 of an IPv6 one, which is one customer's."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def browser_of(user_agent: str) -> str:
    """Return a browser in a few words, such as ``Firefox, Linux``; of something else its first word."""
    name = next((name for token, name in _BROWSERS.items() if token in user_agent), "")
    system = next((name for token, name in _SYSTEMS.items() if token in user_agent), "")
    if not name:
        first = re.match(r"[\w.-]+", user_agent)
        name = first[0][:40] if first else ""
    return ", ".join(part for part in (name, system) if part)


def _bare(hop: str) -> str:
    """Return the address of a hop, which some proxies write with a port; "" for what is none."""
    for text in (hop, hop.rpartition(":")[0], hop.partition("]")[0].lstrip("[")):
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            continue
    return ""
