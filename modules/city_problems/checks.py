"""What a new report must hold: all that is wrong with one is told at once, each with its field."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import phonenumbers

from leancity.core.cases.checks import LONG
from leancity.core.errors import Problem, Refused
from leancity.core.identity.addresses import REGION
from leancity.core.identity.masking import is_masked
from leancity.core.identity.principal import current_principal
from leancity.core.identity.residents import checked_email
from leancity.core.privacy.signs import has_odd_signs, is_blank
from leancity.modules.city_problems.questions.answers import Answer, checked
from leancity.modules.city_problems.settings import CityProblemsSettings

if TYPE_CHECKING:
    from leancity.modules.city_problems.service import NewReport

LONGEST_CONTACT = 200
_CONTACTS = ("reporter_name", "reporter_phone", "reporter_email")


def checked_report(new: NewReport, category: str, city: CityProblemsSettings) -> list[Answer]:
    """Return the answers to the questions of ``category``; raise ``Refused`` with whatever is wrong with a report."""
    problems = [*_wrong(new, city)]
    answers: list[Answer] = []
    try:
        answers = checked(category, new.answers)
    except Refused as refused:
        problems += refused.problems
    if problems:
        raise Refused(*problems)
    return answers


def _wrong(new: NewReport, city: CityProblemsSettings) -> Iterator[Problem]:
    if is_blank(new.text):
        yield Problem(code="required", field="text")
    elif len(new.text) > LONG:
        yield Problem(code="too_long", field="text", params={"limit": LONG})
    yield from _wrong_place(new)
    if len(new.photos) + len(new.photo_urls) > city.most_photos:
        yield Problem(code="city_problems.too_many_photos", field="photos", params={"limit": city.most_photos})
    yield from _wrong_contacts(new, city)
    for name in ("text", "address", *_CONTACTS):
        if has_odd_signs(getattr(new, name)):
            yield Problem(code="signs_odd", field=name)


def _wrong_place(new: NewReport) -> Iterator[Problem]:
    if new.lat is None and new.lon is None:
        if is_blank(new.address):
            yield Problem(code="city_problems.place_required", field="point")
    elif not (_is_within(new.lat, 90) and _is_within(new.lon, 180)):
        yield Problem(code="city_problems.point_invalid", field="point")
    if len(new.address) > LONGEST_CONTACT:
        yield Problem(code="too_long", field="address", params={"limit": LONGEST_CONTACT})


def _is_within(degrees: float | None, limit: int) -> bool:
    return degrees is not None and math.isfinite(degrees) and abs(degrees) <= limit


def _wrong_contacts(new: NewReport, city: CityProblemsSettings) -> Iterator[Problem]:
    is_reachable = current_principal().is_resident  # by what they have signed in with
    if city.is_contact_required and not (is_reachable or new.reporter_phone.strip() or new.reporter_email.strip()):
        yield Problem(code="city_problems.contact_required", field="reporter_phone")
    for name in _CONTACTS:
        value = getattr(new, name).strip()
        if len(value) > LONGEST_CONTACT:
            yield Problem(code="too_long", field=name, params={"limit": LONGEST_CONTACT})
        elif is_masked(value):
            yield Problem(code="masked_value", field=name)
        elif value and name in _READERS:
            yield from _READERS[name](value)


def _wrong_phone(value: str) -> Iterator[Problem]:
    try:
        is_valid = phonenumbers.is_valid_number(phonenumbers.parse(value, REGION))
    except phonenumbers.NumberParseException:
        is_valid = False
    if not is_valid:
        yield Problem(code="city_problems.phone_invalid", field="reporter_phone")


def _wrong_email(value: str) -> Iterator[Problem]:
    try:
        checked_email(value, "reporter_email")
    except Refused as refused:
        yield from refused.problems


_READERS: dict[str, Callable[[str], Iterator[Problem]]] = {
    "reporter_phone": _wrong_phone,
    "reporter_email": _wrong_email,
}
