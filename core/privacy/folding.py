"""A text as a reader takes it, sign by sign beside the text as it was written.

``８-９１４…`` and digits with a stroke through them read as digits; a sign of no width between two of them is not
seen. What is looked for is looked for here, what is found is cut out of the text that was written.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_UNSEEN = frozenset({"Mn", "Me", "Cf", "Cc", "Cs", "Cn", "Co"})
_MINUS = frozenset("\u2212\u00b7\u2022\u2043\u30fb")
"""Signs that stand between groups of digits, beside the dashes."""


@dataclass(frozen=True)
class Folded:
    """``text`` to look in; ``places[i]`` is where its sign i stands in what was written, the last one its length."""

    text: str
    places: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where text[start:end], which is not empty, stands in what was written, with the unseen after it."""
        return self.places[start], self.places[end]


def folded(text: str) -> Folded:
    """Return ``text`` folded: compatibility forms resolved, all digits ASCII, dashes ``-``, blanks one kind each."""
    if text.isascii() and text.isprintable():
        return Folded(text, tuple(range(len(text) + 1)))
    signs: list[str] = []
    places: list[int] = []
    for place, written in enumerate(text):
        for sign in _read_all(written):
            signs.append(sign)
            places.append(place)
    return Folded("".join(signs), (*places, len(text)))


@lru_cache(maxsize=8_192)
def _read_all(written: str) -> str:
    return "".join(read for sign in unicodedata.normalize("NFKC", written) if (read := _read(sign)) is not None)


def _read(sign: str) -> str | None:
    if sign.isascii() and (sign.isprintable() or sign in "\n\r\t"):
        return sign
    category = unicodedata.category(sign)
    if category in _UNSEEN:
        return None
    if category == "Nd":
        return str(unicodedata.digit(sign))
    if category == "Pd" or sign in _MINUS:
        return "-"
    return " " if category == "Zs" else sign
