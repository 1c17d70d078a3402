"""XES (IEEE 1849) as rows: a header of its attributes' keys, and a row for each event. Plain or gzipped, any size.

Read as hardened as every uploaded XML (``core.processes.xml``), only piece by piece: a log is a hundred times larger
than a drawing. What an event says is kept until its trace ends, nothing longer.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lxml import etree

from leancity.core.errors import refuse
from leancity.core.imports.sources import Numbered, Source
from leancity.core.processes.xml import hardened_parser

MB = 1024 * 1024
LARGEST = 1024 * MB
"""Bytes of a log as it is when it is unpacked."""
DEEPEST = 30
OF_CASE = "case:"
"""What the key of a trace's attribute begins with among the headers."""

_BLOCK = 1 << 18
_GZIP = b"\x1f\x8b"
_PLACES = frozenset({"log", "trace", "event"})
_VALUES = frozenset({"string", "date", "int", "float", "boolean", "id"})


class _Wrong(Exception):
    """The file is no XES that we read; the message is one line."""


@dataclass(kw_only=True)
class _Trace:
    """The attributes of a trace, and its events so far: line and attributes."""

    attributes: dict[str, str] = field(default_factory=dict)
    events: list[tuple[int, dict[str, str]]] = field(default_factory=list)


def is_xes(head: bytes) -> bool:
    """Tell by a file's first bytes whether it may be XES: XML, not a table of texts."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<"


def unpacked_head(path: Path) -> bytes:
    """Return the first bytes of a file, unpacked where it is gzipped; none where the archive is damaged."""
    try:
        with _opened(path) as file:
            return file.read(64)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        return b""


def open_xes(path: Path, name: str, *, most: int) -> Source:
    """Read a log to its end; ``most`` events. ``Refused`` says what is wrong with it."""
    keys: dict[str, None] = {}
    total = 0
    try:
        for trace in _traces(path):
            total += len(trace.events)
            if total > most:
                raise refuse("process_log_too_long", "file", most=most)
            keys |= dict.fromkeys(OF_CASE + key for key in trace.attributes)
            keys |= dict.fromkeys(key for _, event in trace.events for key in event)
    except (_Wrong, etree.XMLSyntaxError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise refuse("import_unreadable", "file", file=name, reason=str(error)) from error
    headers = tuple(keys)
    if not total:
        raise refuse("import_empty", "file", file=name)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Source(name=name, digest=digest, headers=headers, total=total, _open=_rows(path, headers))


def _rows(path: Path, headers: tuple[str, ...]) -> Callable[[], Iterator[Numbered]]:
    def rows() -> Iterator[Numbered]:
        yield 1, [*headers]
        for trace in _traces(path):
            of_case = {OF_CASE + key: value for key, value in trace.attributes.items()}
            for line, event in trace.events:
                cells = {**of_case, **event}
                yield line, [cells.get(header, "") for header in headers]

    return rows


def _opened(path: Path) -> gzip.GzipFile | io.BufferedReader:
    with path.open("rb") as file:
        is_gzipped = file.read(2) == _GZIP
    return gzip.open(path, "rb") if is_gzipped else path.open("rb")


def _traces(path: Path) -> Iterator[_Trace]:
    parser = hardened_parser()
    reading = _Reading()
    taken = 0
    with _opened(path) as file:
        while block := file.read(_BLOCK):
            taken += len(block)
            if taken > LARGEST:
                raise _Wrong(f"it is larger than {LARGEST // MB} MB when it is unpacked")
            parser.feed(block)
            yield from reading.look(parser)
    parser.close()
    yield from reading.look(parser)


class _Reading:
    """The way from elements to traces. ``places`` are the log, trace and event that are open, by name."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._trace = _Trace()
        self._event: dict[str, str] = {}

    def look(self, parser: etree.XMLPullParser) -> Iterator[_Trace]:
        for said, element in parser.read_events():
            name = etree.QName(element).localname
            if said == "start":
                self._begin(name, element)
            elif (ended := self._end(name, element)) is not None:
                yield ended

    def _begin(self, name: str, element: etree._Element) -> None:
        if not self._path:
            if element.getroottree().docinfo.internalDTD is not None:
                raise _Wrong("it has a document type, which no log needs")
            if name != "log":
                raise _Wrong(f"its root is <{name}>, not <log>")
        self._path.append(name)
        if len(self._path) > DEEPEST:
            raise _Wrong(f"its elements lie deeper than {DEEPEST}")
        if name == "trace":
            self._trace = _Trace()
        elif name == "event":
            self._event = {}

    def _end(self, name: str, element: etree._Element) -> _Trace | None:
        self._path.pop()
        within = self._path[-1] if self._path else ""
        if name in _VALUES and within in _PLACES:
            key, value = element.get("key"), element.get("value")
            if key and value is not None and within == "event":
                self._event[key] = value
            elif key and value is not None and within == "trace":
                self._trace.attributes[key] = value
        elif name == "event" and within == "trace":
            self._trace.events.append((element.sourceline or 0, self._event))
        is_over = name == "trace" and within == "log"
        if name in ("trace", "event"):
            parent = element.getparent()
            element.clear()
            if parent is not None:
                parent.remove(element)
        return self._trace if is_over else None
