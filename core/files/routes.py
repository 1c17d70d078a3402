"""Upload and download of files."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from litestar import Request, Response, post, put, route
from litestar.background_tasks import BackgroundTask
from litestar.types import Receive

from leancity.core.errors import Refused, refuse
from leancity.core.files.answer import FileAnswer, answer
from leancity.core.files.form import OVERHEAD, file_of_form
from leancity.core.files.incoming import TooLarge
from leancity.core.files.quota import TooOften
from leancity.core.files.senders import current_sender
from leancity.core.files.service import Upload, incoming, keep, kept_by, readable_file
from leancity.core.files.tickets import open_ticket
from leancity.core.http.problems import on_error

SLOWEST = 15 * 60  # seconds that an upload may take
LINGERED = 4 * 1024 * 1024  # bytes, and
LINGERS = 2  # seconds, that are still taken in behind a refusal

Asked = Request[Any, Any, Any]


def on_refused(request: Asked, refused: Refused) -> Response[dict[str, Any]]:
    """Answer a refused upload. What the client goes on sending is not read: the connection ends with the answer."""
    answered = on_error(request, refused)
    if isinstance(refused, TooLarge):
        answered.content["status"] = answered.status_code = 413
    if isinstance(refused, TooOften):
        answered.content["status"] = answered.status_code = 429
        answered.headers["Retry-After"] = str(int(refused.wait.total_seconds()) + 1)
    if request.is_connected:  # its body was not read to the end
        answered.headers["Connection"] = "close"
        answered.background = BackgroundTask(_linger, request.receive)
    return answered


async def _linger(receive: Receive) -> None:
    """Take in a little more: a connection closed at once may take the answer, not yet read, away with it."""
    taken = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGERS):
            while taken < LINGERED:
                message = await receive()
                if message["type"] != "http.request" or not message["more_body"]:
                    return
                taken += len(message["body"])


UPLOADS: dict[str, Any] = {
    "request_max_body_size": None,  # each is cut off at its own limit
    "exception_handlers": {Refused: on_refused},
}


@post("/files", **UPLOADS)
async def upload(request: Asked) -> dict[str, Any]:
    """Keep the file of the form field ``file``; answer its id and the claim that a report names."""
    sender = current_sender()
    limit = sender.allowance.largest
    length = _length(request.headers)
    if length is not None and length > limit + OVERHEAD:
        raise TooLarge(limit)
    async with _in_time(), incoming(sender, limit=limit, expected=length) as file:
        name = await file_of_form(request.headers.get("content-type", ""), request.stream(), file.write)
        return _shown(await keep(file, name, sender))


@put("/files/upload", status_code=201, **UPLOADS)
async def upload_signed(request: Asked, ticket: str = "") -> dict[str, Any]:
    """Keep the body of the request as the file that the address was made for.

    A second time, or a moment later, the same file is answered: a client whose line broke just sends it again.
    """
    opened = await open_ticket(ticket)
    length = _length(request.headers)
    if length is not None and length > opened.limit:
        raise TooLarge(opened.limit)
    kept = await kept_by(opened.id)
    async with _in_time(), incoming(opened.sender, limit=opened.limit, expected=length) as file:
        async for chunk in request.stream():
            await file.write(chunk)
        return _shown(kept or await keep(file, opened.name, opened.sender, opened.id))


@route("/files/{file_id:uuid}", http_method=["GET", "HEAD"])
async def download(request: Asked, file_id: uuid.UUID) -> FileAnswer:
    """Answer a file's bytes, or what would be answered, to who may read it."""
    return await answer(await readable_file(file_id), request.headers, is_head=request.method == "HEAD")


def _shown(kept: Upload) -> dict[str, Any]:
    return {
        "id": str(kept.id),
        "claim": kept.claim,
        "name": kept.name,
        "mediaType": kept.media_type,
        "size": kept.size,
        "url": f"/files/{kept.id}",
    }


def _length(headers: Mapping[str, str]) -> int | None:
    """Return how long the body says it is, None where it does not."""
    length = headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdigit() else None


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """End an upload that trickles."""
    clock = asyncio.timeout(SLOWEST)
    try:
        async with clock:
            yield
    except TimeoutError:
        if clock.expired():
            raise refuse("upload_over", "file") from None
        raise


HANDLERS = (upload, upload_signed, download)
