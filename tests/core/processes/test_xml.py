"""The one door of uploaded XML: encodings come in, bombs and documents from elsewhere don't."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from leancity.core.processes.xml import BYTES, DEPTH, ELEMENTS, XmlError, parse_xml

LAUGHS = "".join(f'<!ENTITY {chr(98 + no)} "{f"&{chr(97 + no)};" * 10}">' for no in range(7))
BOMB = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "{"A" * 1000}">{LAUGHS}]>'


@pytest.mark.parametrize("encoding", ["utf-8", "windows-1251", "utf-16", "koi8-r"])
def test_a_document_is_read_in_its_encoding(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><!-- a --><город улица="Мира"><?b c?>Южно-Сахалинск<d/></город>'
    root = parse_xml(text.encode(encoding))
    assert (root.tag, root.get("улица"), root.text, len(root)) == ("город", "Мира", "Южно-Сахалинск", 1)


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "xml_malformed", None),
        (b"hello", "xml_malformed", 1),
        (b"<a>\n<b>\n</a>", "xml_malformed", 3),
        (b"<a>&x;</a>", "xml_malformed", None),
        (b"<a>\0</a>", "xml_malformed", 1),
        (b"<!DOCTYPE a><a/>", "xml_doctype", 1),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"), "xml_doctype", 1),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>', "xml_doctype", 1),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>', "xml_doctype", 1),
        (f"{BOMB}<x>&h;</x>".encode(), "xml_doctype", 1),
        (f'{BOMB}<x a="&h;"/>'.encode(), "xml_doctype", 1),
        (b"<a>\n" * (DEPTH + 1) + b"</a>" * (DEPTH + 1), "xml_too_deep", DEPTH + 1),
        (b"<a>" * 3_000 + b"</a>" * 3_000, "xml_too_deep", 1),
        (b"<a>" + b"<b/>" * ELEMENTS + b"</a>", "xml_too_many", 1),
        (b"<a>" + b"x" * BYTES + b"</a>", "xml_too_big", None),
    ],
    ids=range(15),
)
def test_what_is_no_document_of_ours_is_refused(data: bytes, code: str, line: int | None) -> None:
    begun = time.perf_counter()
    with pytest.raises(XmlError) as caught:
        parse_xml(data)
    assert (caught.value.code, caught.value.line) == (code, line)
    assert time.perf_counter() - begun < 2, "a guard against hanging"


def test_no_file_of_the_machine_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", "utf-8")
    entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    with pytest.raises(XmlError, match="xml_doctype"):
        parse_xml(f"{entity}<a>&x;</a>".encode())


def test_the_deepest_that_is_allowed_is_read() -> None:
    assert len(parse_xml(b"<a>" * DEPTH + b"</a>" * DEPTH)) == 1
