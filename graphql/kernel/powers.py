"""Powers of the municipality, and the ranking of powers and functions by the method's four fits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import partial
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.processes.registry import listing, powers, scoring
from leancity.core.processes.registry.checking import CHANGE, READ
from leancity.core.processes.registry.powers import PowerKind
from leancity.core.processes.registry.scoring import Subject
from leancity.core.processes.registry.tables import CityFunction as FunctionRow
from leancity.core.processes.registry.tables import Power as PowerRow
from leancity.graphql.api import Connection, Context, Keyset, Payload, connection, connection_by_key, field, mutation
from leancity.graphql.kernel.loading import found_by_id

strawberry.enum(PowerKind)
strawberry.enum(Subject, name="RankingSubject")


@strawberry.type(description="The method's four marks, 0 to 5; null where nobody has judged.")
class Fits:
    strategy: int | None
    smart_city: int | None
    national: int | None = strawberry.field(description="National projects.")
    surveys: int | None = strawberry.field(description="Sociological surveys.")

    @classmethod
    def of(cls, row: PowerRow | FunctionRow) -> Self:
        return cls(
            strategy=row.fit_strategy,
            smart_city=row.fit_smart_city,
            national=row.fit_national,
            surveys=row.fit_surveys,
        )


@strawberry.type(description="A power of the municipality.")
class Power:
    id: uuid.UUID
    key: str
    title: str
    kind: PowerKind
    ground: str = strawberry.field(description="The act that gives it.")
    fits: Fits

    @classmethod
    def of(cls, row: PowerRow) -> Self:
        return cls(
            id=row.id,
            key=row.key,
            title=row.title,
            kind=PowerKind(row.kind),
            ground=row.ground,
            fits=Fits.of(row),
        )


@strawberry.type(description="A power or a function and its place by the method's fits.")
class RankedItem:
    id: uuid.UUID
    key: str
    title: str
    score: int = strawberry.field(description="The sum of its marks, at most 20.")
    missing: list[str] = strawberry.field(description="Marks that nobody has given: fit_strategy, fit_smart_city, …")


async def power_of(info: Info[Context, None], power_id: uuid.UUID | None) -> Power | None:
    """Return a power by id. Guard what leads here."""
    row = None if power_id is None else await found_by_id(info, "power", listing.powers_by_id, power_id)
    return None if row is None else Power.of(row)


@strawberry.type
class PowerQuery:
    @field(permission=READ, description="By key; text is a part of the title.")
    async def powers(
        self, kind: PowerKind | None = None, text: str = "", first: int | None = None, after: str | None = None
    ) -> Connection[Power]:
        wanted = None if kind is None else kind.value

        return await connection_by_key(
            "core.powers",
            first=first,
            after=after,
            fetch=partial(listing.list_powers, wanted, text),
            count=partial(listing.count_powers, wanted, text),
            node=Power.of,
        )

    @field(permission=READ, description="The best fit first, then by key.")
    async def function_ranking(
        self, subject: Subject, first: int | None = None, after: str | None = None
    ) -> Connection[RankedItem]:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[scoring.Ranked]:
            return await scoring.ranking(subject, limit=limit, after=keyset and (keyset[0], keyset[1]))

        async def count() -> int:
            return await scoring.count_ranked(subject)

        return await connection(
            f"core.ranking.{subject.value}",
            keyset=(int, str),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (-row.score, row.key),
            node=lambda row: RankedItem(**{**vars(row), "missing": [*row.missing]}),
        )


@strawberry.input(description="All that is told of a power.")
class PowerInput:
    key: str
    title: str
    kind: PowerKind = PowerKind.MANDATORY
    ground: str = ""
    fit_strategy: int | None = None
    fit_smart_city: int | None = None
    fit_national: int | None = None
    fit_surveys: int | None = None


@strawberry.type
class PowerPayload(Payload):
    power: Power | None = None


@strawberry.type
class PowerMutation:
    @mutation(permission=CHANGE, description="Adds a power or changes the one with this key.")
    async def power_save(self, input: PowerInput) -> PowerPayload:
        return PowerPayload(power=Power.of(await powers.save_power(powers.PowerCard(**vars(input)))))
