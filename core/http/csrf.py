"""Requests that another site's page makes a browser send, with the cookie of whoever sits before it.

A browser tells where a request comes from (``Sec-Fetch-Site``, ``Origin``) and no page can make it lie. A request
without a cookie of ours and without these headers is no browser's: it can't be forged, for it carries nothing.
"""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from litestar.datastructures import Headers

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PORTS = {"http": 80, "https": 443}


def bears_token(headers: Headers) -> bool:
    """Tell whether the request brings an API token, which no browser adds by itself; a cookie then counts nothing."""
    return headers.get("authorization", "").partition(" ")[0].lower() == "bearer"


def is_cross_site(method: str, headers: Headers, host: str, *, has_cookie: bool) -> bool:
    """Tell whether a request that may change something comes from another site, or can't show that it does not.

    ``method`` is "" for a WebSocket's handshake, which carries cookies from everywhere.
    """
    if method in SAFE or bears_token(headers):
        return False
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in {"same-origin", "none"}
    if origin is not None:
        return not _is_at(origin, host)
    return has_cookie


def _is_at(origin: str, host: str) -> bool:
    """Compare without the scheme, which a proxy before us may have changed; ports as each side's scheme means them."""
    try:
        ours, theirs = urlsplit(f"//{host}"), urlsplit(origin)
        port = _PORTS[theirs.scheme]
        return bool(theirs.hostname) and _place(theirs, port) == _place(ours, port)
    except (ValueError, KeyError):  # no port, no scheme of the web, "null"
        return False


def _place(url: SplitResult, port: int) -> tuple[str, int]:
    return (url.hostname or "").rstrip("."), url.port or port
