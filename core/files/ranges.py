"""The header ``Range`` of a download: one part of a file (RFC 9110, 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPEC = re.compile(r"bytes=[ \t]*(\d*)-(\d*)[ \t]*", re.IGNORECASE | re.ASCII)
_DIGITS = 18  # a longer number is beyond any file, and may cost time to read


class Unsatisfiable(ValueError):
    """The file has no byte of what is asked for."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """``length`` bytes from ``start``."""

    start: int
    length: int

    def content_range(self, size: int) -> str:
        """Return the header that tells which part of ``size`` bytes is sent."""
        return f"bytes {self.start}-{self.start + self.length - 1}/{size}"


def span_of(header: str, size: int) -> Span | None:
    """Return the part that is asked for; None: the whole file, also for what is no single range of bytes.

    Raises ``Unsatisfiable`` where it begins behind the end, or asks for the last 0 bytes.
    """
    found = _SPEC.fullmatch(header.strip())
    if found is None or max(len(found[1]), len(found[2])) > _DIGITS:
        return None
    first, last = found[1], found[2]
    if not first and not last:
        return None
    if not first:
        length = min(int(last), size)
        if length == 0:
            raise Unsatisfiable
        return Span(start=size - length, length=length)
    start = int(first)
    end = int(last) if last else size - 1
    if last and end < start:
        return None
    if start >= size:
        raise Unsatisfiable
    return Span(start=start, length=min(end, size - 1) - start + 1)
