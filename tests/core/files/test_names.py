"""Names: every script stays, nothing that misleads a person or a disk does."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leancity.core.files.kinds import JPEG, KINDS, PDF, TEXT, Kind
from leancity.core.files.names import LONGEST, clean_name

kinds = st.sampled_from([*KINDS.values()])
nasty = st.text(st.one_of(st.characters(), st.sampled_from('./\\:*?"<>|\0\r\n\u202e\u200d\u0301 CON.exeé\U0001f3fd')))
BIDI = {*"\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}


@given(nasty, kinds)
def test_any_name_is_made_harmless(name: str, kind: Kind) -> None:
    cleaned = clean_name(name, kind)
    stem, dot, extension = cleaned.rpartition(".")
    assert 0 < len(cleaned) <= LONGEST
    assert stem and f"{dot}{extension}".lower() in kind.extensions
    assert not set('/\\:*?"<>|') & {*cleaned} and not BIDI & {*cleaned}
    assert all(unicodedata.category(each) not in {"Cc", "Cs", "Zl", "Zp"} for each in cleaned)
    assert stem[0] not in ". " and stem[-1] not in ". "
    assert cleaned.partition(".")[0].lower() not in RESERVED
    cleaned.encode()
    assert clean_name(cleaned, kind) == cleaned, "cleaning a clean name changes nothing"


@pytest.mark.parametrize(
    "name",
    [
        "Фото ямы на ул. Ленина.jpg",
        "照片.jpg",
        "صورة الشارع.jpg",
        "תמונה.jpg",
        "写真ー１.jpg",
        "사진.jpg",
        "ภาพถ่าย.jpg",
        "चित्र.jpg",
        "👨\u200d👩\u200d👧 семья 👍🏽.jpg",
        "می\u200cخواهم.jpg",
        "É.JPEG",
        "Приказ № 5 от 12.03.2024 (копия).jpg",
    ],
)
def test_names_in_every_script_stay(name: str) -> None:
    assert clean_name(name, JPEG) == name


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\Анна\\яма.JPG", "яма.JPG"),
        ("..", "file.jpg"),
        ("", "file.jpg"),
        ("....jpg", "jpg.jpg"),
        (".htaccess", "htaccess.jpg"),
        ("a\0.jpg", "a.jpg"),
        ("фото\u202egpj.exe", "фотоgpj.jpg"),
        ("a\r\nSet-Cookie: x.jpg", "a Set-Cookie_ x.jpg"),
        ("con", "_con.jpg"),
        ("NUL.txt", "_NUL.jpg"),
        ("com1.tar.gz", "_com1.tar.jpg"),
        ("photo.jpg.exe", "photo.jpg"),
        ("photo.heic", "photo.jpg"),
        ("photo.jpg. . .", "photo.jpg"),
        ("от 12.03.2024", "от 12.03.2024.jpg"),
    ],
)
def test_tricks_come_to_nothing(name: str, cleaned: str) -> None:
    assert clean_name(name, JPEG) == cleaned


def test_the_extension_is_the_kinds_own() -> None:
    assert clean_name("счёт.jpg", PDF) == "счёт.pdf"
    assert clean_name("notes.md", TEXT) == "notes.md"


def test_a_long_name_is_cut_between_letters() -> None:
    assert len(clean_name("я" * 500 + ".jpeg", JPEG)) == LONGEST
    family = "👨\u200d👩\u200d👧"
    cut = clean_name(family * 80, JPEG).removesuffix(".jpg")
    assert cut == family * (len(cut) // len(family)), "no half of a family is left"
