"""XES, the format of event logs: told by its root element. Plain or gzipped; no other XML and no other archive."""

from __future__ import annotations

import re
import zlib
from typing import BinaryIO

from leancity.core.files.kinds import XES, XES_GZ, Kind

GZIP = b"\x1f\x8b"
HEAD = 64 * 1024
_LOG = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*\?>)?(\s|<!--([^-]|-[^-])*-->)*<(\w+:)?log[\s>]",
)


def event_log_kind(file: BinaryIO) -> Kind | None:
    """Return whether a file begins as an event log does, None where it doesn't. Only its beginning is unpacked."""
    file.seek(0)
    head = file.read(HEAD)
    if not head.startswith(GZIP):
        return XES if _LOG.match(head) else None
    try:
        unpacked = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, HEAD)
    except zlib.error:
        return None
    return XES_GZ if _LOG.match(unpacked) else None
