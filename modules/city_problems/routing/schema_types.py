"""What the routing part of the schema speaks of."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Self

import strawberry
from strawberry.types import Info

from leancity.core.settings.values import written
from leancity.graphql.api import Context, Payload, field, loader
from leancity.modules.city_problems.permissions import SETTINGS
from leancity.modules.city_problems.routing import trial
from leancity.modules.city_problems.routing.choosing import Choice, suggestions
from leancity.modules.city_problems.routing.rules import RouteItem
from leancity.modules.city_problems.routing.tables import CityProblemsRouteTrial as Trial
from leancity.modules.city_problems.routing.units import Unit, find_units


@strawberry.type(description="A unit that reports go to.")
class CityProblemsRouteUnit:
    id: uuid.UUID
    key: str
    title: str

    @classmethod
    def of(cls, row: Unit) -> Self:
        return cls(id=row.id, key=row.key, title=row.title)


@strawberry.type(description="Where a report would go, until it is sent.")
class CityProblemsSuggestion:
    unit: CityProblemsRouteUnit | None = strawberry.field(description="Null: the clerk decides.")
    rule: str = strawberry.field(description="Key of the routing rule that fitted, empty for none.")
    note: str = strawberry.field(description="What the rule has to say to the unit.")

    @classmethod
    def of(cls, row: Choice) -> Self:
        unit = None if row.unit is None else CityProblemsRouteUnit.of(row.unit)
        return cls(unit=unit, rule=row.rule, note=row.note)


@strawberry.type(description="A routing rule. They are changed as items of the collection city_problems.routes.")
class CityProblemsRoute:
    key: str
    title: str
    order: int = strawberry.field(description="Smaller ones are asked first; of equal ones the key decides.")
    categories: list[str]
    territories: list[str]
    words: list[str]
    words_none: list[str]
    weekdays: list[str]
    from_time: str | None = strawberry.field(description="HH:MM on the city's clock.")
    to_time: str | None
    when: str = strawberry.field(description="any, working or not_working: by the city's working calendar.")
    unit: str = strawberry.field(description="Key of the unit.")
    days: int = strawberry.field(description="Working days promised, 0: as the category has it.")
    hours: int = strawberry.field(description="Hours of the clock promised, 0: none.")
    note: str
    is_on: bool
    is_tried: bool = strawberry.field(description="It was tried just as it is, and may be switched on.")

    @classmethod
    def of(cls, key: str, item: RouteItem, *, is_tried: bool) -> Self:
        values = {name: written(getattr(item, name)) for name in RouteItem.__struct_fields__}
        return cls(key=key, is_tried=is_tried, **values)


@strawberry.type(description="How many of the reports that fit went to another unit.")
class CityProblemsRouteElsewhere:
    unit: CityProblemsRouteUnit
    reports: int


@strawberry.type(description="How many reports another rule has to do with.")
class CityProblemsRouteOther:
    rule: str = strawberry.field(description="Its key.")
    reports: int


@strawberry.type(description="A report that the rule fits.")
class CityProblemsRouteExample:
    case_id: uuid.UUID
    number: str
    unit_id: uuid.UUID | None = strawberry.field(description="The unit that holds it, or held it in the end.")

    @classmethod
    def of(cls, row: trial.Example) -> Self:
        return cls(case_id=row.case_id, number=row.number, unit_id=row.unit_id)


@strawberry.type(description="What a rule would have done in the city's history.")
class CityProblemsRouteTrial:
    id: uuid.UUID
    at: datetime
    route: str = strawberry.field(description="Key of the rule, empty for a draft without one.")
    reports: int = strawberry.field(description="How many were looked at.")
    fitted: int = strawberry.field(description="How many fit the rule.")
    matched: int = strawberry.field(description="How many of them fit no rule before it.")
    unmatched: int = strawberry.field(description="How many fit no rule at all, this one among them.")
    agreed: int = strawberry.field(description="How many of those matched went to its unit in the end.")
    differed: int = strawberry.field(description="How many went to another.")
    undecided: int = strawberry.field(description="How many have no unit.")
    closed: int = strawberry.field(description="How many of those matched are closed.")
    kept: int | None = strawberry.field(
        description="How many of these were closed within the term that the rule promises; null where it promises none."
    )
    taken: list[CityProblemsRouteOther] = strawberry.field(description="What it takes from rules behind it.")
    left: list[CityProblemsRouteOther] = strawberry.field(description="What fits it and goes to rules before it.")
    units: strawberry.Private[dict[str, int]]
    cases: strawberry.Private[list[uuid.UUID]]

    @classmethod
    def of(cls, row: Trial) -> Self:
        found: dict[str, Any] = json.loads(row.found)
        return cls(
            id=row.id,
            at=row.at,
            route=row.route,
            reports=row.reports,
            fitted=found["fitted"],
            matched=row.matched,
            unmatched=found["unmatched"],
            agreed=row.agreed,
            differed=row.differed,
            undecided=found["undecided"],
            closed=found["closed"],
            kept=found["kept"],
            taken=_others(found["taken"]),
            left=_others(found["left"]),
            units=found["elsewhere"],
            cases=[uuid.UUID(each) for each in found["cases"]],
        )

    @field(permission=SETTINGS, description="Where those went that did not go to its unit, most first.")
    async def elsewhere(self, info: Info[Context, None]) -> list[CityProblemsRouteElsewhere]:
        ids = [uuid.UUID(each) for each in self.units]
        units = await loader(info, "city_problems.route_units", _units).load_many(ids)
        rows = [(unit, self.units[str(unit.id)]) for unit in units if unit is not None]
        rows.sort(key=lambda row: (-row[1], row[0].key))
        return [CityProblemsRouteElsewhere(unit=CityProblemsRouteUnit.of(unit), reports=n) for unit, n in rows]

    @field(permission=SETTINGS, description="Up to 20 of those matched that the viewer may read, the differing first.")
    async def examples(self) -> list[CityProblemsRouteExample]:
        return [CityProblemsRouteExample.of(row) for row in await trial.examples(self.cases)]


@strawberry.type
class CityProblemsTryRoutePayload(Payload):
    trial: CityProblemsRouteTrial | None = None


async def suggestion_of(info: Info[Context, None], case_id: uuid.UUID) -> CityProblemsSuggestion | None:
    """Return where a report would go, for whoever may send it, while it is still to be sent."""
    row = await loader(info, "city_problems.suggestion", _suggestions).load(case_id)
    return None if row is None else CityProblemsSuggestion.of(row)


def _others(counts: dict[str, int]) -> list[CityProblemsRouteOther]:
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return [CityProblemsRouteOther(rule=rule, reports=reports) for rule, reports in rows]


async def _suggestions(ids: list[uuid.UUID]) -> Sequence[Choice | None]:
    found = await suggestions(ids)
    return [found.get(each) for each in ids]


async def _units(ids: list[uuid.UUID]) -> Sequence[Unit | None]:
    found = {unit.id: unit for unit in await find_units(ids=ids)}
    return [found.get(each) for each in ids]
