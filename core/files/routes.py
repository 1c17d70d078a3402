"""Upload and download of files."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from litestar import get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import File

from leancity.core.files import store
from leancity.core.files.service import keep_photo, readable_file

UploadBody = Annotated[dict[str, UploadFile], Body(media_type=RequestEncodingType.MULTI_PART)]


@post("/files")
async def upload(data: UploadBody) -> dict[str, Any]:
    """Keep the photo of the form field ``file``; answer its id and the claim that a report names."""
    file = data.get("file")
    kept = await keep_photo(file.filename if file else "", await file.read() if file else b"")
    return {"id": str(kept.id), "claim": kept.claim, "mediaType": kept.media_type, "size": kept.size}


@get("/files/{file_id:uuid}")
async def download(file_id: uuid.UUID) -> File:
    """Answer a file's bytes to who may read it."""
    row = await readable_file(file_id)
    return File(
        path=store.path_of(row.sha256),
        media_type=row.media_type,
        filename=f"{row.id}",
        content_disposition_type="inline",
    )
