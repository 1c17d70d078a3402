"""Who heads a unit: whom its line names, else whom the list of people marks, else whose position says so."""

from __future__ import annotations

import re
from collections import defaultdict

from leancity.tenants.organisation.lines import Person, Unit
from leancity.tenants.organisation.model import Findings
from leancity.tenants.organisation.people import without_acting
from leancity.tenants.organisation.words import folded

_HEADS = re.compile(
    r"(начальник|директор|руководител|председател|заведующ|управляющ|глав[аы]\b|мэр\b|head\b|director\b)"
)
_OWN = re.compile(
    r"отдел|управлен|комитет|департамент|сектор|служб|администрац|групп|центр|инспекц|палат|аппарат|учрежден|предприят"
)
_BETWEEN = re.compile(r"\s*[;,/]\s*|\s+и\s+")
_SHORT_NAME = re.compile(r"(\w+) (\w) (\w)|(\w) (\w) (\w+)")


def settle_heads(units: list[Unit], people: list[Person], found: Findings) -> dict[int, Person]:
    """Return unit (by its identity) to head; tell units without one, with two, with one who is nobody or elsewhere."""
    taken = [unit for unit in units if unit.is_taken]
    if not people:
        if taken:
            found.note("organisation_people_none", ("", 0, ""))
        return {}
    names, of_unit = _by_name(people), defaultdict[int, list[Person]](list)
    for person in people:
        if person.unit is not None:
            of_unit[id(person.unit)].append(person)
    heads: dict[int, Person] = {}
    for unit in taken:
        staff = of_unit[id(unit)]
        head = _named(unit, names, found) if unit.head else _from_staff(unit, staff, found)
        if head is not None:
            heads[id(unit)] = head
        if unit.head:
            continue
        if head is None:
            found.warning("organisation_head_missing", unit.at("head"), unit.title)
        elif unit.has_head_cell and not head.leads:
            found.warning("organisation_head_guessed", unit.at("head"), unit.title, row=head.place[1])
    return heads


def _named(unit: Unit, names: dict[str, list[Person]], found: Findings) -> Person | None:
    text, was_acting = without_acting(unit.head)
    if was_acting:
        found.note("organisation_acting", unit.at("head"), unit.head)
    parts = [part for part in _BETWEEN.split(text) if part]
    if len(parts) > 1 and not names.get(folded(text)):
        found.warning("organisation_heads_two", unit.at("head"), unit.head, taken=parts[0])
        text = parts[0]
    meant = names.get(folded(text)) or names.get(_short(folded(text)), [])
    here = [person for person in meant if person.unit is unit]
    if here or len(meant) == 1:
        head = (here or meant)[0]
        if not here:
            found.warning("organisation_head_elsewhere", unit.at("head"), unit.head, row=head.place[1])
        return head
    code = "organisation_head_ambiguous" if meant else "organisation_head_unknown"
    found.warning(code, unit.at("head"), unit.head)
    return None


def _from_staff(unit: Unit, staff: list[Person], found: Findings) -> Person | None:
    """Return who is marked, else whose position is that of a head; two who are alike are told."""
    marked = [person for person in staff if person.leads]
    fits = {id(person): _fitness(person.position, unit.title) for person in staff}
    best = max(fits.values(), default=0)
    likely = marked or [person for person in staff if best and fits[id(person)] == best]
    for person in likely[1:]:
        place = person.at("leads") if marked else person.at("position")
        found.warning("organisation_heads_two", place, person.name, taken=likely[0].name)
    return likely[0] if likely else None


def _fitness(position: str, title: str) -> int:
    """Return 0 for no head, 1 for a head of something else («Начальник смены»), more for one of such a unit."""
    words = folded(position)
    if not _HEADS.match(words):
        return 0
    told = set(_OWN.findall(words))
    if told:
        return 3 if told & {*_OWN.findall(folded(title))} else 0
    return 2 if len(words.split()) == 1 or not words.startswith("начальник") else 1


def _by_name(people: list[Person]) -> dict[str, list[Person]]:
    """Return people by whole name, by surname with initials, by e-mail and by login."""
    names: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        whole = folded(person.name)
        keys = {whole, _short(whole), folded(person.email), folded(person.login)}
        parts = whole.split()
        if len(parts) == 3:
            keys.add(f"{parts[0]} {parts[1][0]} {parts[2][0]}")
        for key in keys - {""}:
            names[key].append(person)
    return names


def _short(name: str) -> str:
    """Return «иванов и и» of a name with initials, wherever they stand; "" of another."""
    match = _SHORT_NAME.fullmatch(name)
    if match is None:
        return ""
    last, first, middle = (match[1], match[2], match[3]) if match[1] else (match[6], match[4], match[5])
    return f"{last} {first} {middle}"
