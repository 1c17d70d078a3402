"""Published figures: a city's own, those that a region received, and its cities beside one another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Self

import strawberry

from leancity.core.cases.checks import keepable
from leancity.core.figures import comparison, listing, publishing
from leancity.core.figures.comparison import Standing
from leancity.core.figures.measures import Direction, FigureUnit, Measure, measure_of
from leancity.core.figures.months import month_name, read_month
from leancity.core.figures.tables import PublishedFigure as FigureRow
from leancity.core.plugins.manager import installed_modules
from leancity.graphql.api import Connection, Keyset, Payload, connection, field, mutation
from leancity.graphql.kernel.case_kinds import in_words

strawberry.enum(
    FigureUnit, description="What a figure counts: cases, a share of 0 to 1, a time in a unit of the clock."
)
strawberry.enum(Direction, name="FigureDirection", description="Which way a figure is better.")
strawberry.enum(
    Standing,
    name="FigureStanding",
    description="Whether a city can be compared: it is told in another unit, over too few cases, or not at all.",
)


@strawberry.type(description="What is measured of a kind of case.")
class FigureMeasure:
    key: str
    title: str
    direction: Direction

    @classmethod
    def of(cls, measure: Measure) -> Self:
        return cls(key=measure.key, title=in_words(measure.title), direction=measure.direction)


@strawberry.type(description="A figure of a month of a kind of case, of one city.")
class PublishedFigure:
    city: str = strawberry.field(description="The slug.")
    city_title: str
    month: str = strawberry.field(description="Like 2026-10.")
    subject: str = strawberry.field(description="The key of a kind of case.")
    subject_title: str
    measure: FigureMeasure
    unit: FigureUnit
    value: float | None = strawberry.field(description="Null where the cases are too few to tell.")
    cases: int | None = strawberry.field(description="Over how many cases it is; null where they are too few to tell.")
    published_at: datetime | None = strawberry.field(description="Null in a preview.")

    @classmethod
    def of(cls, row: listing.Figure | FigureRow, *, is_preview: bool = False) -> Self:
        return cls(
            city=row.city,
            city_title=row.city_title,
            month=month_name(row.month),
            subject=row.subject,
            subject_title=_subject_title(row.subject),
            measure=_measure(row.subject, row.measure),
            unit=FigureUnit(row.unit),
            value=row.value,
            cases=row.cases,
            published_at=None if is_preview else row.published_at,
        )


def _subject_title(subject: str) -> str:
    kind = installed_modules().case_kinds.get(subject)  # also of a module that a region has not
    return subject if kind is None else in_words(kind.title)


def _measure(subject: str, key: str) -> FigureMeasure:
    """Return a measure; by its bare key one that this installation has lost since."""
    found = measure_of(subject, key)
    return FigureMeasure(key=key, title=key, direction=Direction.NEUTRAL) if found is None else FigureMeasure.of(found)


@strawberry.type(description="A city beside the others.")
class FigureComparisonRow:
    city: str = strawberry.field(description="The slug.")
    city_title: str
    standing: Standing
    value: float | None
    unit: FigureUnit | None
    cases: int | None = strawberry.field(description="Over how many cases the figure is.")
    rank: int | None = strawberry.field(description="1 is the best; null where no way is better.")
    change: float | None = strawberry.field(description="From the month before, in the same unit.")

    @classmethod
    def of(cls, row: comparison.Compared) -> Self:
        return cls(
            city=row.city,
            city_title=row.city_title,
            standing=row.standing,
            value=row.value,
            unit=row.unit,
            cases=row.cases,
            rank=row.rank,
            change=row.change,
        )


@strawberry.type(description="Cities beside one another by one measure of one kind of case, in one unit.")
class FigureComparison:
    month: str
    subject: str
    subject_title: str
    measure: FigureMeasure
    unit: FigureUnit | None = strawberry.field(description="That of most cities; null where none published.")
    rows: list[FigureComparisonRow] = strawberry.field(description="The best first, then those not compared.")


@strawberry.type
class FiguresPayload(Payload):
    figures: list[PublishedFigure] | None = strawberry.field(default=None, description="What is published now.")


@strawberry.type
class FigureQuery:
    @field(
        permission=listing.READ,
        description="In a city what it has published, in a region what it received. The newest month first.",
    )
    async def published_figures(
        self,
        month: str | None = None,
        city: str | None = None,
        subject: str | None = None,
        measure: str | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[PublishedFigure]:
        wanted = listing.FigureFilter(
            month=None if month is None else read_month(month),
            **{
                name: None if text is None else keepable(text)
                for name, text in {"city": city, "subject": subject, "measure": measure}.items()
            },
        )

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[listing.Figure]:
            after = None if keyset is None else (keyset[0], keyset[1], keyset[2], keyset[3])
            return await listing.list_figures(wanted, limit=limit, after=after)

        async def count() -> int:
            return await listing.count_figures(wanted)

        return await connection(
            "core.published_figures",
            keyset=(date, str, str, str),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.month, row.city, row.subject, row.measure),
            node=PublishedFigure.of,
        )

    @field(permission=publishing.PUBLISH, description="What would be published of a month (2026-10) that is over.")
    async def figures_preview(self, month: str) -> list[PublishedFigure]:
        return _shown(await publishing.preview(month), is_preview=True)

    @field(
        permission=listing.READ,
        description="A region's cities beside one another, those without a figure too; a city sees itself.",
    )
    async def figures_comparison(self, month: str, subject: str, measure: str) -> FigureComparison:
        found = await comparison.compare(month, subject, measure)
        return FigureComparison(
            month=month,
            subject=subject,
            subject_title=_subject_title(subject),
            measure=FigureMeasure.of(found.measure),
            unit=found.unit,
            rows=[FigureComparisonRow.of(row) for row in found.rows],
        )


@strawberry.type
class FigureMutation:
    @mutation(
        permission=publishing.PUBLISH,
        description="Publish the figures of a month (2026-10) that is over; a second time they replace the first."
        " Where the city has a region, it is given a copy.",
    )
    async def figures_publish(self, month: str) -> FiguresPayload:
        return FiguresPayload(figures=_shown(await publishing.publish(month)))

    @mutation(permission=publishing.PUBLISH, description="Take a month's figures back, from the region too.")
    async def figures_withdraw(self, month: str) -> FiguresPayload:
        await publishing.withdraw(month)
        return FiguresPayload(figures=[])


def _shown(rows: Iterable[FigureRow], *, is_preview: bool = False) -> list[PublishedFigure]:
    return [PublishedFigure.of(row, is_preview=is_preview) for row in rows]
