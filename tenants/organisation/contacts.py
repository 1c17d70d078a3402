"""What a cell with an e-mail address, a telephone number or an INN holds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from stdnum.exceptions import ValidationError
from stdnum.ru import inn as inn_number

from leancity.core.errors import Refused
from leancity.core.identity.residents import checked_email

_SEPARATORS = re.compile(r"[\s;,/]+")
_EXTENSION = re.compile(r"\(?\b(?:доб|вн|ext)\w*\.?\s*:?\s*\d{1,6}\)?", re.IGNORECASE)
_PHONE = re.compile(r"(?<!\d)(?:\+?7|8)?[\s\-(]*\d(?:[\s\-()]*\d){9}")
_FIGURES = re.compile(r"\d")
_ANOTHER = 5
"""Figures beside a number that are a second one rather than a slip of the first."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """``value``: the first that is valid, "" for none. ``is_wrong``: none is. ``is_several``: there are more."""

    value: str = ""
    is_wrong: bool = False
    is_several: bool = False


def read_email(cell: str) -> Read:
    """Return the first valid address, lower case."""
    parts = [part for part in _SEPARATORS.split(cell) if part]
    valid = list(dict.fromkeys(each for part in parts if (each := _email(part))))
    return Read(value=valid[0] if valid else "", is_wrong=bool(parts) and not valid, is_several=bool(valid[1:]))


def read_phone(cell: str) -> Read:
    """Return the first number with its ten figures behind +7; one without the code of its town is none."""
    bare = _EXTENSION.sub(" ", cell)
    numbers = _PHONE.findall(bare)
    left = len(_FIGURES.findall(_PHONE.sub(" ", bare)))
    if not numbers or 0 < left < _ANOTHER:
        return Read(is_wrong=bool(cell))
    return Read(value=f"+7{''.join(_FIGURES.findall(numbers[0]))[-10:]}", is_several=len(numbers) > 1 or left > 0)


def read_inn(cell: str) -> Read:
    """Return an organisation's INN, with the zero that a sheet drops from a number's begin."""
    figures = "".join(cell.split())
    for each in (figures, f"0{figures}"):
        try:
            if len(inn_number.validate(each)) == 10:
                return Read(value=each)
        except ValidationError:
            continue
    return Read(is_wrong=bool(cell))


def _email(part: str) -> str:
    try:
        return checked_email(part)
    except Refused:
        return ""
