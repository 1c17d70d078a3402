"""The roles and units that a drawing itself names, in ``lean:assign`` and ``lean:escalate``: found, and replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from leancity.core.processes.bpmn.names import lean
from leancity.core.processes.bpmn.reader import root_of

_LITERAL = re.compile(r'\s*"([^"\\]*)"\s*')
"""A unit is named by an expression; one that is a mere text is a key of the giving city's."""
_WANTED = {lean("assign"): ("role", "unit"), lean("escalate"): ("to",)}


def named_in(xml: bytes) -> tuple[frozenset[str], frozenset[str]]:
    """Return the keys of roles and of units that a drawing names."""
    roles: set[str] = set()
    units: set[str] = set()
    for element, attribute in _places(root_of(xml)):
        text = (element.get(attribute) or "").strip()
        literal = _LITERAL.fullmatch(text)
        if attribute == "unit":
            units |= {literal[1]} if literal else set()
        elif text:
            roles.add(text)
    return frozenset(roles), frozenset(units)


def renamed(xml: bytes, roles: Mapping[str, str], units: Mapping[str, str]) -> bytes:
    """Return a drawing that names these instead; the very bytes where nothing is named otherwise."""
    root = root_of(xml)
    is_same = True
    for element, attribute in _places(root):
        text = (element.get(attribute) or "").strip()
        literal = _LITERAL.fullmatch(text)
        if attribute == "unit":
            other = f'"{units[literal[1]]}"' if literal and literal[1] in units else text
        else:
            other = roles.get(text, text)
        if other != text:
            element.set(attribute, other)
            is_same = False
    return xml if is_same else etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _places(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    for element in root.iter(*_WANTED):
        yield from ((element, attribute) for attribute in _WANTED[str(element.tag)] if element.get(attribute))
