"""Hiding private data in a text that everybody will read."""

from __future__ import annotations

from dataclasses import dataclass

from leancity.core.i18n.catalogue import text as words
from leancity.core.privacy.finders import Private, found_in
from leancity.core.privacy.folding import folded
from leancity.core.privacy.signs import is_invisible
from leancity.core.tenancy.context import current_tenant


@dataclass(frozen=True)
class Hidden:
    """``text`` without private data, and which kinds it had, in the order of the text."""

    text: str
    found: tuple[Private, ...]


def hide_private(text: str, locale: str | None = None) -> Hidden:
    """Return ``text`` with words in place of the private data found in it, by default in the city's language.

    Phones, e-mails, numbers of cards, of СНИЛС and passports, of cars and of flats. Names are not looked for. Signs
    that nobody sees are dropped. A text that was hidden before stays as it is.
    """
    read = folded(text)
    spans: list[tuple[int, int, Private]] = []
    for kind, (start, end) in found_in(read.text):
        spans.append((*read.span(start, end), kind))
    pieces, kinds, at = [], [], 0
    for start, end, kind in _merged(spans):
        pieces += [_seen(text[at:start]), words(f"private_{kind}", locale or current_tenant().locale)]
        kinds.append(kind)
        at = end
    pieces.append(_seen(text[at:]))
    return Hidden("".join(pieces), tuple(kinds))


def _merged(spans: list[tuple[int, int, Private]]) -> list[tuple[int, int, Private]]:
    """Return the spans in order, those that overlap as one: no rest of a number stays. It is of the surest kind."""
    sure = list(Private)
    merged: list[tuple[int, int, Private]] = []
    for start, end, kind in sorted(spans):
        if merged and start < merged[-1][1]:
            first, last, other = merged[-1]
            merged[-1] = (first, max(last, end), min(kind, other, key=sure.index))
        else:
            merged.append((start, end, kind))
    return merged


def _seen(text: str) -> str:
    return text if text.isascii() else "".join(sign for sign in text if not is_invisible(sign))
