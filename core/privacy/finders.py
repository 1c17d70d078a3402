"""Where private data stand in a folded text: a finder a kind, each yields spans.

Recall goes before precision: a number that is hidden needlessly can be shown by hand, one that was shown can't be
taken back. What a report is about must stay all the same: numbers of houses, routes and cases, dates, prices, sizes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import TypeAlias

from phonenumbers import Leniency, PhoneNumberMatcher, PhoneNumberType, number_type

from leancity.core.identity.addresses import REGION
from leancity.core.privacy.numbers import is_card, is_snils

Span: TypeAlias = tuple[int, int]


class Private(StrEnum):
    """A kind of private data. The text ``private_<kind>`` stands in its place."""

    EMAIL = "email"
    CARD = "card"
    SNILS = "snils"
    PASSPORT = "passport"
    PHONE = "phone"
    PLATE = "plate"
    FLAT = "flat"


_SHORTEST_PHONE = 5
"""Digits of a number within a town."""
_MAYBE_PHONE = re.compile(r"\d(?:[^0-9A-Za-zА-Яа-я]{0,4}\d){6}")  # far faster than to look for one
_EMAIL = re.compile(
    r"[\w.%+-]{1,64} ?(?:@|[\[({] ?(?:at|эт|собака|@) ?[\])}])"
    r" ?[\w-]{1,63}(?: ?\. ?[\w-]{1,63}){0,4} ?\. ?[a-zа-я]{2,24}\b"
    r"|\b[a-z0-9._-]{1,64} {1,3}(?:собака|at) {1,3}[a-z0-9-]{1,63} ?(?:\.|точка|dot) ?[a-z]{2,24}\b",
    re.I,
)
_CARD = re.compile(r"(?<![\d.,])\d(?:[ -]{0,2}\d){14,18}(?![\d])")
_CARD_NAMED = re.compile(r"\bкарт\w*\D{0,20}(\d{4}(?:[ -]?\d{4}){3})(?!\d)", re.I)
_SNILS = re.compile(r"(?<![\d+])\d{3}[ -]?\d{3}[ -]?\d{3}[ -]{0,2}\d{2}(?!\d)")
_SNILS_NAMED = re.compile(r"\bснилс\b\D{0,20}(\d{3}[ -]?\d{3}[ -]?\d{3}[ -]{0,2}\d{2})(?!\d)", re.I)
_SERIES = r"\d{2} ?\d{2}[ ,-]{0,2}(?:no?|номер)?[ .:]{0,2}\d{3} ?\d{3}(?!\d)"
_PASSPORT = re.compile(rf"\bпаспорт\w*[^\d\n]{{0,40}}({_SERIES})|\bсери[яию][ :]{{0,2}}({_SERIES})", re.I)
_GAP = r"[ \t\n().*/_-]{0,3}"
_MOBILE = re.compile(rf"(?<![\d])(?:\+{_GAP}7|[78]){_GAP}9(?:{_GAP}\d){{9}}(?!\d)")
_MOBILE_SHORT = re.compile(r"(?<![\d.,-])\(?9\d\d\)?[ -]{0,2}\d{3}[ -]{0,2}\d{2}[ -]{0,2}\d{2}(?!\d)")
_LOCAL = re.compile(
    r"\b(?:тел|телефон\w*|т|моб|сот|звонит[еь]|позвонит[еь]|перезвонит[еь]|номер телефона|phone|tel|call)\b"
    r"[ .:-]{0,4}(?:no ?)?(?:по |на |мне |номеру |me |at ){0,3}(\d{1,3}[ -]?\d{2}[ -]?\d{2})(?![\d-])",
    re.I,
)
_LETTERS = "АВЕКМНОРСТУХABEKMHOPCTYX"
_SMALL = _LETTERS + _LETTERS.lower()
_PLATE = re.compile(rf"(?<!\w)[{_SMALL}]\d{{3}}([{_SMALL}]{{2}})( ?\d{{2,3}})?(?!\w)")
_PLATE_SPACED = re.compile(rf"(?<!\w)[{_LETTERS}][ -]?\d{{3}}[ -]?([{_LETTERS}]{{2}})(?:[ -]?\d{{2,3}})?(?!\w)")
_PLATE_NAMED = re.compile(
    r"\b(?:номер\w*|гос\w*|г/н|машин\w*|авто\w*|такси|прицеп\w*|мотоцикл\w*)[ .:,-]{1,4}(?:no ?)?(?:\w{2,20} ){0,2}"
    rf"([{_SMALL}] ?\d{{3}} ?(?P<pair>[{_SMALL}]{{2}})(?: ?\d{{2,3}})?"
    rf"|[{_SMALL}]{{2}} ?\d{{3,4}} ?\d{{2,3}}|\d{{4}} ?[{_SMALL}]{{2}} ?\d{{2,3}})(?!\w)",
    re.I,
)
_MEASURES = frozenset({"мм", "см", "км", "тн", "кв"})
_WORDS = frozenset({"НА", "ОТ", "НЕ", "СО", "ВО", "КО", "ТО", "МЫ", "ОН", "АН"})
_FLAT = re.compile(
    r"(?<!\w)(?:кв|квартир(?:а|ы|е|у|ой)|апартамент\w{0,3}|апарт|апт|комн|комнат(?:а|ы|е|у|ой)|flat|apt|apartment)"
    r"(?:\. ?| )?(?:(?:no?\.?|номер) ?)?"
    r"(?!(?:19|20)\d\d\b|\d+ ?г(?:\b|од))\d{1,4}[а-яa-z]?(?!\w| ?(?:кв\.? ?)?[мm]\b)",
    re.I,
)
_FLAT_TURNED = re.compile(
    r"(?<!\w)(?:в (\d{1,4} квартир[еу])|из (\d{1,4} квартиры)|над (\d{1,4} квартирой)|под (\d{1,4} квартирой)"
    r"|(\d{1,4}-?(?:я|й|ю|ая|ой|ую) кв(?:артир(?:а|ы|е|у|ой)|\.)))(?!\w)",
    re.I,
)


def found_in(text: str) -> Iterator[tuple[Private, Span]]:
    """Yield what is private in a folded text, the surer kinds first; spans may overlap."""
    digits = sum(sign.isdigit() for sign in text)
    yield from ((Private.EMAIL, found.span()) for found in _EMAIL.finditer(text))
    if not digits:
        return
    yield from ((Private.CARD, span) for span in _cards(text))
    yield from ((Private.SNILS, span) for span in _snils(text))
    yield from ((Private.PASSPORT, found.span(found.lastindex or 0)) for found in _PASSPORT.finditer(text))
    if digits >= _SHORTEST_PHONE:
        yield from ((Private.PHONE, found.span(1)) for found in _LOCAL.finditer(text) if _is_long_enough(found[1]))
    if _MAYBE_PHONE.search(text) is not None:
        yield from ((Private.PHONE, span) for span in _phones(text))
    yield from ((Private.PLATE, span) for span in _plates(text))
    yield from ((Private.FLAT, found.span()) for found in _FLAT.finditer(text))
    yield from ((Private.FLAT, found.span(found.lastindex or 0)) for found in _FLAT_TURNED.finditer(text))


def _cards(text: str) -> Iterator[Span]:
    yield from (found.span(1) for found in _CARD_NAMED.finditer(text))
    yield from (found.span() for found in _CARD.finditer(text) if is_card(_digits(found[0])))


def _snils(text: str) -> Iterator[Span]:
    yield from (found.span(1) for found in _SNILS_NAMED.finditer(text))
    yield from (found.span() for found in _SNILS.finditer(text) if is_snils(_digits(found[0])))


def _phones(text: str) -> Iterator[Span]:
    for match in PhoneNumberMatcher(text, REGION, leniency=Leniency.VALID):
        # The numbers that cost the caller nothing are those of hot lines: nobody's own.
        if number_type(match.number) != PhoneNumberType.TOLL_FREE:
            yield match.start, match.end
    for pattern in (_MOBILE, _MOBILE_SHORT):
        yield from (found.span() for found in pattern.finditer(text))


def _plates(text: str) -> Iterator[Span]:
    for found in _PLATE.finditer(text):
        if not (found[1] in _MEASURES and found[2] is None):
            yield found.span()
    yield from (found.span() for found in _PLATE_SPACED.finditer(text) if found[1] not in _WORDS)
    for found in _PLATE_NAMED.finditer(text):
        pair = found["pair"] or ""
        if pair not in _MEASURES and pair.upper() not in _WORDS:
            yield found.span(1)


def _is_long_enough(text: str) -> bool:
    return len(_digits(text)) >= _SHORTEST_PHONE


def _digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())
