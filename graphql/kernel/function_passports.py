"""The passport of a function: entered, measured, and against a printed one."""

from __future__ import annotations

import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

import strawberry

from leancity.core.errors import refuse
from leancity.core.processes.registry import measured
from leancity.core.processes.registry.checking import READ
from leancity.core.processes.registry.passport import Passport, misprints, printed_figures
from leancity.graphql.api import field

MOST_PRINTED = 1_000


@strawberry.type(description="What the method reckons of an operation.")
class FunctionOperationFigures:
    title: str
    minutes: float
    hours_a_month: float | None
    waiting_minutes: float | None
    movement_minutes: float | None
    capacity: float | None = strawberry.field(description="How many a day.")
    cost_a_year: float | None = strawberry.field(description="Minor units of money.")


@strawberry.type(description="What closed cases of the function's processes took in the year past.")
class FunctionMeasured:
    source: str = strawberry.field(description="production, or import: logs of other systems.")
    cases: int
    lead_days: float | None = strawberry.field(description="The median.")
    labour_hours: float | None = strawberry.field(description="The median.")
    error_percent: float | None
    launches: float | None = strawberry.field(description="A month; null before a month of cases.")


@strawberry.input(description="A figure of a printed passport: labour_hours, operations.2.hours_a_month, …")
class PrintedFigureInput:
    figure: str
    value: str = strawberry.field(description="As it is printed: 1854.60 or 1 854,60.")


@strawberry.type(description="A printed figure that is not what the operations add up to.")
class FunctionMisprint:
    figure: str
    printed: str
    computed: str


@strawberry.type(description="What the method reckons of a function. Hours and days are working ones.")
class FunctionPassport:
    lead_days: float | None
    labour_hours: float = strawberry.field(description="Of one launch.")
    payload_days: float
    waiting_days: float | None
    capacity: float | None = strawberry.field(description="How many a day: one by the lead time.")
    launches: float | None
    hours_a_month: float | None
    error_percent: float | None
    processing_minutes: float
    waiting_minutes: float
    movement_minutes: float
    efficiency: float | None = strawberry.field(description="The method's coefficient: labour by lead time.")
    cycle_efficiency: float | None = strawberry.field(description="Value-added time by lead time.")
    cost_a_year: float | None = strawberry.field(description="Minor units; null where a rate or launches are missing.")
    rates_missing: int = strawberry.field(description="Operations whose performer's rate nobody knows.")
    is_costly: bool = strawberry.field(description="Above the limit in the city's settings.")
    is_lead_short: bool = strawberry.field(description="The lead time entered is less than the work in it.")
    operations: list[FunctionOperationFigures]
    measured: FunctionMeasured | None
    differing: list[str] = strawberry.field(description="Figures whose measured value is far from the entered one.")
    difference_share: float = strawberry.field(description="From which share of the entered value that is far.")
    passport: strawberry.Private[Passport]

    @field(permission=READ, description="Which figures of a printed passport are not what is computed.")
    async def misprints(self, printed: list[PrintedFigureInput]) -> list[FunctionMisprint]:
        if len(printed) > MOST_PRINTED:
            raise refuse("registry_figures_many", "printed", limit=MOST_PRINTED)
        entered = {each.figure: _number(each.value, place) for place, each in enumerate(printed)}
        return [
            FunctionMisprint(figure=each.figure, printed=str(each.printed), computed=str(each.computed))
            for each in misprints(entered, printed_figures(self.passport))
        ]


@strawberry.type
class FunctionPassportQuery:
    @field(permission=READ)
    async def function_passport(self, function_id: uuid.UUID) -> FunctionPassport | None:
        found = await measured.function_passport(function_id)
        return None if found is None else _shown(found)


def _shown(found: measured.Comparison) -> FunctionPassport:
    passport = found.passport
    figures = {name: _float(value) for name, value in vars(passport).items() if name != "operations"}
    whole = {"rates_missing": passport.rates_missing, "is_lead_short": passport.is_lead_short}
    return FunctionPassport(
        **{**figures, **whole},
        is_costly=found.is_costly,
        operations=[
            FunctionOperationFigures(**{name: _float(value) for name, value in vars(each).items()})
            for each in passport.operations
        ],
        measured=None
        if found.measured is None
        else FunctionMeasured(**{name: _float(value) for name, value in vars(found.measured).items()}),
        differing=[*found.differing],
        difference_share=float(found.share),
        passport=passport,
    )


def _float(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


def _number(value: str, place: int) -> Decimal:
    bare = "".join(value.split()).replace(",", ".")
    try:
        number = Decimal(bare)
    except InvalidOperation as error:
        raise refuse("import_number_invalid", f"printed.{place}.value", value=value[:60]) from error
    if not number.is_finite() or len(bare) > 20 or abs(number) >= Decimal(10) ** 15:
        raise refuse("import_number_invalid", f"printed.{place}.value", value=value[:60])
    return number
