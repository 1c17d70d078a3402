"""Private data in texts for everybody: what is found of it, and what must stay."""

from __future__ import annotations

import re

import pytest

from leancity.core.privacy.finders import Private
from leancity.core.privacy.hiding import hide_private
from leancity.core.privacy.numbers import is_card, is_snils
from leancity.core.privacy.signs import has_odd_signs, is_blank, is_invisible
from tests.core.privacy.labelled import BEYOND, CARS, EMAILS, FLATS, PAPERS, PHONES, PLAIN, PRIVATE

RECALL, PRECISION = 0.94, 1.0
MARK = re.compile(r"<([^>]*)>")
KINDS = {
    PHONES: {Private.PHONE},
    EMAILS: {Private.EMAIL},
    PAPERS: {Private.CARD, Private.SNILS, Private.PASSPORT},
    CARS: {Private.PLATE},
    FLATS: {Private.FLAT},
}


def hidden(labelled: str) -> bool:
    """Tell whether every private piece of a labelled text is gone, and nothing else of it."""
    found = hide_private(MARK.sub(r"\1", labelled), "ru")
    around = "".join(sign for sign in MARK.sub("\0", labelled) if sign == "\0" or not is_invisible(sign))
    return re.fullmatch(r"\[[^\]]*\]".join(map(re.escape, around.split("\0"))), found.text) is not None


def test_the_set_is_large_enough() -> None:
    assert len(PRIVATE) >= 60 and len(PLAIN) >= 60
    assert all(MARK.search(text) for text in PRIVATE) and not any(MARK.search(text) for text in PLAIN)


def test_what_is_private_is_hidden_and_nothing_else() -> None:
    missed = [text for text in PRIVATE if not hidden(text)]
    touched = [text for text in PLAIN if hide_private(text, "ru").text != text]
    recall = 1 - len(missed) / len(PRIVATE)
    precision = (len(PRIVATE) - len(missed)) / (len(PRIVATE) - len(missed) + len(touched))
    assert (recall >= RECALL, precision >= PRECISION) == (True, True), (recall, precision, missed, touched)
    assert {*missed} == {*BEYOND}, "what is beyond reach is named, and no more than that"


@pytest.mark.parametrize("texts", KINDS, ids=lambda texts: texts[0][:20])
def test_the_kind_is_told(texts: tuple[str, ...]) -> None:
    for text in texts:
        if text not in BEYOND:
            assert {*hide_private(MARK.sub(r"\1", text), "ru").found} <= KINDS[texts], text


def test_the_words_are_in_the_language_asked_for_and_a_second_time_changes_nothing() -> None:
    text = "Позвоните 8 (914) 123-45-67, кв. 12, irina@mail.example, А123ВС65"
    russian = hide_private(text, "ru")
    assert russian.text == "Позвоните [телефон скрыт], [квартира скрыта], [почта скрыта], [номер машины скрыт]"
    assert russian.found == (Private.PHONE, Private.FLAT, Private.EMAIL, Private.PLATE)
    assert hide_private(text, "en").text.startswith("Позвоните [phone hidden], [flat hidden]")
    assert hide_private(russian.text, "ru").text == russian.text


def test_spans_that_overlap_leave_no_rest_of_a_number() -> None:
    found = hide_private("карта 4111 1111 1111 1111 89141234567", "ru")
    assert not any(sign.isdigit() for sign in found.text)


def test_long_texts_of_hostile_signs_are_read_in_the_end() -> None:
    for piece in ("1", "8 9", "a@", "a@b.c", "А123", "паспорт ", "кв ", "1\u200b", "(", "\ufdfa", "тел 8(9"):
        hide_private((piece * 20_000)[:20_000], "ru")


def test_numbers_that_check_themselves() -> None:
    assert is_snils("11223344595") and is_snils("08765430300") and not is_snils("11223344596")
    assert not is_snils("00100199800"), "numbers so small have no check digits"
    assert is_card("4111111111111111") and not is_card("4111111111111112") and not is_card("9111111111111111")


def test_signs_that_nobody_types() -> None:
    assert not has_odd_signs("Яма\n\tу дома «12» 👨‍👩‍👧 ё́")
    for sign in "\0\x07\x1b\x7f\x85\u202e\u2066\ud800\uffff":
        assert has_odd_signs(f"a{sign}b"), hex(ord(sign))
    assert is_blank(" \u200b\u2060\ufeff\n") and not is_blank("\u200ba")
