"""Files of every kind, and nasty ones, made here."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable

import pillow_heif
from PIL import Image, PngImagePlugin

pillow_heif.register_heif_opener()

OOXML = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
MAIN = {
    "docx": ("word/document.xml", f"{OOXML}wordprocessingml.document.main+xml"),
    "xlsx": ("xl/workbook.xml", f"{OOXML}spreadsheetml.sheet.main+xml"),
    "pptx": ("ppt/presentation.xml", f"{OOXML}presentationml.presentation.main+xml"),
}
OPEN = {"odt": "text", "ods": "spreadsheet", "odp": "presentation"}
Parts = Iterable[tuple[str | zipfile.ZipInfo, bytes]]


def picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), colour: str = "red", **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **more)
    return out.getvalue()


def zipped(parts: Parts, how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return out.getvalue()


def microsoft(kind: str, *more: tuple[str | zipfile.ZipInfo, bytes], declared: str = "") -> bytes:
    """A DOCX, XLSX or PPTX with further parts."""
    part, type_ = MAIN[kind]
    types = (
        '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        f'content-types"><Override PartName="/{part}" ContentType="{declared or type_}"/></Types>'
    )
    return zipped([("[Content_Types].xml", types.encode()), (part, b"<root/>"), *more])


def opened(kind: str, *more: tuple[str, bytes], manifest: bytes = b"<manifest/>") -> bytes:
    """An ODT, ODS or ODP with further parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", f"{ODF}{OPEN[kind]}", zipfile.ZIP_STORED)
        for name, content in [("META-INF/manifest.xml", manifest), ("content.xml", b"<content/>"), *more]:
            archive.writestr(name, content)
    return out.getvalue()


def pdf(words: str = "hello") -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >> % " + words.encode() + b"\nendobj\nstartxref\n9\n%%EOF\n"


def patched(archive: bytes, name: str, *, size: int) -> bytes:
    """Make an archive's headers lie about how large an entry is."""
    changed = bytearray(archive)
    for mark, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = -1
        while (at := changed.find(mark, at + 1)) >= 0:
            length, start = (26, 30) if mark == b"PK\x03\x04" else (28, 46)
            (name_length,) = struct.unpack_from("<H", changed, at + length)
            if changed[at + start : at + start + name_length] == name.encode():
                struct.pack_into("<L", changed, at + place, size)
    return bytes(changed)


def flagged(archive: bytes, flag: int) -> bytes:
    """Set a flag of every entry, in both headers."""
    changed = bytearray(archive)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := changed.find(mark, at + 1)) >= 0:
            struct.pack_into("<H", changed, at + place, struct.unpack_from("<H", changed, at + place)[0] | flag)
    return bytes(changed)


def overlapping(times: int = 500) -> bytes:
    """A document whose entries are all the same bytes: the list names one entry many times over."""
    archive = microsoft("docx", ("word/big.xml", b"\0" * 400_000))
    end = archive.rfind(b"PK\x05\x06")
    (start,) = struct.unpack_from("<L", archive, end + 16)
    listed = archive[start:end]
    last = listed.rfind(b"PK\x01\x02")
    one = listed[last:]
    copies = b"".join(one.replace(b"word/big.xml", b"word/%03d.xml" % number) for number in range(times))
    count = 3 + times
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(listed + copies), start, 0)
    return archive[:start] + listed + copies + tail


def png_of(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG that says it is so large and has nothing in it but ``chunks``."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">L", len(content)) + name + content + struct.pack(">L", zlib.crc32(name + content))

    head = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, 2, 0, 0, 0))
    middle = b"".join(chunk(name, content) for name, content in chunks)
    return b"\x89PNG\r\n\x1a\n" + head + middle + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def png_with_text(size: int) -> bytes:
    """A PNG with a compressed text that unpacks to ``size`` bytes."""
    text = b"Comment\0\0" + zlib.compress(b"x" * size, 9)
    return png_of(40, 30, (b"zTXt", text))


