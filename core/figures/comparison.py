"""A region's cities beside one another. Fair is to compare one measure of one kind of case in one unit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import refuse
from leancity.core.figures.listing import READ
from leancity.core.figures.measures import Direction, FigureUnit, Measure, measure_of
from leancity.core.figures.months import month_before, read_month
from leancity.core.figures.tables import PublishedFigure
from leancity.core.identity.principal import current_principal
from leancity.core.plugins.manager import installed_modules

_CITIES = "select slug, title from tenant where region_id = $1 or (id = $1 and kind = 'city')"


class Standing(StrEnum):
    """Whether a city can be compared, or why not."""

    COMPARED = "compared"
    TOO_FEW = "too_few"
    OTHER_UNIT = "other_unit"
    NOT_PUBLISHED = "not_published"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A city's place. ``rank`` 1 is the best, None where no way is better; ``change`` is from the month before, None
    where that has no figure in the same unit."""

    city: str
    city_title: str
    standing: Standing
    value: float | None = None
    unit: FigureUnit | None = None
    cases: int | None = None
    rank: int | None = None
    change: float | None = None


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """``unit`` is the one of most cities, None where none published; ``rows``: the best first, then those without."""

    month: date
    subject: str
    measure: Measure
    unit: FigureUnit | None
    rows: Sequence[Compared]


async def compare(month: str, subject: str, measure: str) -> Comparison:
    """Return the region's cities, and those that gave it figures before they left it, by one measure of a month.

    In a city the only one is itself. Refuses an unknown month, subject or measure.
    """
    current_principal().require(READ)
    first = read_month(month)
    known = measure_of(subject, measure)
    if known is None:
        raise refuse("not_found", "measure" if subject in installed_modules().case_kinds else "subject")
    async with tenant_tx() as unit:
        cities = {row["slug"]: row["title"] for row in await unit.connection.fetch(_CITIES, unit.tenant_id)}
        rows = await PublishedFigure.objects().where(
            PublishedFigure.month.is_in([first, month_before(first)])
            & (PublishedFigure.subject == subject)
            & (PublishedFigure.measure == measure)
        )
    figures = {row.city: row for row in rows if row.month == first}
    before = {row.city: row for row in rows if row.month != first}
    counted = _common_unit(figures.values())
    compared = [
        _placed(slug, cities.get(slug), figures.get(slug), before.get(slug), counted) for slug in {*cities, *figures}
    ]
    return Comparison(
        month=first, subject=subject, measure=known, unit=counted, rows=_ranked(compared, known.direction)
    )


def _common_unit(figures: Iterable[PublishedFigure]) -> FigureUnit | None:
    units = Counter(each.unit for each in figures if each.value is not None)
    return FigureUnit(min(units, key=lambda unit: (-units[unit], unit))) if units else None


def _placed(
    slug: str, title: str | None, figure: PublishedFigure | None, last: PublishedFigure | None, unit: FigureUnit | None
) -> Compared:
    if figure is None:
        return Compared(city=slug, city_title=title or slug, standing=Standing.NOT_PUBLISHED)
    title = title or figure.city_title
    if figure.value is None:
        return Compared(city=slug, city_title=title, standing=Standing.TOO_FEW)
    is_fair = figure.unit == unit
    change = None
    if last is not None and last.value is not None and last.unit == figure.unit:
        change = round(figure.value - last.value, 3)
    return Compared(
        city=slug,
        city_title=title,
        standing=Standing.COMPARED if is_fair else Standing.OTHER_UNIT,
        value=figure.value,
        unit=FigureUnit(figure.unit),
        cases=figure.cases,
        change=change,
    )


def _ranked(found: Iterable[Compared], direction: Direction) -> list[Compared]:
    """Return the best first (the most where no way is better); equal values have one rank."""
    sign = 1 if direction is Direction.LESS else -1
    order: Mapping[Standing, int] = {standing: place for place, standing in enumerate(Standing)}
    rows = sorted(found, key=lambda row: (order[row.standing], sign * (row.value or 0), row.city))
    if direction is Direction.NEUTRAL:
        return rows
    values = [row.value for row in rows if row.standing is Standing.COMPARED]
    return [
        row if row.standing is not Standing.COMPARED else replace(row, rank=values.index(row.value) + 1) for row in rows
    ]
