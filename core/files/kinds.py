"""What may be stored, by whom and how much of it: the limits of uploads, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

MB = 1024 * 1024

Family: TypeAlias = Literal["image", "document"]
LARGEST: dict[Family, int] = {"image": 12 * MB, "document": 50 * MB}
"""Bytes of one file as it is sent."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A type of file. The first of its ``extensions`` is what a name gets that has none of them."""

    media_type: str
    extensions: tuple[str, ...]
    family: Family
    is_inline: bool = False


_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."

JPEG = Kind(media_type="image/jpeg", extensions=(".jpg", ".jpeg"), family="image", is_inline=True)
PNG = Kind(media_type="image/png", extensions=(".png",), family="image", is_inline=True)
WEBP = Kind(media_type="image/webp", extensions=(".webp",), family="image", is_inline=True)
PDF = Kind(media_type="application/pdf", extensions=(".pdf",), family="document", is_inline=True)
DOCX = Kind(media_type=f"{_OOXML}wordprocessingml.document", extensions=(".docx",), family="document")
XLSX = Kind(media_type=f"{_OOXML}spreadsheetml.sheet", extensions=(".xlsx",), family="document")
PPTX = Kind(media_type=f"{_OOXML}presentationml.presentation", extensions=(".pptx",), family="document")
ODT = Kind(media_type=f"{_ODF}text", extensions=(".odt",), family="document")
ODS = Kind(media_type=f"{_ODF}spreadsheet", extensions=(".ods",), family="document")
ODP = Kind(media_type=f"{_ODF}presentation", extensions=(".odp",), family="document")
CSV = Kind(media_type="text/csv", extensions=(".csv",), family="document")
TEXT = Kind(media_type="text/plain", extensions=(".txt", ".log", ".md"), family="document")

XML = Kind(media_type="application/xml", extensions=(".bpmn", ".dmn", ".xml"), family="document")
XES = Kind(media_type="application/xes+xml", extensions=(".xes",), family="document")
XES_GZ = Kind(media_type="application/gzip", extensions=(".xes.gz", ".gz"), family="document")

KINDS: dict[str, Kind] = {
    kind.media_type: kind
    for kind in (JPEG, PNG, WEBP, PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP, CSV, TEXT, XML, XES, XES_GZ)
}
PICTURES = "JPEG, PNG, WebP, HEIC"
DOCUMENTS = "PDF, DOCX, XLSX, PPTX, ODT, ODS, ODP, TXT, CSV (UTF-8), BPMN, DMN, XES"
"""What is taken, for people."""


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """What somebody may send: families of files, and how many files and bytes within a time."""

    families: frozenset[Family]
    uploads: int
    per: timedelta = timedelta(hours=1)
    size: int
    size_per: timedelta = timedelta(days=1)

    @property
    def largest(self) -> int:
        """The most bytes of one file."""
        return max(LARGEST[family] for family in self.families)

    @property
    def taken(self) -> str:
        """What is taken, for people."""
        return f"{PICTURES}, {DOCUMENTS}" if "document" in self.families else PICTURES


STRANGERS = Allowance(families=frozenset({"image"}), uploads=30, size=100 * MB)
"""Counted by network: a photo for a report needs no account."""
KNOWN = Allowance(families=frozenset({"image", "document"}), uploads=600, size=5 * 1024 * MB)
"""Of whoever has signed in, counted by account."""
