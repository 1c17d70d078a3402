"""Numbers that check themselves: of bank cards, and of the pension insurance (СНИЛС)."""

from __future__ import annotations

from stdnum import luhn

_FIRST_CHECKED = 1_001_998
"""Numbers of СНИЛС up to this one have no check digits."""


def is_card(digits: str) -> bool:
    """Tell whether 15 to 19 digits are a bank card's: by their first one, and by Luhn's check digit."""
    return digits[0] in "23456" and luhn.is_valid(digits)


def is_snils(digits: str) -> bool:
    """Tell whether eleven digits are a СНИЛС: the last two check the first nine.

    Постановление Правления ПФР от 31.07.2006 № 192п: the sum of digit times place, counted from the right, where it
    exceeds 101 its rest by 101; 100 and 101 are written 00.
    """
    number, check = digits[:9], int(digits[9:])
    if int(number) <= _FIRST_CHECKED:
        return False
    total = sum(int(digit) * (9 - place) for place, digit in enumerate(number))
    return total % 101 % 100 == check
