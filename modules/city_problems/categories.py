"""The kinds of problem as a collection: a city, its profile and its history change them by the same way as the rest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any

from leancity.core.audit.log import record
from leancity.core.customs.collection import Collection
from leancity.core.customs.journal import BY_HAND, Cause, lock_city, note
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Problem, refuse
from leancity.core.identity.tables import OrgUnit
from leancity.core.settings.declaration import ModuleSettings, Setting
from leancity.modules.city_problems.permissions import SETTINGS
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport

NAME = "city_problems.categories"


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
    is_off: Annotated[
        bool,
        Setting(
            title={"en": "Not offered", "ru": "Не предлагается"},
            help={"en": "Reports that have it keep it.", "ru": "У имеющихся сообщений она остаётся."},
        ),
    ] = False


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
    return _told(found)


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """Return only what says something: an empty text and a switch that is off are the defaults."""
    return {name: value for name, value in values.items() if value not in ("", False)}


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
