"""What may be wrong with a file."""

from __future__ import annotations


class Unreadable(Exception):
    """The file is not what it should be; the message says why, in one line."""
