"""What is answered: one shape in memory, written as JSON or as XML.

Open311 defines JSON by the XML (the «Spark» convention): a container of repeated elements is an array, an empty element
is null. So the shape is that of the JSON, and XML needs only the root's name and what the elements of each container
are called.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from xml.etree import ElementTree

Value: TypeAlias = Any
"""Texts, numbers, truth values, moments with a zone, None, mappings by element and sequences of these."""

ELEMENTS = {
    "attributes": "attribute",
    "endpoints": "endpoint",
    "errors": "error",
    "formats": "format",
    "notes": "note",
    "photos": "photo",
    "service_request_updates": "request_update",
    "service_requests": "request",
    "services": "service",
    "values": "value",
}
"""Containers, by what stands in them."""

# What XML 1.0 can't hold, not even as a reference.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENDS_OF_LINE = re.compile("\r\n?")  # XML reads each as \n


@dataclass(frozen=True, kw_only=True)
class Document:
    """An answer: the name of its root element, and what stands in it."""

    root: str
    content: Value


def as_json(document: Document) -> bytes:
    """Return the document as JSON."""
    return json.dumps(_plain(document.content), ensure_ascii=False, allow_nan=False).encode()


def as_xml(document: Document) -> bytes:
    """Return the document as XML 1.0."""
    root = _element(document.root, _plain(document.content))
    written: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{written}'.encode()


@dataclass(frozen=True, kw_only=True)
class Format:
    """How answers are written, and as what they are sent."""

    media_type: str
    write: Callable[[Document], bytes]

    @property
    def content_type(self) -> str:
        return f"{self.media_type}; charset=utf-8"


XML = Format(media_type="text/xml", write=as_xml)
JSON = Format(media_type="application/json", write=as_json)
FORMATS = {"xml": XML, "json": JSON}
"""By the extension that asks for them."""


def _plain(value: Value) -> Value:
    """Return a value of which both formats say the same: without characters that one of them lacks, "" as null."""
    match value:
        case str():
            return _UNWRITABLE.sub("", _ENDS_OF_LINE.sub("\n", value)) or None
        case datetime():
            return value.isoformat(timespec="seconds")
        case Mapping():
            return {name: _plain(each) for name, each in value.items()}
        case Sequence():
            return [_plain(each) for each in value]
        case _:
            return value


def _element(name: str, value: Value) -> ElementTree.Element:
    element = ElementTree.Element(name)
    match value:
        case dict():
            element.extend(_element(inner, each) for inner, each in value.items())
        case list():
            element.extend(_element(ELEMENTS[name], each) for each in value)
        case bool():
            element.text = "true" if value else "false"
        case None:
            pass
        case _:
            element.text = str(value)
    return element
