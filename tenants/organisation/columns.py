"""What the columns of a sheet are called, in Russian and English, and where the header is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leancity.tenants.organisation.words import folded

HEADER_WITHIN = 40
"""Rows from the top among which the header is looked for."""
LEVEL = "level"
"""A column of units' titles in a list of people; several of them are levels, from the left."""

_ALIASES = {
    "number": "№|№ п/п|№ пп|п/п|номер|номер п/п|n|n п/п|no|number|#",
    "code": "код|шифр|идентификатор|id|code|key",
    "unit_code": "код подразделения|код структурного подразделения|unit code",
    "title": "наименование|наименование подразделения|название|название подразделения|полное наименование|"
    "наименование структурного подразделения|наименование органа|наименование организации|наименование учреждения|"
    "title|unit title|unit name",
    "parent": "вышестоящее|вышестоящее подразделение|вышестоящий орган|родитель|родительское подразделение|входит в|"
    "в составе|входит в состав|подчинение|подчинено|головное подразделение|вышестоящая организация|код вышестоящего|"
    "код вышестоящего подразделения|код родителя|учредитель|parent|parent unit|parent code",
    "kind": "вид|тип|вид подразделения|тип подразделения|kind|type",
    "legal_form": "организационно-правовая форма|опф|правовая форма|legal form",
    "inn": "инн|инн организации|инн юл|inn|tax id",
    "head": "фио руководителя|ф.и.о. руководителя|руководитель подразделения|начальник|директор|head|head of unit|"
    "руководитель (фио)|руководитель ф.и.о.|manager",
    "leads": "руководитель|является руководителем|is head",
    "name": "фио|ф.и.о.|ф и о|фамилия имя отчество|фамилия, имя, отчество|сотрудник|работник|фио сотрудника|"
    "ф.и.о. сотрудника|фио работника|ф.и.о. работника|full name|name|employee|person",
    "last": "фамилия|last name|surname|family name",
    "first": "имя|first name|given name",
    "middle": "отчество|middle name|patronymic",
    "position": "должность|наименование должности|занимаемая должность|должность по штатному расписанию|position|"
    "job title|post",
    LEVEL: "подразделение|структурное подразделение|управление|отдел|департамент|комитет|сектор|служба|орган|"
    "управление/отдел|отдел/сектор|отдел (сектор)|управление (отдел)|организация|учреждение|место работы|unit|"
    "department|division|office|код и наименование подразделения|управление, комитет|комитет, управление|"
    "департамент/управление|группа",
    "email": "e-mail|email|e mail|почта|электронная почта|эл. почта|адрес электронной почты|эл. адрес|mail|"
    "адрес эл. почты|электронный адрес",
    "phone": "телефон|тел|тел.|номер телефона|рабочий телефон|контактный телефон|моб. телефон|мобильный телефон|"
    "сотовый телефон|телефоны|phone|telephone|mobile",
    "role": "роль|роли|роль в системе|роли в системе|права|права доступа|роль доступа|role|roles",
}
_FIELDS = {folded(alias): field for field, aliases in _ALIASES.items() for alias in aliases.split("|")}
_BARE = {re.sub(r"[^\w#№]", "", alias.casefold()): f for f, all_ in _ALIASES.items() for alias in all_.split("|")}
PERSON = frozenset({"name", "last", "first"})
_TELLS_UNITS = frozenset({"parent", "inn", "kind", "legal_form"})
_UNITS = frozenset({"code", "parent", "kind", "legal_form", "inn", "head", "leads", "number"})


@dataclass(frozen=True, kw_only=True)
class Header:
    """A header found: its first row and how many rows it takes (from 0), the words of each column, field to columns."""

    row: int
    height: int
    words: tuple[str, ...]
    fields: Mapping[str, tuple[int, ...]]

    @property
    def is_of_people(self) -> bool:
        return "name" in self.fields or "last" in self.fields

    @property
    def is_of_units(self) -> bool:
        return not self.is_of_people and "title" in self.fields and bool(_UNITS & self.fields.keys())

    def column(self, field: str) -> int | None:
        """Return the column of a field."""
        return self.fields[field][0] if field in self.fields else None


def find_header(rows: Sequence[Sequence[str]], filled: Sequence[Sequence[str]]) -> Header | None:
    """Return the header of a sheet, the row or the two rows that name most fields, None where nothing names two.

    ``filled``: the rows with every merged cell's words in all of its places.
    """
    best: Header | None = None
    for place in range(min(HEADER_WITHIN, len(rows))):
        if not any(rows[place]):
            continue
        one = _header(place, 1, tuple(filled[place]))
        candidates = [one]
        if place + 1 < len(rows):
            candidates.append(_header(place, 2, _joined(filled[place], filled[place + 1])))
        for found in candidates:
            score = _score(found)
            if score > 1 and (score, -found.height) > (_score(best), -best.height if best else 0):
                best = found
    return best


def field_of(words: str) -> str:
    """Return the field that a header names, "" for none."""
    return _FIELDS.get(folded(words)) or _BARE.get(re.sub(r"[^\w#№]", "", words.casefold().replace("ё", "е")), "")


def _score(header: Header | None) -> int:
    if header is None or not (header.is_of_people or header.is_of_units):
        return 0
    return sum(len(places) for places in header.fields.values())


def _header(row: int, height: int, words: tuple[str, ...]) -> Header:
    fields: dict[str, list[int]] = {}
    seen: set[str] = set()
    for place, said in enumerate(words):
        field = field_of(said) or field_of(said.rpartition(" / ")[2]) if said else ""
        if field and (field == LEVEL or field not in seen) and not (field == LEVEL and said in seen):
            fields.setdefault(field, []).append(place)
            seen |= {field, said}
    return Header(row=row, height=height, words=words, fields=_settled(fields))


def _settled(fields: dict[str, list[int]]) -> dict[str, tuple[int, ...]]:
    """Return the fields as the sheet means them: «Руководитель» of a unit is its head, «Наименование» among people
    their unit; «Подразделение» of a list of units is their title."""
    if "title" not in fields and {"name"} == PERSON & fields.keys() and _TELLS_UNITS & fields.keys():
        fields["title"] = fields.pop("name")  # «Name» beside «Parent»
    if "unit_code" in fields and "code" not in fields and not PERSON & fields.keys():
        fields["code"] = fields.pop("unit_code")
    if PERSON & fields.keys():
        if "title" in fields:
            fields[LEVEL] = sorted([*fields.get(LEVEL, []), *fields.pop("title")])
        for field in ("code", "parent", "kind", "legal_form", "inn", "head"):
            fields.pop(field, None)
    else:
        if "leads" in fields and "head" not in fields:
            fields["head"] = fields.pop("leads")
        if "title" not in fields and len(fields.get(LEVEL, [])) == 1:
            fields["title"] = fields.pop(LEVEL)
        for field in (LEVEL, "unit_code", "position", "email", "phone", "role", "leads"):
            fields.pop(field, None)
    return {field: tuple(places) for field, places in fields.items()}


def _joined(above: Sequence[str], below: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a header of two rows: «Контакты» over «Телефон»."""
    words = []
    for upper, lower in zip(above, below, strict=True):
        if not lower or lower == upper:
            words.append(upper)
        else:
            words.append(f"{upper} / {lower}" if upper else lower)
    return tuple(words)
