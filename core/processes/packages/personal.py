"""What no package may hold: people of the giving city, their addresses and numbers, and ids of its rows.

Looked for in all texts before a package is written, and named by its place: an author mends it, nothing is cut out of
a drawing silently.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from lxml import etree

from leancity.core.errors import Problem
from leancity.core.privacy.finders import Private, found_in
from leancity.core.privacy.folding import folded
from leancity.core.processes.bpmn.names import DIAGRAM, LEAN, kind_of
from leancity.core.processes.packages.model import Content
from leancity.core.processes.versions.stored import original
from leancity.core.processes.xml import parse_xml

SOUGHT = frozenset({Private.EMAIL, Private.PHONE, Private.SNILS, Private.PASSPORT, Private.CARD})
"""Numbers of cars and flats are left: a drawing's «кв. 1» is a quarter of the year."""
MOST = 20
"""Places that one refusal names."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_QUOTED = re.compile(r"[\"']([^\"']{1,200})[\"']")
_REFERENCES = ("Ref", "id", "bpmnElement", "default", "processRef")


@dataclass(frozen=True, kw_only=True)
class People:
    """The accounts of the giving city: their names of two words and more, folded, and their logins."""

    names: Collection[str]
    logins: Collection[str]


def personal_in(content: Content, people: People) -> list[Problem]:
    """Return where a package would tell of a person or carry an id of the city's rows."""
    xml = original(content.drawing.xml)
    root = parse_xml(xml)
    own = {element.get("id", "").lower() for element in root.iter()}
    texts = [*_texts(msgspec.to_builtins(_written_by_people(content)), "package"), *_of_drawing(root)]
    # A city has thousands of people and a drawing thousands of texts: who is in none of them is looked for once.
    everything = "\n".join(_plain(text) for _, text in texts)
    named = People(names=[name for name in people.names if name and name in everything], logins=people.logins)
    found: list[Problem] = []
    for place, text in texts:
        code = _code(text, named, own)
        if code:
            found.append(Problem(code=code, field="process_id", params={"place": place}))
    return found[:MOST]


def folded_name(name: str) -> str:
    """Return a name as names are compared; the empty text for one of a single word, which a title may well be."""
    plain = _plain(name)
    return plain if " " in plain else ""


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("ё", "е").split())


def _code(text: str, people: People, own: Collection[str]) -> str:
    plain = _plain(text)
    if any(name in plain for name in people.names):
        return "package_names_person"
    if any(each.lower() in people.logins for each in _QUOTED.findall(text)):
        return "package_names_person"
    if any(not any(found.lower() in each for each in own) for found in _UUID.findall(text)):
        return "package_has_id"
    return "package_personal" if any(kind in SOUGHT for kind, _ in found_in(folded(text).text)) else ""


def _written_by_people(content: Content) -> Content:
    """Return a content without its drawing, which is looked through by itself, and without what no person has written:
    in a digest any number may stand."""
    drawing = msgspec.structs.replace(content.drawing, xml="")
    provenance = msgspec.structs.replace(content.provenance, packed_at="", parent=None)
    return msgspec.structs.replace(content, drawing=drawing, provenance=provenance)


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(each, f"{place}.{key}")
            yield f"{place}.{key}", str(key)
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from _texts(each, f"{place}.{number}")


def _of_drawing(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Yield what a drawing says in words, by the element that says it: its picture and its references are none."""
    for element in root.iter():
        if not isinstance(element.tag, str) or element.tag.startswith(f"{{{DIAGRAM}}}"):
            continue
        holder = next((e for e in (element, *element.iterancestors()) if e.get("id") and kind_of(e)), root)
        where = holder.get("name") or holder.get("id") or ""
        for name, value in element.attrib.items():
            if not str(name).endswith(_REFERENCES):
                yield where, str(value)
            if str(name) == "person" and element.tag == f"{{{LEAN}}}assign":
                yield where, f'"{value}"'
        if element.text and element.text.strip() and not element.tag.endswith("Ref"):
            yield where, element.text
