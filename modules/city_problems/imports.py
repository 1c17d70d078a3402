"""Bringing in service requests of another system."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence

from leancity.core.cases.bulk_import import ImportedCase, import_cases
from leancity.core.cases.checks import SHORT
from leancity.core.db.unit import Connection, tenant_tx
from leancity.core.geo.cells import cell_of
from leancity.core.i18n.catalogue import LOCALES, pick
from leancity.core.ids import new_id
from leancity.core.imports.target import BatchResult, ImportTarget, Values
from leancity.core.privacy.hiding import hide_private
from leancity.core.tenancy.context import current_tenant
from leancity.modules.city_problems.categories import details_of
from leancity.modules.city_problems.import_fields import FIELDS, check_request
from leancity.modules.city_problems.kinds import KEY
from leancity.modules.city_problems.tables import CityProblemsCategory

_CATEGORIES = """
insert into city_problems_category (tenant_id, is_active, id, key, title)
select $1, true, new.* from unnest($2::uuid[], $3::text[], $4::jsonb[]) as new
on conflict (tenant_id, key) do nothing
"""
_REPORTS = """
insert into city_problems_report (tenant_id, id, case_id, category_id, lat, lon, cell, address, reporter_name,
                                  reporter_phone, reporter_email, public_address, public_text, is_shown)
select $1, new.* from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::float8[], $6::float8[], $7::bigint[], $8::text[],
    $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bool[]) as new
"""
_LATIN = str.maketrans(
    dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True))
    | {"ё": "e", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch", "ъ": "", "ь": ""}
    | {"ю": "yu", "я": "ya"}
)
_LONGEST_KEY = 60


async def write_requests(rows: Sequence[Values], source: str) -> BatchResult:
    """Write requests as closed or open reports, a category for every new type, and none of them twice."""
    locale = current_tenant().locale
    async with tenant_tx(write=True) as unit:
        categories = await _categories(unit.connection, [row["category"] for row in rows])
        cases = []
        for row in rows:
            category = categories[row["category"]]
            cases.append(
                ImportedCase(
                    external_id=row["external_id"],
                    title=row["title"] or pick(json.loads(category.title), locale)[:SHORT],
                    text=row["text"] or "",
                    opened_at=row["created_at"],
                    closed_at=row["closed_at"],
                    outcome=row["outcome"],
                    cell=_cell(row),
                    data={"category": category.key},
                )
            )
        written = await import_cases(KEY, source, cases)
        if reports := [*_reports(rows, written, categories)]:
            await unit.connection.execute(_REPORTS, current_tenant().id, *zip(*reports, strict=True))
    return BatchResult(written=len(written), known=len(rows) - len(written))


def _cell(row: Values) -> int | None:
    return None if row["lat"] is None else cell_of(row["lat"], row["lon"])


def _reports(
    rows: Iterable[Values], written: dict[str, uuid.UUID], categories: dict[str, CityProblemsCategory]
) -> Iterator[tuple[object, ...]]:
    left = dict(written)  # a request that the file holds twice is the first of them
    for row in rows:
        if (case_id := left.pop(row["external_id"], None)) is not None:
            lat, lon, cell = row["lat"], row["lon"], _cell(row)
            words = [row[name] or "" for name in ("address", "reporter_name", "reporter_phone", "reporter_email")]
            category = categories[row["category"]]
            public = (hide_private(row["address"] or "").text, hide_private(row["text"] or "").text)
            yield (new_id(), case_id, category.id, lat, lon, cell, *words, *public, not details_of(category).is_private)


async def _categories(connection: Connection, names: Iterable[str]) -> dict[str, CityProblemsCategory]:
    """Return the category of each name, by its key or any of its titles; those that are missing are made."""
    names = [*names]
    wanted = {name.casefold(): name for name in reversed(names)}  # a new one is called as it was written first
    known = await _known_categories()
    missing = sorted(wanted.keys() - known.keys())
    if missing:
        keys = {category.key for category in known.values()}
        rows = []
        for name in missing:
            keys.add(key := _free_key(wanted[name], keys))
            title = json.dumps(dict.fromkeys(LOCALES, wanted[name]), ensure_ascii=False)
            rows.append((new_id(), key, title))
        await connection.execute(_CATEGORIES, current_tenant().id, *zip(*rows, strict=True))
        known = await _known_categories()
    return {name: known[name.casefold()] for name in names}


async def _known_categories() -> dict[str, CityProblemsCategory]:
    found: dict[str, CityProblemsCategory] = {}
    for category in await CityProblemsCategory.objects().order_by(CityProblemsCategory.key):
        for name in (category.key, *json.loads(category.title).values()):
            found.setdefault(name.casefold(), category)
    return found


def _free_key(title: str, taken: set[str]) -> str:
    """Return a key made of a title's letters, Russian ones as Latin: «Яма на дороге» → yama_na_doroge."""
    key = re.sub(r"[^a-z0-9]+", "_", title.casefold().translate(_LATIN))[:_LONGEST_KEY].strip("_") or "category"
    number, free = 2, key
    while free in taken:
        number, free = number + 1, f"{key}_{number}"
    return free


REQUESTS = ImportTarget(
    name="city_problems.requests",
    title={"en": "Service requests", "ru": "Обращения о городских проблемах"},
    write=write_requests,
    check=check_request,
    fields=FIELDS,
)
