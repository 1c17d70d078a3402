"""The people of a workbook: each checked, put into their unit, told once, with a login of their own."""

from __future__ import annotations

import re
from collections import defaultdict

from leancity.core.cases.checks import SHORT
from leancity.core.identity.accounts import LONGEST_LOGIN
from leancity.core.identity.residents import LONGEST_NAME
from leancity.tenants.organisation.contacts import read_email, read_phone
from leancity.tenants.organisation.lines import Person, Unit
from leancity.tenants.organisation.model import Findings, PersonLine
from leancity.tenants.organisation.tree import Tree
from leancity.tenants.organisation.words import digest, folded, in_latin

ACTING = re.compile(
    r"\(?\s*\b(?:[ив]\.\s?о\.|И\.\s?о\.|ио(?=\s)|вр\.?\s?и\.?\s?о\.?|врио|врип|(?:временно\s+)?исполняющ\w+\s+обязанности)"
    r"\s*\)?(?=\s|$)\s*",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"[А-ЯЁ]\.\s?[А-ЯЁ]\.\s")
_NOMINATIVE = {
    "начальника": "начальник",
    "директора": "директор",
    "руководителя": "руководитель",
    "председателя": "председатель",
    "заместителя": "заместитель",
    "заведующего": "заведующий",
    "заведующей": "заведующая",
    "управляющего": "управляющий",
    "главы": "глава",
    "главного": "главный",
}


def checked_people(people: list[Person], tree: Tree, found: Findings, *, declared: bool) -> list[Person]:
    """Return those of the people that are taken, each with their unit and login."""
    has_units = bool(tree.units) or any(person.path for person in people)
    if people and not has_units:
        found.warning("organisation_units_none", (people[0].place[0], 0, ""))
    taken = [
        person
        for person in people
        if _check(person, found) and _find_unit(person, tree, found, declared=declared, has_units=has_units)
    ]
    tree.settle_keys()  # logins of namesakes are made of them
    taken = _once(taken, found)
    _set_logins(taken)
    return taken


def person_line(person: Person, *, is_head: bool) -> PersonLine:
    """Return a person as an organisation keeps them."""
    unit = person.unit if person.unit is not None and person.unit.is_taken else None
    return PersonLine(
        login=person.login,
        name=person.name,
        position=person.position,
        unit=unit.key if unit else "",
        email=person.email,
        phone=person.phone,
        roles=list(person.roles),
        is_head=is_head,
        sheet=person.place[0],
        row=person.place[1],
    )


def without_acting(text: str) -> tuple[str, bool]:
    """Return a text without «и.о.» and the like, and whether there was any."""
    if _INITIALS.match(text):
        return text, False
    bare = " ".join(ACTING.sub(" ", text).split())
    return (bare, True) if bare != text else (text, False)


def _check(person: Person, found: Findings) -> bool:
    if "вакан" in folded(person.name) or (not person.name and "вакан" in folded(person.position)):
        found.note("organisation_vacancy", person.at("name"), person.position)
        return False
    person.name, was_acting = without_acting(person.name)
    if was_acting:
        found.note("organisation_acting", person.at("name"), person.name)
    if not person.name:
        found.error("organisation_name_missing", person.at("name"), person.position)
        return False
    if len(person.name) > LONGEST_NAME:
        found.error("organisation_text_long", person.at("name"), person.name, limit=LONGEST_NAME)
        return False
    position, was_acting = without_acting(person.position)
    if was_acting:
        found.note("organisation_acting", person.at("position"), person.position)
        first, blank, rest = position.partition(" ")
        first = _NOMINATIVE.get(first.casefold(), first)
        person.position = f"{first[:1].upper()}{first[1:]}{blank}{rest}"
    if len(person.position) > SHORT:
        found.warning("organisation_text_cut", person.at("position"), person.position, limit=SHORT)
        person.position = person.position[:SHORT].rstrip()
    _check_contacts(person, found)
    return True


