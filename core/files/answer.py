"""Answering a file: whole or a part of it, in chunks, with no connection to the database held meanwhile."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send

from leancity.core.files.kinds import KINDS
from leancity.core.files.ranges import Span, Unsatisfiable, span_of
from leancity.core.files.store import key_of, store
from leancity.core.files.tables import StoredFile
from leancity.core.files.threads import storing

CHUNK = 1024 * 1024
_TAGS = re.compile(r'(?:W/)?("[^"]*")')
# A browser shows what is sent and does nothing else with it, whatever the bytes are; rights may end, so it asks again.
_ALWAYS = {
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
    "x-content-type-options": "nosniff",
}


class FileAnswer(ASGIResponse):
    """Bytes that are read while they are sent."""

    _should_set_content_length = False

    def __init__(
        self, *, status_code: int, headers: dict[str, str], media_type: str, key: str = "", span: Span | None = None
    ) -> None:
        super().__init__(status_code=status_code, headers=headers, media_type=media_type)
        self._key = key
        self._span = span

    async def send_body(self, send: Send, receive: Receive) -> None:
        if self._span is not None:
            async for chunk in chunks(self._key, self._span):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def chunks(key: str, span: Span) -> AsyncIterator[bytes]:
    """Read a part of a file, a chunk at a time; raise ``OSError`` where the store has fewer bytes."""
    start, end = span.start, span.start + span.length
    while start < end:
        chunk = await storing(store().read, key, start, min(CHUNK, end - start))
        if not chunk:
            raise OSError(f"{key} ends at {start}, not at {end}")
        start += len(chunk)
        yield chunk


async def answer(row: StoredFile, asked: Mapping[str, str], *, is_head: bool) -> FileAnswer:
    """Return the answer to a request with the headers ``asked``."""
    tag = f'"{row.sha256}"'
    headers = {**_ALWAYS, "etag": tag}
    if _matches(asked.get("if-none-match", ""), tag):
        return FileAnswer(status_code=304, headers=headers, media_type=row.media_type)
    headers["content-disposition"] = disposition(row)
    try:
        span = None if is_head else _span(asked, row.size, tag)
    except Unsatisfiable:
        headers["content-range"] = f"bytes */{row.size}"
        return FileAnswer(status_code=416, headers={**headers, "content-length": "0"}, media_type=row.media_type)
    status = 200 if span is None else 206
    if span is not None:
        headers["content-range"] = span.content_range(row.size)
    sent = span or Span(start=0, length=row.size)
    headers["content-length"] = str(sent.length)
    key = key_of(row.sha256, row.copy)
    if is_head:
        return FileAnswer(status_code=status, headers=headers, media_type=row.media_type)
    if await storing(store().size, key) != row.size:
        raise FileNotFoundError(key)  # before anything is promised
    return FileAnswer(status_code=status, headers=headers, media_type=row.media_type, key=key, span=sent)


def disposition(row: StoredFile) -> str:
    """Return ``Content-Disposition``: the name in every script, and in ASCII for who can't read that."""
    kind = KINDS.get(row.media_type)
    how = "inline" if kind is not None and kind.is_inline else "attachment"
    plain = re.sub(r"[^ !#$&+.0-9A-Z^_`a-z{}~-]", "_", row.name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(row.name, safe='')}"


def _matches(header: str, tag: str) -> bool:
    return header.strip() == "*" or tag in _TAGS.findall(header)


def _span(asked: Mapping[str, str], size: int, tag: str) -> Span | None:
    """Return the part asked for; with ``If-Range`` only of the file that the client has a part of."""
    if asked.get("if-range", tag).strip() != tag:
        return None
    return span_of(asked.get("range", ""), size)
