"""The figures that a city watches, and what they say now."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.core.processes.figures.cut import READ
from leancity.core.processes.registry.checking import CHANGE
from leancity.core.processes.reports import indicator_readings as readings
from leancity.core.processes.reports import indicators, measures
from leancity.core.processes.reports.indicator_rows import By
from leancity.core.processes.reports.tables import ProcessIndicator as Row
from leancity.graphql.api import Context, Payload, field, mutation
from leancity.graphql.kernel.people import OrgUnit, User, unit_of, user_of

UNITS = "core.unit.read"

strawberry.enum(By, name="ProcessIndicatorCut", description="By what an indicator is told apart.")
strawberry.enum(
    measures.Unit,
    name="ProcessIndicatorUnit",
    description="Seconds are of working time, a share is 0 to 1, money is in minor units.",
)
strawberry.enum(readings.Band, name="ProcessIndicatorBand", description="How good a value is.")


@strawberry.type(description="What can be watched.")
class ProcessIndicatorMeasure:
    key: str
    title: str
    unit: measures.Unit
    lower_is_better: bool

    @classmethod
    def of(cls, row: measures.Measure) -> Self:
        title = pick(row.title, current_principal().locale)
        return cls(key=row.key, title=title, unit=row.unit, lower_is_better=row.lower_is_better)


@strawberry.type(description="The value of an indicator, of the whole or of a part of its cut.")
class ProcessIndicatorValue:
    key: str = strawberry.field(description="Of the part: 2026-10, an id, a channel; empty for those without.")
    n: int = strawberry.field(description="Cases.")
    value: float | None = strawberry.field(description="Null too where so few cases could point at a person.")
    band: readings.Band
    before: float | None = strawberry.field(description="In as many days before.")
    before_n: int
    cut: strawberry.Private[str]

    @classmethod
    def of(cls, row: readings.IndicatorValue, cut: str) -> Self:
        return cls(**vars(row), cut=cut)

    @field(permission=UNITS)
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, uuid.UUID(self.key)) if self.cut == By.UNIT and self.key else None

    @field(permission=UNITS)
    async def owner(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, uuid.UUID(self.key)) if self.cut == By.OWNER and self.key else None


@strawberry.type(description="What an indicator says now.")
class ProcessIndicatorReading:
    since: date
    until: date
    whole: ProcessIndicatorValue
    parts: list[ProcessIndicatorValue]


@strawberry.type(description="A figure that the city watches.")
class ProcessIndicator:
    id: uuid.UUID
    title: str
    measure: ProcessIndicatorMeasure
    process_id: uuid.UUID | None = strawberry.field(description="Null: all processes.")
    cut: By | None
    days: int
    good_at: float | None
    bad_at: float | None
    place: int
    version: int
    row: strawberry.Private[Row]

    @classmethod
    def of(cls, row: Row) -> Self:
        measure = ProcessIndicatorMeasure.of(measures.MEASURES[row.measure])
        return cls(
            id=row.id,
            title=row.title or measure.title,
            measure=measure,
            process_id=row.process_id,
            cut=By(row.cut) if row.cut else None,
            days=row.days,
            good_at=row.good_at,
            bad_at=row.bad_at,
            place=row.place,
            version=row.version,
            row=row,
        )

    @field(permission=READ)
    async def reading(self) -> ProcessIndicatorReading:
        found = await readings.read_indicator(self.row)
        return ProcessIndicatorReading(
            since=found.since,
            until=found.until,
            whole=ProcessIndicatorValue.of(found.whole, ""),
            parts=[ProcessIndicatorValue.of(each, self.row.cut) for each in found.parts],
        )


@strawberry.type
class ProcessIndicatorQuery:
    @field(permission=READ, description="All that can be watched.")
    async def process_indicator_measures(self) -> list[ProcessIndicatorMeasure]:
        return [ProcessIndicatorMeasure.of(each) for each in measures.MEASURES.values()]

    @field(permission=READ, description="In the city's order.")
    async def process_indicators(self) -> list[ProcessIndicator]:
        return [ProcessIndicator.of(row) for row in await indicators.list_indicators()]


@strawberry.input(description="All that is told of an indicator. Thresholds are in the measure's unit.")
class ProcessIndicatorInput:
    measure: str
    title: str = strawberry.field(default="", description="Empty: the measure's.")
    process_id: uuid.UUID | None = None
    cut: By | None = None
    days: int = strawberry.field(default=90, description="Up to today, today included.")
    good_at: float | None = None
    bad_at: float | None = None

    def card(self) -> indicators.IndicatorCard:
        return indicators.IndicatorCard(**vars(self))


@strawberry.type
class ProcessIndicatorPayload(Payload):
    indicator: ProcessIndicator | None = None
    indicators: list[ProcessIndicator] | None = strawberry.field(default=None, description="All, where one was moved.")


@strawberry.type
class ProcessIndicatorMutation:
    @mutation(permission=CHANGE)
    async def process_indicator_create(self, input: ProcessIndicatorInput) -> ProcessIndicatorPayload:
        return ProcessIndicatorPayload(indicator=ProcessIndicator.of(await indicators.create_indicator(input.card())))

    @mutation(permission=CHANGE, description="Replaces the whole card.")
    async def process_indicator_change(
        self, id: uuid.UUID, input: ProcessIndicatorInput, expected_version: int | None = None
    ) -> ProcessIndicatorPayload:
        row = await indicators.change_indicator(id, input.card(), expected_version=expected_version)
        return ProcessIndicatorPayload(indicator=ProcessIndicator.of(row))

    @mutation(permission=CHANGE, description="To a place, counted from 1; those behind it move on.")
    async def process_indicator_move(
        self, id: uuid.UUID, place: int, expected_version: int | None = None
    ) -> ProcessIndicatorPayload:
        rows = await indicators.move_indicator(id, place, expected_version=expected_version)
        shown = [ProcessIndicator.of(row) for row in rows]
        return ProcessIndicatorPayload(indicator=next(each for each in shown if each.id == id), indicators=shown)

    @mutation(permission=CHANGE)
    async def process_indicator_remove(
        self, id: uuid.UUID, expected_version: int | None = None
    ) -> ProcessIndicatorPayload:
        await indicators.remove_indicator(id, expected_version=expected_version)
        return ProcessIndicatorPayload()
