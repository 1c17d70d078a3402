"""What an Open311 server answers, JSON or XML, read as plain rows of texts. Others write it: nothing is trusted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring

from leancity.core.cases.checks import keepable

MOST_ROWS = 2000
LONGEST = 4000  # characters of one value

Row = Mapping[str, str]

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]+")
_UNREADABLE = (ValueError, SyntaxError, LookupError, RecursionError, OverflowError)


class Unreadable(Exception):
    """It is neither of the two formats."""


def rows_of(content: bytes, *, is_json: bool) -> list[Row]:
    """Return the objects of an answer, each with its plain values as texts; raise ``Unreadable``.

    The containers that the standard has in XML and not in JSON are left out of both; so are values within values.
    """
    try:
        rows = _of_json(json.loads(content)) if is_json else _of_xml(fromstring(content, forbid_dtd=True))
    except _UNREADABLE as error:
        raise Unreadable from error
    return rows[:MOST_ROWS]


def clean(text: str, limit: int = LONGEST) -> str:
    """Return what others wrote as a text that may be kept and shown, cut to ``limit`` characters."""
    return _CONTROLS.sub(" ", keepable(text)).strip()[:limit]


def _of_json(data: Any) -> list[Row]:
    if isinstance(data, dict):
        inside = [value for value in data.values() if isinstance(value, list)]
        data = inside[0] if len(inside) == 1 and len(data) == 1 else [data]
    if not isinstance(data, list) or not all(isinstance(each, dict) for each in data):
        raise ValueError("no list of objects")
    return [{str(name): clean(_text(value)) for name, value in each.items()} for each in data]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


def _of_xml(root: Element) -> list[Row]:
    inside = [child for child in root if len(child)]
    found = inside if inside or not len(root) else [root]
    return [{_name(part): clean(part.text or "") for part in each if not len(part)} for each in found]


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
