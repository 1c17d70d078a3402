"""Uploaded XML in a text column, byte for byte.

What is UTF-8 lies there as it is. PostgreSQL's texts are UTF-8 without zero bytes, so a drawing in another encoding
lies there as a ``data:`` URI, which no XML can be mistaken for.
"""

from __future__ import annotations

import base64

_OTHER = "data:application/xml;base64,"


def stored(data: bytes) -> str:
    """Return the text to keep for ``data``."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    return _OTHER + base64.b64encode(data).decode() if "\0" in text else text


def original(text: str) -> bytes:
    """Return what was uploaded."""
    return base64.b64decode(text.removeprefix(_OTHER)) if text.startswith(_OTHER) else text.encode()
