"""What should become an improvement project: the ranking with its formula's parts, and why."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.i18n.catalogue import text
from leancity.core.identity.principal import current_principal
from leancity.core.processes.figures.cut import READ
from leancity.core.processes.reports import ranking
from leancity.graphql.api import Connection, Context, Keyset, connection, field
from leancity.graphql.kernel.functions import CityFunction, function_of
from leancity.graphql.kernel.people import OrgUnit, User, unit_of, user_of

strawberry.enum(
    ranking.Source,
    name="ProcessFigureSource",
    description="What a figure is of: cases that ran, another system's log, the passport as entered, nothing.",
)
strawberry.enum(
    ranking.RateSource,
    name="ProcessRateSource",
    description="Whose rate it is: the function's own, its positions', an average over the city's positions.",
)
strawberry.enum(ranking.Why, name="ProcessImprovementWhy", description="What speaks for a project.")

MONEY = "Minor units of money."


@strawberry.type(description="A step that speaks for a project, by the same formula.")
class ProcessImprovementStep:
    node_id: str
    title: str
    labour_hours: float = strawberry.field(description="Of one launch.")
    waiting_share: float = strawberry.field(description="Of its own time.")
    of_all_waiting: float = strawberry.field(description="Its part of all waiting, 0 to 1.")
    score: float | None


@strawberry.type(description="Why it should become a project.")
class ProcessImprovementReason:
    why: ranking.Why
    value: float = strawberry.field(description="A share: of cases, of a step that of all waiting.")
    node_id: str = strawberry.field(description="Empty where it is about the whole.")
    text: str = strawberry.field(description="In the viewer's language.")

    @classmethod
    def of(cls, row: ranking.Reason) -> Self:
        words = {"percent": f"{row.value:.0%}", "title": row.title or row.node_id}
        told = text(f"process_improvement_{row.why}", current_principal().locale, words)
        return cls(why=row.why, value=row.value, node_id=row.node_id, text=told)


@strawberry.type(
    description="A function with its processes, or a process without one. score = labourHours * rate * launchesAYear"
    " * waitingShare: what a year of work costs that mostly stands still."
)
class ProcessImprovement:
    key: str
    title: str
    process_ids: list[uuid.UUID]
    source: ranking.Source
    cases: int = strawberry.field(description="Closed ones that were measured.")
    labour_hours: float | None = strawberry.field(description="Of one launch.")
    rate: float | None = strawberry.field(description="Minor units of money an hour.")
    rate_source: ranking.RateSource
    launches_a_year: float | None
    launches_source: ranking.Source
    waiting_share: float | None = strawberry.field(description="Of the lead time, 0 to 1.")
    waiting_source: ranking.Source
    cost_a_year: float | None = strawberry.field(description=MONEY)
    score: float | None = strawberry.field(description="Minor units of money a year; null where a part is missing.")
    missing: list[str] = strawberry.field(description="The parts of the score that nobody knows.")
    steps: list[ProcessImprovementStep] = strawberry.field(description="The worst ones first.")
    reasons: list[ProcessImprovementReason]
    row: strawberry.Private[ranking.Candidate]

    @classmethod
    def of(cls, row: ranking.Candidate) -> Self:
        same = ("key", "title", "source", "cases", "labour_hours", "rate", "rate_source", "launches_a_year")
        more = ("launches_source", "waiting_share", "waiting_source", "cost_a_year", "score")
        return cls(
            **{name: getattr(row, name) for name in same + more},
            process_ids=[*row.process_ids],
            missing=[*row.missing],
            steps=[ProcessImprovementStep(**vars(each)) for each in row.steps],
            reasons=[ProcessImprovementReason.of(each) for each in row.reasons],
            row=row,
        )

    @field(permission=READ, description="Null for a process that belongs to none.")
    async def function(self, info: Info[Context, None]) -> CityFunction | None:
        return await function_of(info, self.row.function_id)

    @field(permission="core.unit.read")
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.row.unit_id)

    @field(permission="core.unit.read")
    async def owner(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.row.owner_id)


@strawberry.type
class ProcessImprovementQuery:
    @field(permission=READ, description="All functions, and processes of none, the best candidate first.")
    async def process_improvements(
        self, first: int | None = None, after: str | None = None
    ) -> Connection[ProcessImprovement]:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[ranking.Candidate]:
            found = await ranking.improvement_candidates()
            return [each for each in found if keyset is None or each.place > keyset][:limit]

        async def count() -> int:
            return len(await ranking.improvement_candidates())

        return await connection(
            "core.process_improvements",
            keyset=(int, str),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: row.place,
            node=ProcessImprovement.of,
        )
