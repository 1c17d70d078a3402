"""Signs that nobody sees and that make a text other than it looks."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Control signs but tab and ends of line, halves of surrogate pairs, what is no character at all, and the signs that
# turn the direction of what follows: by these a name of a file or a link is made to look like another.
_ODD = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
_INVISIBLE = frozenset({"Cf", "Cc", "Cs", "Cn", "Co"})
_JOINER = "\u200d"
"""Joins signs to one picture: the one invisible sign that a text needs."""


def has_odd_signs(text: str) -> bool:
    """Tell whether a text holds what no person types: control signs, or signs that turn its direction."""
    return _ODD.search(text) is not None


@lru_cache(maxsize=8_192)
def is_invisible(sign: str) -> bool:
    """Tell whether a sign takes no place on the screen, but for ends of line, tabs and the joiner of pictures."""
    return sign not in ("\n", "\r", "\t", _JOINER) and unicodedata.category(sign) in _INVISIBLE


def is_blank(text: str) -> bool:
    """Tell whether nothing of a text is seen."""
    return all(sign.isspace() or is_invisible(sign) or sign == _JOINER for sign in text)
