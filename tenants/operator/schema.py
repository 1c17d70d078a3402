"""The operator's part of the schema: what is asked of cities and what is done to them. Rules are in the services."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import cast

import strawberry

from leancity.core.errors import refuse
from leancity.core.jobs.view import queue_figures
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy import cards as directory
from leancity.core.tenancy.cards import Card, Chosen
from leancity.core.tenancy.limits import Limits, TenantKind
from leancity.graphql.api import Connection, Keyset, Payload, connection, field, mutation
from leancity.tenants.operator import certificates, cities, letters, plans
from leancity.tenants.operator.acts import outside
from leancity.tenants.operator.letters import CityLetter, Place
from leancity.tenants.operator.permissions import CHANGE, JOBS, PLANS, READ
from leancity.tenants.operator.schema_onboarding import OperatorOnboardingFields, OperatorOnboardingMutation
from leancity.tenants.operator.schema_profiles import OperatorProfileFields, OperatorProfileMutation
from leancity.tenants.operator.schema_types import (
    CertificateType,
    OperatorCity,
    OperatorCityState,
    OperatorDeadLetter,
    OperatorModule,
    OperatorPlaceKind,
    OperatorQueue,
    PlanType,
)
from leancity.tenants.operator.tables import OperatorCertificate

LONGEST_SEARCH = 200


@strawberry.input(description="A text in every language.")
class OperatorTitlesInput:
    ru: str
    en: str


@strawberry.input(description="How much a city may take; null for as much as there is.")
class OperatorLimitsInput:
    people: int | None = None
    storage: float | None = strawberry.field(default=None, description="Bytes of files, a whole number.")
    modules: int | None = None

    def limits(self) -> Limits:
        """Return them as the directory has them; refuse bytes that are no whole number."""
        if self.storage is not None and not self.storage.is_integer():
            raise refuse("operator.limit_invalid", "limits.storage", most=plans.MOST)
        storage = None if self.storage is None else int(self.storage)
        return Limits(people=self.people, storage=storage, modules=self.modules)


@strawberry.type(description="The cities of the installation, as whoever runs it sees them: no row of a city.")
class OperatorQuery(OperatorOnboardingFields, OperatorProfileFields):
    @field(permission=READ, description="By slug. ``search`` is part of a slug, a title or a host.")
    async def cities(
        self,
        first: int | None = None,
        after: str | None = None,
        search: str = "",
        kind: OperatorPlaceKind | None = None,
        state: OperatorCityState | None = None,
    ) -> Connection[OperatorCity]:
        if len(search) > LONGEST_SEARCH:
            raise refuse("operator.search_long", "search", limit=LONGEST_SEARCH)
        chosen = Chosen(
            kind=TenantKind(kind.value) if kind else None, state=state.value if state else None, search=search
        )

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[Card]:
            last = None if keyset is None else cast("str", keyset[0])
            return await outside(partial(directory.cards, chosen, limit=limit, after=last))

        return await connection(
            "operator.cities",
            keyset=(str,),
            first=first,
            after=after,
            fetch=fetch,
            count=partial(outside, partial(directory.count_cards, chosen)),
            key=lambda card: (card.slug,),
            node=OperatorCity.of,
            loaded=True,
        )

    @field(permission=READ, description="Null where there is none of that slug.")
    async def city(self, slug: str) -> OperatorCity | None:
        found = await outside(partial(directory.cards_of, [slug]))
        return OperatorCity.of(found[slug]) if slug in found else None

    @field(permission=READ, description="By their keys.")
    async def plans(self) -> list[PlanType]:
        return [PlanType.of(plan) for plan in await plans.plans()]

    @field(permission=READ, description="The modules of this installation, by name.")
    async def modules(self) -> list[OperatorModule]:
        having = await outside(directory.cities_by_module)
        manifests = installed_modules().manifests
        return [OperatorModule.of(manifests[name], having.get(name, 0)) for name in sorted(manifests)]

    @field(permission=JOBS, description="By city, the eldest first. Each city that it shows letters of records that.")
    async def dead_letters(
        self, city: str | None = None, job: str | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[OperatorDeadLetter]:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[CityLetter]:
            return await letters.letters(city, job, limit=limit, after=cast("Place | None", keyset))

        return await connection(
            "operator.dead_letters",
            keyset=(str, datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=partial(letters.count_letters, city, job),
            key=lambda found: found.place,
            node=OperatorDeadLetter.of,
            loaded=True,
        )

    @field(permission=READ, description="Of erased cities, newest first.")
    async def certificates(self, first: int | None = None, after: str | None = None) -> Connection[CertificateType]:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[OperatorCertificate]:
            return await certificates.certificates(
                limit=limit, after=None if keyset is None else (keyset[0], keyset[1])
            )

        return await connection(
            "operator.certificates",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=certificates.count_certificates,
            key=lambda row: (row.erased_at, row.id),
            node=CertificateType.of,
        )

    @field(permission=READ, description="The queues of jobs over all cities, the most urgent first.")
    async def queues(self) -> list[OperatorQueue]:
        return [OperatorQueue.of(row) for row in await outside(queue_figures)]


@strawberry.type
class OperatorCityPayload(Payload):
    city: OperatorCity | None = None

    @classmethod
    def of(cls, card: Card) -> OperatorCityPayload:
        return cls(city=OperatorCity.of(card))


@strawberry.type
class OperatorPlanPayload(Payload):
    plan: PlanType | None = None


@strawberry.type
class OperatorDonePayload(Payload):
    """Nothing is left to show."""


@strawberry.type
class OperatorLettersPayload(Payload):
    letters: int | None = strawberry.field(default=None, description="That were changed.")
    is_complete: bool | None = strawberry.field(default=None, description="False: ask again, there is more of it.")


@strawberry.type
class OperatorMutation(OperatorOnboardingMutation, OperatorProfileMutation):
    @mutation(permission=CHANGE, description="Close a city's doors. Its audit log tells the reason: name nobody in it.")
    async def operator_city_suspend(self, slug: str, reason: str) -> OperatorCityPayload:
        return OperatorCityPayload.of(await cities.suspend(slug, reason))

    @mutation(permission=CHANGE, description="Open them again.")
    async def operator_city_resume(self, slug: str) -> OperatorCityPayload:
        return OperatorCityPayload.of(await cities.resume(slug))

    @mutation(permission=CHANGE, description="Give a city modules, with all that they require.")
    async def operator_modules_subscribe(self, slug: str, modules: list[str]) -> OperatorCityPayload:
        return OperatorCityPayload.of(await cities.subscribe(installed_modules(), slug, modules))

    @mutation(permission=CHANGE, description="Take modules from a city: their doors close, their data stays.")
    async def operator_modules_leave(self, slug: str, modules: list[str]) -> OperatorCityPayload:
        return OperatorCityPayload.of(await cities.leave(installed_modules(), slug, modules))

    @mutation(permission=CHANGE, description="Let a city get its defaults from a region; from none without one.")
    async def operator_city_region(self, slug: str, region: str | None = None) -> OperatorCityPayload:
        return OperatorCityPayload.of(await cities.set_region(slug, region))

    @mutation(permission=CHANGE, description="Let a city answer at just these hosts (names without a port).")
    async def operator_city_hosts(self, slug: str, hosts: list[str]) -> OperatorCityPayload:
        return OperatorCityPayload.of(await cities.change_hosts(slug, hosts))

    @mutation(permission=PLANS, description="Put a city on a plan and give it its limits; on none without one.")
    async def operator_city_plan(self, slug: str, plan: str | None = None) -> OperatorCityPayload:
        return OperatorCityPayload.of(await plans.set_plan(slug, plan or ""))

    @mutation(permission=PLANS, description="Make a plan or change it; other limits come to its cities by a job.")
    async def operator_plan_save(
        self, key: str, title: OperatorTitlesInput, limits: OperatorLimitsInput
    ) -> OperatorPlanPayload:
        titles = {"ru": title.ru, "en": title.en}
        return OperatorPlanPayload(plan=PlanType.of(await plans.save_plan(key, titles, limits.limits())))

    @mutation(permission=PLANS, description="Remove a plan on which no city is.")
    async def operator_plan_drop(self, key: str) -> OperatorDonePayload:
        await plans.drop_plan(key)
        return OperatorDonePayload()

    @mutation(permission=JOBS, description="Let dead letters run anew: of a city, of a job, these. Give one at least.")
    async def operator_dead_letters_replay(
        self, city: str | None = None, job: str | None = None, ids: list[uuid.UUID] | None = None
    ) -> OperatorLettersPayload:
        done = await letters.replay(city, job, ids or [])
        return OperatorLettersPayload(letters=done.letters, is_complete=done.is_complete)

    @mutation(permission=JOBS, description="Drop dead letters: of a city, of a job, these. Give one at least.")
    async def operator_dead_letters_discard(
        self, city: str | None = None, job: str | None = None, ids: list[uuid.UUID] | None = None
    ) -> OperatorLettersPayload:
        done = await letters.discard(city, job, ids or [])
        return OperatorLettersPayload(letters=done.letters, is_complete=done.is_complete)
