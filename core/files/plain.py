"""PDF and plain text, told by their bytes."""

from __future__ import annotations

import codecs
import csv
import re
from typing import BinaryIO

from leancity.core.errors import refuse
from leancity.core.files.kinds import CSV, TEXT, Kind

PDF_HEAD = re.compile(rb"%PDF-(1\.[0-7]|2\.0)\s")
TAIL = 2048  # bytes at the end in which a PDF says where its parts are
BLOCK = 256 * 1024
SAMPLE = 64 * 1024
_SEPARATORS = (";", ",", "\t")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_XML = re.compile(rb"(\xef\xbb\xbf|\xff\xfe|\xfe\xff)?\s*<[?!A-Za-z]")
_MODEL = re.compile(rb"<([\w.-]+:)?definitions\s[^>]*https?://www\.omg\.org/spec/(BPMN|DMN)/")
# Text that a program takes for something else: pages, pictures, RTF, PostScript, scripts.
_OTHER = re.compile(rb"(\xef\xbb\xbf)?\s*(<|\{\\rtf|%!PS|#!|MZ)", re.IGNORECASE)


def check_pdf(file: BinaryIO) -> None:
    """Refuse a PDF that is cut off. One with a password passes: most only forbid to print, and can't be told apart."""
    file.seek(0)
    if not PDF_HEAD.match(file.read(16)):
        raise refuse("file_broken", "file")
    size = file.seek(0, 2)
    file.seek(max(0, size - TAIL))
    tail = file.read()
    if b"startxref" not in tail or b"%%EOF" not in tail:
        raise refuse("file_broken", "file")


def is_drawing(file: BinaryIO) -> bool:
    """Tell whether a file is XML that begins as a drawing of a process (BPMN) or of its decisions (DMN).

    It is only looked at here; what it says is for ``core.processes.xml`` to read. In UTF-16 every other byte is zero.
    """
    file.seek(0)
    begin = file.read(SAMPLE).replace(b"\0", b"")
    return _XML.match(begin) is not None and _MODEL.search(begin) is not None


def text_kind(file: BinaryIO) -> Kind | None:
    """Return whether a file is plain text in UTF-8 or a table of it, None for neither."""
    file.seek(0)
    sample = ""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_first = True
    try:
        while block := file.read(BLOCK):
            if is_first and _OTHER.match(block):
                return None
            text = decoder.decode(block)
            if _CONTROLS.search(text):
                return None
            sample = text[:SAMPLE] if is_first else sample
            is_first = False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return CSV if _is_table(sample) else TEXT


def _is_table(sample: str) -> bool:
    """Tell whether the first lines have equally many cells, more than one, by one of the separators."""
    lines = [line for line in sample.splitlines()[:21] if line.strip()][:20]
    if len(lines) < 2:
        return False
    for separator in _SEPARATORS:
        try:
            widths = {len(row) for row in csv.reader(lines, delimiter=separator, strict=True)}
        except csv.Error:
            continue
        if len(widths) == 1 and widths.pop() > 1:
            return True
    return False
