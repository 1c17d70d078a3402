"""The one door by which XML that somebody uploads comes in: BPMN, DMN, XES.

No network, no entities, no document type, a bound on size, depth and number of elements: each is checked while the text
is read, so that a bomb is stopped where it begins. Comments and processing instructions are dropped: no reader of ours
may take them for content.
"""

from __future__ import annotations

from lxml import etree

BYTES = 2 * 1024 * 1024
DEPTH = 100
ELEMENTS = 100_000
"""A city's largest drawing has about 2 000 nodes: about 20 000 elements with its picture."""

_PIECE = 65_536
_PROLOG = 1_024


class XmlError(Exception):
    """Not a document we read. ``code`` is a key of the message catalogue; ``line`` is 1-based, None when none is known.

    Codes: ``xml_too_big``, ``xml_malformed``, ``xml_doctype``, ``xml_too_deep``, ``xml_too_many``.
    """

    def __init__(self, code: str, line: int | None = None) -> None:
        super().__init__(code if line is None else f"{code}: line {line}")
        self.code = code
        self.line = line


def parse_xml(data: bytes) -> etree._Element:
    """Return the root of a document; raises ``XmlError``.

    The encoding is the one that the document declares.
    """
    if len(data) > BYTES:
        raise XmlError("xml_too_big")
    parser = hardened_parser()
    watch = _Watch()
    try:
        for start in range(0, len(data), _PIECE):
            parser.feed(data[start : start + _PIECE])
            watch.look(parser)
        root = parser.close()
        watch.look(parser)
    except etree.XMLSyntaxError as error:
        watch.look(parser)  # what came before the error may be the better reason
        code = "xml_doctype" if b"<!DOCTYPE" in data[:_PROLOG] else "xml_malformed"
        raise XmlError(code, error.lineno or None) from None
    return root


def hardened_parser() -> etree.XMLPullParser:
    """Return a parser that is fed piece by piece, fetches and resolves nothing; who feeds it watches size and depth."""
    return etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )


class _Watch:
    """How deep and how many, as the elements come by."""

    def __init__(self) -> None:
        self._depth = 0
        self._count = 0

    def look(self, parser: etree.XMLPullParser) -> None:
        for event, element in parser.read_events():
            if event == "end":
                self._depth -= 1
                continue
            if not self._count and element.getroottree().docinfo.internalDTD is not None:
                raise XmlError("xml_doctype", element.sourceline)
            self._depth += 1
            self._count += 1
            if self._depth > DEPTH:
                raise XmlError("xml_too_deep", element.sourceline)
            if self._count > ELEMENTS:
                raise XmlError("xml_too_many", element.sourceline)
