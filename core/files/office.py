"""Office documents: archives that their own content makes a DOCX, an ODS and so on, without anything that runs."""

from __future__ import annotations

import io
from typing import BinaryIO
from xml.parsers import expat

from leancity.core.errors import refuse
from leancity.core.files.archive import MB, Archive, Entry, bomb, broken
from leancity.core.files.kinds import DOCX, ODP, ODS, ODT, PPTX, XLSX, Kind

ZIP = b"PK\x03\x04"
LARGEST_EMBEDDED = 8 * MB  # a workbook behind a chart
LARGEST_LIST = MB

_TYPES = "[Content_Types].xml"
_MAIN = {f"{kind.media_type}.main+xml": kind for kind in (DOCX, XLSX, PPTX)}
_OPEN = {kind.media_type.encode(): kind for kind in (ODT, ODS, ODP)}
_MACROS = ("macroenabled", "vbaproject", "macrosheet", "activex", "ms-office.vba")
_MACRO_FOLDERS = ("basic/", "scripts/")
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # an embedded object of any program
_ARCHIVES = (_COMPOUND, ZIP, b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"MSCF", b"MZ")


def office_kind(file: BinaryIO) -> Kind | None:
    """Return what kind of document an archive is, None for an archive that is none.

    Refuses one that is damaged, holds far more than it shows, is locked by a password, has macros, or other files
    within: of those only a workbook without anything of this kind, which is how charts keep their figures.
    """
    return _checked(file, may_embed=True)


def _checked(file: BinaryIO, *, may_embed: bool) -> Kind | None:
    archive = Archive(file)
    kind = _kind_of(archive)
    if kind is None:
        return None
    for entry in archive.entries:
        name = entry.name.lower()
        if any(each in name for each in _MACROS) or (kind in _OPEN.values() and name.startswith(_MACRO_FOLDERS)):
            raise refuse("file_macros", "file")
    archive.check_layout()
    for entry in archive.entries:
        _check(archive, entry, may_embed=may_embed)
    return kind


def _check(archive: Archive, entry: Entry, *, may_embed: bool) -> None:
    """Unpack an entry to its end and look at how it begins."""
    blocks = archive.blocks(entry)
    head = next(blocks, b"")
    while len(head) < 16 and (more := next(blocks, b"")):
        head += more
    if head.startswith(_ARCHIVES):
        if not (may_embed and head.startswith(ZIP)):
            raise refuse("file_nested", "file")
        within = bytearray(head)
        for block in blocks:
            within += block
            if len(within) > LARGEST_EMBEDDED:
                raise refuse("file_nested", "file")
        if _checked(io.BytesIO(bytes(within)), may_embed=False) is None:
            raise refuse("file_nested", "file")
    for _ in blocks:
        pass


def _kind_of(archive: Archive) -> Kind | None:
    first = archive.entries[0] if archive.entries else None
    if first is not None and first.name == "mimetype":
        return _open_kind(archive, first)
    types = archive.find(_TYPES)
    return None if types is None else _microsoft_kind(archive, archive.content(types, LARGEST_LIST))


def _open_kind(archive: Archive, mimetype: Entry) -> Kind | None:
    kind = _OPEN.get(archive.content(mimetype, 200).strip())
    manifest = archive.find("META-INF/manifest.xml")
    if kind is None or manifest is None or archive.find("content.xml") is None:
        return None
    tags = [tag for tag, _ in _elements(archive.content(manifest, LARGEST_LIST))]
    if any(tag.endswith("encryption-data") for tag in tags):
        raise refuse("file_encrypted", "file")
    return kind


def _microsoft_kind(archive: Archive, types: bytes) -> Kind | None:
    """Return the kind of the part that says it is the document itself."""
    found: set[str] = set()
    for tag, attributes in _elements(types):
        declared = attributes.get("ContentType", "").lower()
        if any(each in declared for each in _MACROS):
            raise refuse("file_macros", "file")
        part = attributes.get("PartName", "").lstrip("/")
        if tag.endswith("Override") and declared in _MAIN and archive.find(part) is not None:
            found.add(declared)
    return _MAIN[found.pop()] if len(found) == 1 else None


def _elements(xml: bytes) -> list[tuple[str, dict[str, str]]]:
    """Return tags and attributes; a document type is refused, for with it a few bytes stand for gigabytes."""
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate()

    def refuse_type(*_: object) -> None:
        raise bomb()

    parser.StartElementHandler = lambda tag, attributes: found.append((tag, attributes))
    parser.StartDoctypeDeclHandler = refuse_type
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        raise broken() from error
    return found