def animated() -> bytes:
    """An animated WebP: red, then blue."""
    out = io.BytesIO()
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def with_words(words: str) -> bytes:
    """A PNG with a text chunk."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", words)
    return picture("PNG", pnginfo=info)


BOMB = bytes(20_000_000)
MACRO = "application/vnd.ms-word.document.macroEnabled.main+xml"

NASTY: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "file_empty"),
    "a program": (b"MZ\x90\x00" + bytes(200), "file_type"),
    "a program called a picture": (b"\x7fELF" + bytes(200), "file_type"),
    "a page": (b"<!DOCTYPE html><script>alert(1)</script>", "file_type"),
    "a page behind a mark": ("\ufeff \n<html>".encode(), "file_type"),
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "file_type"),
    "rtf": (b"{\\rtf1 hello}", "file_type"),
    "a script": (b"#!/bin/sh\nrm -rf /\n", "file_type"),
    "gif": (picture("GIF"), "file_type"),
    "windows-1251": ("Привет, мир".encode("cp1251"), "file_type"),
    "utf-16": ("Привет".encode("utf-16"), "file_type"),
    "text with NUL": (b"hello\0world", "file_type"),
    "an old word document": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file_type"),
    "a plain archive": (zipped([("a.txt", b"hello")]), "file_type"),
    "rar": (b"Rar!\x1a\x07\x01\x00" + bytes(100), "file_type"),
    "half a picture": (picture(size=(400, 300))[:-300], "image_unreadable"),
    "a picture's first bytes": (b"\xff\xd8\xff", "image_unreadable"),
    "a picture of a billion pixels": (png_of(40_000, 25_000), "image_too_large"),
    "a picture of 60 million pixels": (png_of(10_000, 6_000), "image_too_large"),
    "a picture with an endless text": (png_with_text(100_000_000), "image_unreadable"),
    "half a heic": (picture("HEIF", (400, 300))[:-200], "image_unreadable"),
    "half a pdf": (pdf()[:-12], "file_broken"),
    "pdf of no version": (b"%PDF-evil\n" + pdf(), "file_broken"),
    "half a document": (microsoft("docx")[:-30], "file_broken"),
    "bytes behind the archive": (microsoft("docx") + b"more", "file_broken"),
    "bytes before the list": (zipped([("mimetype", b"x")])[:60] + microsoft("docx"), "file_broken"),
    "a bomb": (microsoft("xlsx", ("xl/sheet.xml", BOMB)), "file_bomb"),
    "a bomb that says it is small": (
        patched(microsoft("docx", ("word/a.xml", BOMB)), "word/a.xml", size=10),
        "file_bomb",
    ),
    "an entry that says it is larger": (
        patched(microsoft("docx", ("word/a.xml", b"hello")), "word/a.xml", size=10),
        "file_broken",
    ),
    "many small bombs": (microsoft("docx", *((f"word/{n}.xml", bytes(900_000)) for n in range(40))), "file_bomb"),
    "entries that share bytes": (overlapping(), "file_bomb"),
    "too many entries": (microsoft("docx", *((f"word/{n}.xml", b"") for n in range(5000))), "file_bomb"),
    "a billion laughs": (
        zipped([("[Content_Types].xml", b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Types>&a;</Types>')]),
        "file_bomb",
    ),
    "a way up": (microsoft("docx", ("word/../../../etc/passwd", b"x")), "file_path_inside"),
    "a way from the root": (microsoft("docx", ("/etc/passwd", b"x")), "file_path_inside"),
    "a drive": (microsoft("docx", ("C:/windows/a.dll", b"x")), "file_path_inside"),
    "a backslash": (microsoft("docx", ("word\\..\\a.xml", b"x")), "file_path_inside"),
    "a name twice": (microsoft("docx", ("word/Document.xml", b"<other/>")), "file_path_inside"),
    "a password": (flagged(microsoft("docx"), 1), "file_encrypted"),
    "a password of odf": (
        opened("odt", manifest=b"<m:manifest xmlns:m='m'><m:encryption-data/></m:manifest>"),
        "file_encrypted",
    ),
    "macros": (microsoft("docx", ("word/vbaProject.bin", b"x")), "file_macros"),
    "macros by type": (microsoft("docx", declared=MACRO), "file_macros"),
    "old excel macros": (microsoft("xlsx", ("xl/macrosheets/sheet1.xml", b"x")), "file_macros"),
    "macros of odf": (opened("ods", ("Basic/Standard/Module1.xml", b"x")), "file_macros"),
    "an archive within": (microsoft("docx", ("word/a.bin", zipped([("a", b"x")]))), "file_nested"),
    "a program within": (microsoft("docx", ("word/a.bin", b"MZ" + bytes(100))), "file_nested"),
    "an object within": (microsoft("docx", ("word/ole.bin", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")), "file_nested"),
    "a document in a document in a document": (
        microsoft("docx", ("word/e/1.docx", microsoft("docx", ("word/e/2.docx", microsoft("docx"))))),
        "file_nested",
    ),
    "macros within": (
        microsoft("docx", ("word/e/1.xlsx", microsoft("xlsx", ("xl/vbaProject.bin", b"x")))),
        "file_macros",
    ),
}
"""What is never taken, and the code it is refused with."""

GOOD: dict[str, tuple[bytes, str, str]] = {
    "jpeg": (picture(), "image/jpeg", ".jpg"),
    "png": (picture("PNG"), "image/png", ".png"),
    "webp": (picture("WEBP"), "image/webp", ".webp"),
    "heic": (picture("HEIF"), "image/jpeg", ".jpg"),
    "pdf": (pdf(), "application/pdf", ".pdf"),
    "docx": (microsoft("docx"), f"{OOXML}wordprocessingml.document", ".docx"),
    "xlsx": (microsoft("xlsx"), f"{OOXML}spreadsheetml.sheet", ".xlsx"),
    "pptx with a chart": (
        microsoft("pptx", ("ppt/embeddings/Sheet1.xlsx", microsoft("xlsx"))),
        f"{OOXML}presentationml.presentation",
        ".pptx",
    ),
    "odt": (opened("odt", ("Configurations2/", b"")), f"{ODF}text", ".odt"),
    "ods": (opened("ods"), f"{ODF}spreadsheet", ".ods"),
    "odp": (opened("odp"), f"{ODF}presentation", ".odp"),
    "text": ("Привет, мир\nи всем 你好\n".encode(), "text/plain", ".txt"),
    "csv": ("№;Улица\n1;Ленина\n2;Мира\n".encode(), "text/csv", ".csv"),
}
"""What is taken, as what, with which extension."""
