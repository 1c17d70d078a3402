"""What a received file is: told by its content alone, and made fit to be kept."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import BinaryIO

from leancity.core.errors import refuse
from leancity.core.files.event_log import event_log_kind
from leancity.core.files.images import clean
from leancity.core.files.incoming import TooLarge
from leancity.core.files.kinds import LARGEST, PDF, XML, Allowance, Kind
from leancity.core.files.office import ZIP, office_kind
from leancity.core.files.plain import check_pdf, is_drawing, text_kind

_HEIF = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What is to be kept: of a picture a clean copy, else the file as it came."""

    file: BinaryIO
    sha256: str
    size: int
    kind: Kind
    lat: float | None = None
    lon: float | None = None


def examine(file: BinaryIO, size: int, sha256: str, allowance: Allowance) -> Examined:
    """Tell what a file is; refuse what is not taken from its sender. Takes a while: never on the event loop."""
    file.seek(0)
    head = file.read(16)
    if not head:
        raise refuse("file_empty", "file")
    if _is_picture(head):
        if size > LARGEST["image"]:
            raise TooLarge(LARGEST["image"])
        image = clean(file)
        return Examined(
            file=io.BytesIO(image.content),
            sha256=hashlib.sha256(image.content).hexdigest(),
            size=len(image.content),
            kind=image.kind,
            lat=image.lat,
            lon=image.lon,
        )
    kind = _document_kind(file, head) if "document" in allowance.families else None
    if kind is None:
        raise refuse("file_type", "file", taken=allowance.taken)
    return Examined(file=file, sha256=sha256, size=size, kind=kind)


def _is_picture(head: bytes) -> bool:
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or (head[4:8] == b"ftyp" and head[8:12] in _HEIF)
    )


def _document_kind(file: BinaryIO, head: bytes) -> Kind | None:
    if head.startswith(b"%PDF-"):
        check_pdf(file)
        return PDF
    if head.startswith(ZIP):
        return office_kind(file)
    return XML if is_drawing(file) else event_log_kind(file) or text_kind(file)
