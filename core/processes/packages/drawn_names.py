"""What a drawing itself names of a city: roles and units in ``lean:assign`` and ``lean:escalate``, the calendars that
``lean:timer`` and the ``lean:term`` of a task are counted by. Found, and replaced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from leancity.core.clock.calendar import OFFICE
from leancity.core.processes.bpmn.names import kind_of, lean
from leancity.core.processes.bpmn.reader import root_of

_LITERAL = re.compile(r'\s*"([^"\\]*)"\s*')
"""A unit is named by an expression; one that is a mere text is a key of the giving city's."""
_WANTED = {lean("assign"): ("role", "unit"), lean("escalate"): ("to",)}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """Keys by which a drawing names what a city has; of its calendars those beside the office's."""

    roles: frozenset[str]
    units: frozenset[str]
    calendars: frozenset[str]


def named_in(xml: bytes) -> Drawn:
    """Return what a drawing names. CPU."""
    roles: set[str] = set()
    units: set[str] = set()
    root = root_of(xml)
    for element, attribute in _places(root):
        text = (element.get(attribute) or "").strip()
        literal = _LITERAL.fullmatch(text)
        if attribute == "unit":
            units |= {literal[1]} if literal else set()
        elif text:
            roles.add(text)
    calendars = frozenset(_calendar(element) for element in _counted(root)) - {OFFICE}
    return Drawn(roles=frozenset(roles), units=frozenset(units), calendars=calendars)


def renamed(xml: bytes, roles: Mapping[str, str], units: Mapping[str, str], calendars: Mapping[str, str]) -> bytes:
    """Return a drawing that names these instead; the very bytes where nothing is named otherwise.

    What names no calendar is counted by the office's: where that is another here, the drawing names it. CPU.
    """
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
    for element in _counted(root):
        other = calendars.get(_calendar(element), _calendar(element))
        if other == _calendar(element):
            continue
        is_same = False
        if other == OFFICE:
            element.attrib.pop("calendar", None)
        else:
            element.set("calendar", other)
    return xml if is_same else etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _counted(root: etree._Element) -> Iterator[etree._Element]:
    """Yield what is counted by a calendar that the drawing may choose."""
    for element in root.iter(lean("timer"), lean("term")):
        holders = (kind_of(each) for each in element.iterancestors())
        holder = next((kind for kind in holders if kind not in ("", "extensionElements")), "process")
        if holder != "process" and not element.get("due"):
            yield element


def _calendar(element: etree._Element) -> str:
    return (element.get("calendar") or "").strip() or OFFICE


def _places(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    for element in root.iter(*_WANTED):
        yield from ((element, attribute) for attribute in _WANTED[str(element.tag)] if element.get(attribute))
