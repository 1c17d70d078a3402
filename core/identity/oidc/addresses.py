"""Which addresses may stand where: the issuer's, the callback's, the page to return to."""

from __future__ import annotations

import ipaddress
import re
from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Request
from litestar.exceptions import ClientException

from leancity.core.config import Config
from leancity.core.http.client import current_client

_PLAIN = re.compile(r"[!-~]+")  # visible ASCII: no blank, no control character
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?")
_LONGEST_NEXT = 1000


def is_loopback(url: str) -> bool:
    """Tell whether an address names this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def wrong_address(url: str, *, may_be_loopback: bool) -> str:
    """Return what is wrong with an address that the server is to speak to, "" for nothing.

    It is https. Plain HTTP is taken for loopback only, in every environment: it does not leave the machine, so nobody
    can read it on the way, and an issuer of one's own can be tried out. An issuer elsewhere may not send us there.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        loopback = is_loopback(url)
    except ValueError as error:
        return str(error)
    if not host or not _PLAIN.fullmatch(url) or "\\" in url:
        return "it is not an address"
    if parts.username is not None or parts.password is not None or parts.fragment:
        return "it has a user name or a fragment"
    if loopback and not may_be_loopback:
        return "it is this machine's own"
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        return "it does not begin with https://"
    return ""


def origin_of(request: Request[Any, Any, Any], config: Config) -> str:
    """Return ``https://<host>`` as the browser sees the city; plain HTTP in development only, as with its cookies.

    It is the host by which the door has found the city. A port stays: an issuer compares the whole address.
    """
    host = current_client().host.lower()
    if not _HOST.fullmatch(host):
        raise ClientException("host")
    return f"{request.url.scheme if config.is_development else 'https'}://{host}"


def local_path(text: str) -> str:
    r"""Return a path of this site to go on to; "/" for whatever a browser might take elsewhere.

    Browsers read ``//host`` and ``/\host`` as another site and drop tabs and line ends inside an address.
    """
    is_path = text.startswith("/") and not text.startswith(("//", "/auth/")) and "\\" not in text
    if not is_path or len(text) > _LONGEST_NEXT or not text.isprintable() or any(map(str.isspace, text)):
        return "/"
    return quote(text, safe="/?#&=%:@!$'()*+,;~-._[]")


def comes_from_here(request: Request[Any, Any, Any], origin: str) -> bool:
    """Tell whether a page of ours (or the person's own hand) led here, not a link on somebody else's page."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    return request.headers.get("referer", "").startswith(f"{origin}/")
