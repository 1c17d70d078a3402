"""The file in a multipart form, handed on as it arrives."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable

from multipart import (  # type: ignore[import-untyped]
    MultipartError,
    MultipartSegment,
    PushMultipartParser,
    parse_options_header,
)

from leancity.core.errors import refuse
from leancity.core.files.kinds import MB

FIELD = "file"
MOST_PARTS = 16
OVERHEAD = MB // 16  # bytes of a form beside the file in it


async def file_of_form(content_type: str, body: AsyncIterable[bytes], write: Callable[[bytes], Awaitable[None]]) -> str:
    """Hand the bytes of the form's field ``file`` to ``write`` and return the file's name.

    Refuses what is no form, a form without the field, and one in which there is more beside the file than a client
    has reason to send.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary:
        raise refuse("file_missing", FIELD)
    name: str | None = None
    try:
        async for found in _segments(body, boundary):
            if isinstance(found, str):
                name = found
            else:
                await write(found)
    except (MultipartError, UnicodeError) as error:
        raise refuse("form_broken", FIELD) from error
    if name is None:
        raise refuse("file_missing", FIELD)
    return name


async def _segments(body: AsyncIterable[bytes], boundary: str) -> AsyncIterator[str | bytes]:
    """Yield the name of the first field ``file``, then its bytes."""
    beside, is_found, is_ours = 0, False, False
    with PushMultipartParser(boundary, max_segment_count=MOST_PARTS) as parser:
        async for chunk in body:
            if not chunk or parser.closed:
                continue
            before, ours = len(chunk), 0
            for event in parser.parse(chunk):
                if isinstance(event, MultipartSegment):
                    is_ours = event.name == FIELD and not is_found
                    if is_ours:
                        is_found = True
                        yield event.filename or ""
                elif event and is_ours:
                    ours += len(event)
                    yield bytes(event)
            beside += before - ours
            if beside > OVERHEAD:
                raise refuse("form_broken", FIELD)
