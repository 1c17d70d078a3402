"""What a title says of its unit: a body, a department or a legal entity, and how high it usually stands."""

from __future__ import annotations

import re

from leancity.core.identity.units import LegalForm, UnitKind
from leancity.tenants.organisation.words import folded

_FORMS = (
    (r"(муниципальн\w+ )(\w+ )*?казенн\w+ (\w+ )*?учрежден\w+|казенн\w+ (\w+ )*?учрежден\w+", LegalForm.MKU),
    (r"(муниципальн\w+ )(\w+ )*?бюджетн\w+ (\w+ )*?учрежден\w+|бюджетн\w+ (\w+ )*?учрежден\w+", LegalForm.MBU),
    (r"(муниципальн\w+ )(\w+ )*?автономн\w+ (\w+ )*?учрежден\w+|автономн\w+ (\w+ )*?учрежден\w+", LegalForm.MAU),
    (r"муниципальн\w+ (унитарн\w+ |казенн\w+ )*предприят\w+|унитарн\w+ предприят\w+", LegalForm.MUP),
    (r"обществ\w+ с ограниченной ответственностью", LegalForm.OOO),
    (r"((публичн|открыт|закрыт|непубличн)\w+ )?акционерн\w+ обществ\w+", LegalForm.AO),
    (r"мк[а-я]{0,4}у[а-я]{0,2}|мку", LegalForm.MKU),
    (r"мб[а-я]{0,4}у[а-я]{0,2}|мбу", LegalForm.MBU),
    (r"ма[а-я]{0,4}у[а-я]{0,2}|мау", LegalForm.MAU),
    (r"муп|мкп|мп", LegalForm.MUP),
    (r"ооо", LegalForm.OOO),
    (r"[поз]?ао", LegalForm.AO),
)
_BEGINS = tuple((re.compile(rf"(?:{pattern})\b"), form) for pattern, form in _FORMS)
_BODY = re.compile(
    r"(\w+ )?(администрац|департамент|комитет|управлен|министерств|инспекц|дума|мэри|аппарат|палат|собрани|совет)\w*\b"
)
_RANKS = (
    (re.compile(r"(администрац|мэри|дума|собрани|глава)\w*\b"), 0),
    # «Управление» after «Департамент» may be a part of it or its neighbour: as a neighbour nobody gains power over it.
    (re.compile(r"(\w+ )?(департамент|комитет|управлен|инспекц|палат|аппарат)\w*\b"), 1),
    (re.compile(r"(\w+ )?(сектор|групп|бюро|участ)\w*\b"), 3),
)
_UNIT_WORD = re.compile(
    r"(\w+ ){0,2}?(администрац|департамент|комитет|управлен|инспекц|палат|аппарат|отдел|отделени|сектор|групп|служб|"
    r"бюро|участ|бухгалтери|приемн|канцеляри|архив|центр|дума|мэри|руководств|секретариат|цех|касс)\w*\b"
)
_USUAL_RANK = 2
_ENTITY_RANK = 1
_KIND_WORDS = (
    (re.compile(r"юр|учрежден|предприят|организац|legal|entity|подведомств"), UnitKind.LEGAL_ENTITY),
    (re.compile(r"орган|body"), UnitKind.BODY),
    (re.compile(r"отдел|подраздел|сектор|департамент|управлен|комитет|department"), UnitKind.DEPARTMENT),
)


def legal_form_of(title: str) -> LegalForm | None:
    """Return the form that a title or a kind begins with («МБУ», «МБОУ», «Муниципальное казённое учреждение»)."""
    words = folded(title)
    return next((form for pattern, form in _BEGINS if pattern.match(words)), None)


def kind_of(title: str, told: str = "") -> tuple[UnitKind, LegalForm | None]:
    """Return a unit's kind and form: by the form of its title or of ``told``, what its own column says, else by words.

    An entity whose form nobody tells has None.
    """
    form = legal_form_of(title) or legal_form_of(told)
    if form is not None:
        return UnitKind.LEGAL_ENTITY, form
    by_word = UnitKind.BODY if _BODY.match(folded(title)) else UnitKind.DEPARTMENT
    said = next((kind for pattern, kind in _KIND_WORDS if pattern.search(folded(told))), by_word)
    return (said, None) if said is not UnitKind.DEPARTMENT else (by_word, None)


def rank_of(title: str) -> int:
    """Return how high such a unit usually stands, 0 the highest: for headings that tell no more than their words."""
    words = folded(title)
    if legal_form_of(title) is not None:
        return _ENTITY_RANK
    return next((rank for pattern, rank in _RANKS if pattern.match(words)), _USUAL_RANK)


def is_unit_title(text: str) -> bool:
    """Tell whether a text looks like a unit's title rather than a person or a remark."""
    words = folded(text)
    return legal_form_of(text) is not None or _UNIT_WORD.match(words) is not None
