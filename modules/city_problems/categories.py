"""The kinds of problem as a collection: a city, its profile and its history change them by the same way as the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from leancity.core.audit.log import record
from leancity.core.clock.deadline import DeadlineRule, StartRule
from leancity.core.clock.units import DeadlineUnit
from leancity.core.customs.collection import Collection
from leancity.core.customs.journal import BY_HAND, Cause, lock_city, note
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, refuse
from leancity.core.identity.tables import OrgUnit
from leancity.core.settings.declaration import ModuleSettings, Setting
from leancity.modules.city_problems.permissions import SETTINGS
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport

NAME = "city_problems.categories"
_DETAILS = (
    "description_ru",
    "description_en",
    "group_ru",
    "group_en",
    "keywords",
    "days",
    "radius",
    "is_private",
)
"""Fields of an item that the table keeps as one."""
_DEFAULTS: tuple[Any, ...] = ("", 0, [], ())


class CategoryItem(ModuleSettings, frozen=True, kw_only=True):
    """A kind of problem."""

    title_ru: Annotated[
        str,
        Setting(
            title={"en": "Name in Russian", "ru": "Название по-русски"},
            help={"en": "What residents choose.", "ru": "То, что выбирают жители."},
            max_length=200,
        ),
    ] = ""
    title_en: Annotated[
        str,
        Setting(
            title={"en": "Name in English", "ru": "Название по-английски"},
            help={"en": "The Russian one where it is empty.", "ru": "Если пусто, показывается русское."},
            max_length=200,
        ),
    ] = ""
    unit: Annotated[
        str,
        Setting(
            title={"en": "Unit that usually mends it", "ru": "Кто обычно исполняет"},
            help={"en": "Key of a unit, empty for none.", "ru": "Ключ подразделения, пусто — никто."},
            max_length=200,
        ),
    ] = ""
    description_ru: Annotated[
        str,
        Setting(
            title={"en": "Explanation in Russian", "ru": "Пояснение по-русски"},
            help={"en": "What belongs here and what does not.", "ru": "Что сюда относится, а что нет."},
            max_length=1000,
        ),
    ] = ""
    description_en: Annotated[
        str,
        Setting(
            title={"en": "Explanation in English", "ru": "Пояснение по-английски"},
            help={"en": "The Russian one where it is empty.", "ru": "Если пусто, показывается русское."},
            max_length=1000,
        ),
    ] = ""
    group_ru: Annotated[
        str,
        Setting(
            title={"en": "Group in Russian", "ru": "Раздел по-русски"},
            help={"en": "Under which it stands in the list.", "ru": "Под каким заголовком стоит в списке."},
            max_length=200,
        ),
    ] = ""
    group_en: Annotated[
        str,
        Setting(
            title={"en": "Group in English", "ru": "Раздел по-английски"},
            help={"en": "The Russian one where it is empty.", "ru": "Если пусто, показывается русский."},
            max_length=200,
        ),
    ] = ""
    keywords: Annotated[
        tuple[str, ...],
        Setting(
            title={"en": "Words by which it is found", "ru": "Слова для поиска"},
            help={"en": "As residents say it at home.", "ru": "Как это называют жители."},
            max_length=60,
            max_items=50,
        ),
    ] = ()
    days: Annotated[
        int,
        Setting(
            title={"en": "Working days promised", "ru": "Срок, рабочих дней"},
            help={
                "en": "For the whole, from the day after; 0 leaves the module's own target.",
                "ru": "На всё, со следующего дня; 0 — общая цель модуля.",
            },
            ge=0,
            le=365,
        ),
    ] = 0
    radius: Annotated[
        int,
        Setting(
            title={"en": "Duplicates within, metres", "ru": "Повторы в радиусе, метров"},
            help={"en": "0 leaves the city's setting.", "ru": "0 — как задано для города."},
            ge=0,
            le=2000,
        ),
    ] = 0
    is_private: Annotated[
        bool,
        Setting(
            title={"en": "Never shown to everybody", "ru": "Никогда не показывать всем"},
            help={
                "en": "Its reports are for who filed them and for staff.",
                "ru": "Такие сообщения видят только заявитель и сотрудники.",
            },
        ),
    ] = False
    is_off: Annotated[
        bool,
        Setting(
            title={"en": "Not offered", "ru": "Не предлагается"},
            help={"en": "Reports that have it keep it.", "ru": "У имеющихся сообщений она остаётся."},
        ),
    ] = False


@dataclass(frozen=True, kw_only=True)
class CategoryDetails:
    """What a category says beyond its title; texts by language, "" where there is none.

    ``days`` are working days promised for the whole, 0 for the kind's own; ``radius`` metres within which duplicates
    are looked for, 0 for the city's; ``is_private``: its reports are never shown to everybody.
    """

    description: Mapping[str, str]
    group: Mapping[str, str]
    keywords: tuple[str, ...]
    days: int
    radius: int
    is_private: bool


def details_of(row: CityProblemsCategory) -> CategoryDetails:
    """Return what a category says beyond its title."""
    kept = json.loads(row.details)
    return CategoryDetails(
        description=_words(kept, "description"),
        group=_words(kept, "group"),
        keywords=tuple(kept.get("keywords", ())),
        days=kept.get("days", 0),
        radius=kept.get("radius", 0),
        is_private=kept.get("is_private", False),
    )


def promise_of(row: CityProblemsCategory) -> DeadlineRule | None:
    """Return what a category promises for the whole of a report, None where it leaves that to the kind."""
    days = details_of(row).days
    return DeadlineRule(days, DeadlineUnit.WORKING_DAYS, StartRule.NEXT_DAY, source=NAME) if days else None


class Categories:
    """Where the items are kept: reports refer to the rows of this table."""

    async def read_all(self) -> dict[str, dict[str, Any]]:
        async with tenant_tx():
            units = {row["id"]: row["key"] for row in await OrgUnit.select(OrgUnit.id, OrgUnit.key)}
            rows = await CityProblemsCategory.objects()
        return {row.key: _item(row, units.get(row.unit_id, "")) for row in rows}

    async def read(self, key: str) -> dict[str, Any] | None:
        return (await self.read_all()).get(key)

    async def write(self, key: str, after: dict[str, Any] | None, cause: Cause = BY_HAND) -> None:
        async with tenant_tx(write=True):
            await lock_city()
            before = await self.read(key)
            mine = CityProblemsCategory.key == key
            row = await CityProblemsCategory.objects().where(mine).first() or CityProblemsCategory(key=key)
            if after is None:
                if await CityProblemsReport.exists().where(CityProblemsReport.category_id == row.id):
                    raise refuse("city_problems.category_used", "key", category=key)
                await CityProblemsCategory.delete().where(mine)
            else:
                unit = await OrgUnit.select(OrgUnit.id).where(OrgUnit.key == after.get("unit", "")).first()
                titles = {"ru": after["title_ru"], "en": after.get("title_en") or after["title_ru"]}
                row.title = json.dumps(titles, ensure_ascii=False)
                row.unit_id = unit["id"] if unit else None
                row.is_active = not after.get("is_off", False)
                row.details = json.dumps({name: after[name] for name in _DETAILS if name in after}, ensure_ascii=False)
                await row.save()
            await note(NAME, key, before, await self.read(key), cause)
            await record("city_problems.category.changed", "city_problems_category", row.id, key=key)


async def _check(key: str, item: CategoryItem) -> Iterable[Problem]:
    problems = [] if item.title_ru.strip() else [Problem(code="required", field="title_ru")]
    async with tenant_tx():
        if item.unit and not await OrgUnit.exists().where(OrgUnit.key == item.unit):
            problems.append(Problem(code="not_found", field="unit"))
    return problems


def _item(row: CityProblemsCategory, unit: str) -> dict[str, Any]:
    title = json.loads(row.title)
    found = {"title_ru": title["ru"], "title_en": title["en"], "unit": unit, "is_off": not row.is_active}
    return _told({**json.loads(row.details), **found})


def _words(kept: Mapping[str, Any], name: str) -> dict[str, str]:
    ru = kept.get(f"{name}_ru", "")
    return {"ru": ru, "en": kept.get(f"{name}_en", "") or ru}


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """Return only what says something: nothing, nought and a switch that is off are the defaults."""
    return {name: value for name, value in values.items() if value not in _DEFAULTS}


COLLECTION = Collection(
    name=NAME,
    title={"en": "Kinds of problem", "ru": "Категории проблем"},
    item=CategoryItem,
    may_add=True,
    permission=SETTINGS,
    check=_check,
    place=Categories(),
    normal=_told,
)
