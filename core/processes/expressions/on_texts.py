"""Functions over texts. There are no regular expressions: one can be written that never ends."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from leancity.core.processes.expressions.scope import Scope
from leancity.core.processes.expressions.table import function
from leancity.core.processes.expressions.values import Duration, is_number, number

_NUMBER = re.compile(r"[+-]?[0-9]{1,19}(\.[0-9]{1,30})?")


@function("lower case", 1)
def lower(scope: Scope, text: Any) -> Any:
    """The text in small letters."""
    return text.lower() if isinstance(text, str) else None


@function("upper case", 1)
def upper(scope: Scope, text: Any) -> Any:
    """The text in capitals."""
    return text.upper() if isinstance(text, str) else None


@function("trim", 1)
def trim(scope: Scope, text: Any) -> Any:
    """The text without blanks at its ends."""
    return text.strip() if isinstance(text, str) else None


@function("contains", 2)
def contains(scope: Scope, text: Any, part: Any) -> Any:
    """Whether the part stands in the text."""
    return part in text if isinstance(text, str) and isinstance(part, str) else None


@function("starts with", 2)
def starts_with(scope: Scope, text: Any, part: Any) -> Any:
    """Whether the text begins so."""
    return text.startswith(part) if isinstance(text, str) and isinstance(part, str) else None


@function("ends with", 2)
def ends_with(scope: Scope, text: Any, part: Any) -> Any:
    """Whether the text ends so."""
    return text.endswith(part) if isinstance(text, str) and isinstance(part, str) else None


@function("string length", 1)
def string_length(scope: Scope, text: Any) -> Any:
    """How many characters."""
    return len(text) if isinstance(text, str) else None


@function("substring", 2, 3)
def substring(scope: Scope, text: Any, start: Any, length: Any = None) -> Any:
    """A part of the text from ``start``, counted from 1, or from the end with a minus; there is no character 0."""
    if not isinstance(text, str) or type(start) is not int or start == 0:
        return None
    begin = start - 1 if start > 0 else max(len(text) + start, 0)
    if length is None:
        return text[begin:]
    return text[begin : begin + length] if type(length) is int and length >= 0 else None


@function("string", 1)
def string(scope: Scope, value: Any) -> Any:
    """A value as a text; null of a list or a context."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str | int | Duration) else None


@function("number", 1)
def to_number(scope: Scope, value: Any) -> Any:
    """The number that a text says, 12 or 12.5 (a comma too); null of any other text."""
    if is_number(value):
        return value
    text = value.strip().replace(",", ".") if isinstance(value, str) else ""
    return number(Decimal(text)) if _NUMBER.fullmatch(text) else None