def _check_contacts(person: Person, found: Findings) -> None:
    email, phone = read_email(person.email), read_phone(person.phone)
    if email.is_wrong:
        found.warning("organisation_email_invalid", person.at("email"), person.email)
    elif email.is_several:
        found.warning("organisation_email_several", person.at("email"), person.email, taken=email.value)
    if phone.is_wrong:
        found.warning("organisation_phone_invalid", person.at("phone"), person.phone)
    elif phone.is_several:
        found.warning("organisation_phone_several", person.at("phone"), person.phone, taken=phone.value)
    person.email, person.phone = email.value, phone.value


def _find_unit(person: Person, tree: Tree, found: Findings, *, declared: bool, has_units: bool) -> bool:
    """Put a person into their unit; False for one whose unit nobody knows."""
    if not declared:
        person.unit = tree.mention(person.path, person.place, person.heading)
    elif person.code or person.path:
        words = person.code or person.path[-1]
        place = person.at("unit_code") if person.code else (*person.place[:2], person.path_column)
        units = tree.find(person.code) if person.code else tree.find_path(person.path)
        if not units and person.code and person.path:
            units = tree.find_path(person.path)
        if not units:
            found.error("organisation_unit_unknown", place, words, suggestion=tree.suggestion(words))
            return False
        if len(units) > 1:
            found.warning("organisation_unit_ambiguous", place, words, count=len(units))
        person.unit = units[0] if len(units) == 1 else None
        return True
    else:
        person.unit = person.heading
    if person.unit is None and has_units:
        found.warning("organisation_person_without_unit", (*person.place[:2], person.path_column), person.name)
    return True


def _once(people: list[Person], found: Findings) -> list[Person]:
    """Return the people without those told twice; an address of two people stays with the first."""
    taken: list[Person] = []
    emails: dict[str, Person] = {}
    names: dict[str, Person] = {}
    anybody, without_email = dict[tuple[str, int, str], Person](), dict[tuple[str, int, str], Person]()
    for person in people:
        name = folded(person.name)
        same = emails.get(person.email) if person.email else None
        if same is not None and folded(same.name) == name:
            found.warning("organisation_person_twice", person.at("name"), person.name, row=same.place[1])
            continue
        if same is not None:
            found.warning("organisation_email_shared", person.at("email"), person.email, row=same.place[1])
            person.email = ""
        place = name, id(person.unit), folded(person.position)
        twin = (without_email if person.email else anybody).get(place)  # two addresses are two people
        if twin is not None:
            found.warning("organisation_person_twice", person.at("name"), person.name, row=twin.place[1])
            continue
        if name in names:
            found.note("organisation_namesakes", person.at("name"), person.name, row=names[name].place[1])
        names.setdefault(name, person)
        anybody.setdefault(place, person)
        if person.email:
            emails[person.email] = person
        else:
            without_email[place] = person
        taken.append(person)
    return taken


def _set_logins(people: list[Person]) -> None:
    """Give each a login that doesn't depend on where in the file they stand: the e-mail's, else the name's.

    Where several would have the same one, figures behind it stand for the address, or for name and unit.
    """
    by_login: dict[str, list[Person]] = defaultdict(list)
    for person in people:
        local = person.email.partition("@")[0]
        name = ".".join(each for part in person.name.split() if (each := in_latin(part)))
        person.login_by_email = bool(local)
        person.login = (local or name or f"person-{digest(person.name)}")[: LONGEST_LOGIN - 20]
        by_login[person.login].append(person)
    taken = {login for login, those in by_login.items() if len(those) == 1}
    for login, those in by_login.items():
        if len(those) == 1:
            continue
        owners = [person for person in those if person.login_by_email]
        for person in those:
            if owners == [person]:
                taken.add(login)
                continue
            person.login = f"{login}.{_figures(person)}"
            while person.login in taken:
                person.login = f"{person.login}x"
            taken.add(person.login)


def _figures(person: Person) -> str:
    unit: Unit | None = person.unit
    return digest(person.email) if person.email else digest(person.name, unit.key if unit else "", person.position)
