"""Words of a workbook: cleaned, compared, written in Latin letters; which known one was meant."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches

from leancity.core.cases.checks import keepable

_LOOKS = str.maketrans("AaBCcEeHKkMOoPpTXxy", "АаВСсЕеНКкМОоРрТХху")
_LATIN = re.compile(r"[A-Za-z]")
_CYRILLIC = re.compile(r"[А-Яа-яЁё]")
_WORD = re.compile(r"[^\W\d_]+")
_HYPHENS = re.compile("[\u2010-\u2015\u2212]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2028\u2029\ufeff]")
_PARTS = re.compile(r"[^\W_]+")
_LETTERS = dict(
    zip(
        "абвгдезийклмнопрстуфхцчшщъыьэюя",
        [
            "a",
            "b",
            "v",
            "g",
            "d",
            "e",
            "z",
            "i",
            "y",
            "k",
            "l",
            "m",
            "n",
            "o",
            "p",
            "r",
            "s",
            "t",
            "u",
            "f",
            "kh",
            "ts",
            "ch",
            "sh",
            "shch",
            "",
            "y",
            "",
            "e",
            "yu",
            "ya",
        ],
        strict=True,
    )
) | {"ё": "e", "ж": "zh"}
_NEAR = 0.75


def cell_text(value: object) -> str:
    """Return a cell as its sheet shows it, on one line; whole numbers without a point, days as 31.12.2026."""
    match value:
        case bool():
            return "да" if value else "нет"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case datetime() | date():
            return f"{value:%d.%m.%Y}"
        case time() | timedelta():
            return str(value)
        case _:
            return clean(str(value))


def clean(text: str) -> str:
    """Return a text without doubled and hard blanks, line breaks and invisible letters, its words in one script.

    A Latin letter in a Cyrillic word («Oтдел») becomes the Cyrillic one that looks the same.
    """
    text = " ".join(_INVISIBLE.sub("", keepable(text)).split())
    if _LATIN.search(text) and _CYRILLIC.search(text):
        text = _WORD.sub(_in_one_script, text)
    return text


def _in_one_script(word: re.Match[str]) -> str:
    found = word[0]
    if not (_LATIN.search(found) and _CYRILLIC.search(found)):
        return found
    changed = found.translate(_LOOKS)
    return found if _LATIN.search(changed) else changed


def folded(text: str) -> str:
    """Return a text as it is compared: without regard to case, ё, quotes, points and hyphens."""
    text = _HYPHENS.sub("-", text).casefold().replace("ё", "е")
    return " ".join(_PARTS.findall(text))


def in_latin(text: str) -> str:
    """Return a text in Latin letters, figures and hyphens."""
    letters = "".join(_LETTERS.get(letter, letter) for letter in text.casefold())
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")


def digest(*parts: str) -> str:
    """Return eight figures that stand for texts, as they are compared."""
    return hashlib.sha256("\0".join(folded(part) for part in parts).encode()).hexdigest()[:8]


def nearest(text: str, known: Iterable[str]) -> str:
    """Return the known text that is spelt most alike, "" when none is."""
    by_fold = {folded(each): each for each in known}
    found = get_close_matches(folded(text), by_fold, n=1, cutoff=_NEAR)
    return by_fold[found[0]] if found else ""


def column_letters(place: int) -> str:
    """Return A for 0."""
    letters = ""
    while place >= 0:
        letters = chr(65 + place % 26) + letters
        place = place // 26 - 1
    return letters
