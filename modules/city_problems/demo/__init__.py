"""Demo categories, questions, reports, rules, a poll and a watched place; loading them twice changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from leancity.core.customs.service import change, own
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.identity.principal import acting_as
from leancity.core.identity.tables import OrgUnit
from leancity.core.imports.target import Values
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.core.settings.layers import Origin
from leancity.core.settings.service import change_settings, explained
from leancity.core.tenancy.context import current_tenant
from leancity.core.tenancy.elsewhere import in_city
from leancity.core.tenancy.lookup import tenant_by_id
from leancity.modules.city_problems.demo.lives import Cast, cast, live
from leancity.modules.city_problems.following.watches import NewWatch, watch
from leancity.modules.city_problems.import_fields import FIELDS
from leancity.modules.city_problems.imports import write_requests
from leancity.modules.city_problems.kinds import MODULE
from leancity.modules.city_problems.polls.service import NewPoll, publish, save, vote
from leancity.modules.city_problems.polls.tables import CityProblemsPoll
from leancity.modules.city_problems.questions.collection import NAME as QUESTIONS
from leancity.modules.city_problems.routing.demo import load_routes
from leancity.modules.city_problems.tables import CityProblemsCategory, CityProblemsReport, CityProblemsWatch

HERE = Path(__file__).parent
SOURCE = "demo"
CENTRES = {"Asia/Sakhalin": (46.9591, 142.7380), "Asia/Tomsk": (56.6030, 84.8860)}
ELSEWHERE = (55.7558, 37.6173)


async def load() -> None:
    """Give the city what it has none of: categories, questions, reports with their lives, a poll, routing rules."""
    await load_categories()
    await _let_anybody_report()
    await _load_questions()
    await _load_reports()
    people = await cast()
    await _load_poll(people)
    await _load_watch(people)
    await load_routes(_read("routes.json"))  # they are tried against the reports


async def _load_reports() -> None:
    async with tenant_tx():
        if await CityProblemsReport.exists():
            return
    lat, lon = CENTRES.get(current_tenant().zone, ELSEWHERE)
    async with tenant_tx():
        known = {row["key"] for row in await CityProblemsCategory.select(CityProblemsCategory.key)}
    await write_requests([row for row in _history(lat, lon) if row["category"] in known], SOURCE)
    # The city is entered anew: what was asked of it at the door are the questions that it had then.
    city = await tenant_by_id(current_tenant().id) or current_tenant()
    await in_city(city, partial(live, _read("reports.json"), lat, lon))


def _history(lat: float, lon: float) -> Iterator[Values]:
    """Yield what the city had before: requests of the last two months, as an import brings them."""
    for number, row in enumerate(_read("history.json"), 1):
        opened = now() - timedelta(days=row["days"])
        closed = None if row["hours"] is None else opened + timedelta(hours=row["hours"])
        values = {name: row[name] for name in ("category", "text", "address", "outcome")}
        place = {"lat": lat + row["dlat"], "lon": lon + row["dlon"]}
        asked = {"external_id": f"demo-{number}", "created_at": opened, "closed_at": closed, "title": None}
        yield {**dict.fromkeys(field.name for field in FIELDS), **values, **place, **asked}


async def _load_questions() -> None:
    if not await own(QUESTIONS):
        for row in _read("questions.json"):
            with suppress(Refused):  # the city has other categories by now
                await change(QUESTIONS, row["key"], {name: value for name, value in row.items() if name != "key"})


async def _load_poll(people: Cast) -> None:
    async with tenant_tx():
        if await CityProblemsPoll.exists():
            return
    with acting_as(people.clerk):
        poll = await publish((await save(_poll())).id)
    if people.resident.user_id is not None:
        with acting_as(people.resident):
            await vote(poll.id, ["2"])


async def _load_watch(people: Cast) -> None:
    async with tenant_tx():
        if people.resident.user_id is None or await CityProblemsWatch.exists():
            return
    lat, lon = CENTRES.get(current_tenant().zone, ELSEWHERE)
    with acting_as(people.resident):
        await watch(NewWatch(title="Дом", lat=lat, lon=lon, radius=500))


async def _let_anybody_report() -> None:
    """Let strangers report where nobody has decided: a demo has no mail server that would bring them a code."""
    modules, name = installed_modules(), "who_may_report"
    found = await explained(modules, MODULE)
    if all(each.origin is Origin.MODULE for each in found.fields if each.field.name == name):
        await change_settings(modules, MODULE, {name: "anybody"})


def _poll() -> NewPoll:
    row = _read("polls.json")[0]
    return NewPoll(
        title=row["title"],
        text=row["text"],
        options=row["options"],
        is_several=row["is_several"],
        is_open_count=row["is_open_count"],
        closes_at=now() + timedelta(days=row["days"]),
    )


async def load_categories() -> None:
    """Give the city the common categories where it has none."""
    async with tenant_tx(write=True):
        if await CityProblemsCategory.exists():
            return
        units = {unit["key"]: unit["id"] for unit in await OrgUnit.select(OrgUnit.key, OrgUnit.id)}
        for row in _read("categories.json"):
            title = json.dumps(row["title"], ensure_ascii=False)
            await CityProblemsCategory(key=row["key"], title=title, unit_id=units.get(row["unit"])).save()


def _read(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((HERE / name).read_text("utf-8"))
    return rows
