"""Addresses that people are reached at and known by: an e-mail address or a phone number, as it is stored."""

from __future__ import annotations

from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

from leancity.core.cases.checks import keepable
from leancity.core.errors import refuse
from leancity.core.identity.masking import is_masked
from leancity.core.identity.residents import checked_email

REGION = "RU"
"""Whose number one without a country's code is; numbers of all other countries are taken with theirs."""

# What a message can't reach, or what its receiver is paid for (0900, 8-800), is no address of a person.
_REACHED = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


@dataclass(frozen=True, kw_only=True)
class Address:
    """``text`` is an e-mail address in lower case, or a mobile phone's number as E.164 writes it: +79241234567."""

    text: str
    is_phone: bool

    @property
    def email(self) -> str:
        return "" if self.is_phone else self.text

    @property
    def phone(self) -> str:
        return self.text if self.is_phone else ""


def checked_address(typed: str, field: str) -> Address:
    """Return the address that somebody typed; refuse what is none, naming ``field``."""
    typed = keepable(typed).strip()
    if not typed:
        raise refuse("required", field)
    if "@" in typed:
        return Address(text=checked_email(typed, field), is_phone=False)
    if is_masked(typed):
        raise refuse("masked_value", field)
    number = _number(typed)
    if number is None or phonenumbers.number_type(number) not in _REACHED:
        raise refuse("address_invalid", field)
    return Address(text=phonenumbers.format_number(number, PhoneNumberFormat.E164), is_phone=True)


def phones_of(digits: str) -> set[str]:
    """Return which numbers (E.164) may be meant by digits alone: with the country's code, or as one dials at home."""
    read = (_number(digits), _number(f"+{digits}"))
    return {phonenumbers.format_number(each, PhoneNumberFormat.E164) for each in read if each is not None}


def _number(typed: str) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(typed, REGION)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None
