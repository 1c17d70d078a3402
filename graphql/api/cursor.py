"""Opaque cursors: base64url of the JSON ``[list, value, …]``.

A cursor belongs to one list, and its values are read back by the list's declared types, so what a client forges is
refused here and never reaches a query.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

from leancity.core.errors import refuse

Keyset: TypeAlias = tuple[Any, ...]


def _moment(value: str) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return moment.astimezone(UTC)


def _text(value: str) -> str:
    if not isinstance(value, str) or "\0" in value:  # PostgreSQL has no NUL in texts
        raise ValueError("not a text")
    value.encode()  # raises for lone surrogates, which JSON can carry and PostgreSQL can't
    return value


def _whole(value: int) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError("not a bigint")
    return value


_READERS: dict[type, Callable[[Any], Any]] = {
    datetime: _moment,
    date: date.fromisoformat,
    uuid.UUID: uuid.UUID,
    str: _text,
    int: _whole,
}


def encode_cursor(list_name: str, keyset: Keyset) -> str:
    """Return the cursor of the row with ``keyset`` in the list ``list_name``."""
    values = [value if isinstance(value, str | int) else _plain(value) for value in keyset]
    text = json.dumps([list_name, *values], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def decode_cursor(cursor: str, list_name: str, types: tuple[type, ...]) -> Keyset:
    """Return the keyset in ``cursor``; refuse with ``cursor_invalid`` what this list has not given out.

    ``types`` are the keyset's columns: ``datetime``, ``date``, ``uuid.UUID``, ``str`` or ``int``.
    """
    try:
        name, *values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if name != list_name:
            raise ValueError("another list")
        return tuple(_READERS[type_](value) for type_, value in zip(types, values, strict=True))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise refuse("cursor_invalid", "after") from error
