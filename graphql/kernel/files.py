"""Uploads that begin with GraphQL and go on with a plain ``PUT``."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from leancity.core.files.tickets import Ticket, begin_upload
from leancity.graphql.api import Payload, mutation


@strawberry.type(description="An address that takes one file, as the body of a PUT. Whoever has it may use it.")
class FileUpload:
    url: str = strawberry.field(description="On this host.")
    expires_at: datetime
    limit: int = strawberry.field(description="The most bytes that are taken; of a picture perhaps fewer.")

    @classmethod
    def of(cls, ticket: Ticket) -> Self:
        return cls(url=ticket.url, expires_at=ticket.expires_at, limit=ticket.limit)


@strawberry.type
class FileUploadBeginPayload(Payload):
    upload: FileUpload | None = None


@strawberry.type
class FileMutation:
    @mutation(
        public="a photo for a report is sent without an account, as by POST /files",
        description="Ask for an address to send a file to. The PUT answers what POST /files does: id, claim and so on.",
    )
    async def file_upload_begin(self, name: str, size: int) -> FileUploadBeginPayload:
        return FileUploadBeginPayload(upload=FileUpload.of(begin_upload(name, size)))
