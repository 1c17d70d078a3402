"""The types of the operator's schema: what the directory knows of cities, plans, modules, jobs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Self, TypeVar

import strawberry
from strawberry.dataloader import DataLoader
from strawberry.types import Info

from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.core.jobs.view import QueueFigures
from leancity.core.plugins.contributions import Manifest
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy import limits as directory
from leancity.core.tenancy.allowance import Used
from leancity.core.tenancy.cards import Card
from leancity.graphql.api import JSON, Context, field
from leancity.tenants.operator.checks import Check, Health
from leancity.tenants.operator.health import health_of, used_by
from leancity.tenants.operator.letters import CityLetter
from leancity.tenants.operator.permissions import READ
from leancity.tenants.operator.plans import Plan
from leancity.tenants.operator.tables import OperatorCertificate

Value = TypeVar("Value")


@strawberry.enum(description="What a tenant of the installation is.")
class OperatorPlaceKind(StrEnum):
    CITY = "city"
    REGION = "region"
    OPERATOR = "operator"


@strawberry.enum(description="Whether its doors are open, and why not.")
class OperatorCityState(StrEnum):
    OPEN = "open"
    SUSPENDED = "suspended"
    IMPORTING = "importing"
    ERASING = "erasing"


@strawberry.enum(description="The worst of its checks is a city's.")
class OperatorHealthStatus(StrEnum):
    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"


@strawberry.type(description="A text in every language.")
class OperatorTitles:
    ru: str
    en: str


@strawberry.type(description="How much a city may take; null for as much as there is.")
class OperatorLimits:
    people: int | None = strawberry.field(description="Active accounts of the staff.")
    storage: float | None = strawberry.field(description="Bytes of files, a whole number.")
    modules: int | None

    @classmethod
    def of(cls, limits: directory.Limits) -> Self:
        return cls(people=limits.people, storage=limits.storage, modules=limits.modules)


@strawberry.type(description="How much a city takes.")
class OperatorUsed:
    people: int = strawberry.field(description="Active accounts of the staff.")
    storage: float = strawberry.field(description="Bytes of files, a whole number.")
    modules: int

    @classmethod
    def of(cls, used: Used) -> Self:
        return cls(people=used.people, storage=used.storage, modules=used.modules)


@strawberry.type(description="One check of a city's health.")
class OperatorCheck:
    key: str = strawberry.field(description="Stable, for programs.")
    status: OperatorHealthStatus
    title: str = strawberry.field(description="In the reader's language.")
    text: str = strawberry.field(description="The figure in words, in the reader's language.")
    figure: float = strawberry.field(description="What is judged: a count, seconds, days or a share, by the key.")

    @classmethod
    def of(cls, check: Check) -> Self:
        locale = current_principal().locale
        return cls(
            key=check.key,
            status=OperatorHealthStatus(check.status),
            title=check.title(locale),
            text=check.text(locale),
            figure=check.figure,
        )


@strawberry.type(description="How a city stands, looked at now.")
class OperatorHealth:
    status: OperatorHealthStatus
    checks: list[OperatorCheck]

    @classmethod
    def of(cls, health: Health) -> Self:
        return cls(
            status=OperatorHealthStatus(health.status), checks=[OperatorCheck.of(check) for check in health.checks]
        )


@strawberry.type(description="A module that a city has.")
class OperatorCityModule:
    name: str
    title: str = strawberry.field(description="In the reader's language; the name where it is not installed.")
    since: datetime
    is_installed: bool

    @classmethod
    def of(cls, name: str, since: datetime) -> Self:
        manifest = installed_modules().manifests.get(name)
        title = pick(manifest.title, current_principal().locale) if manifest else name
        return cls(name=name, title=title, since=since, is_installed=manifest is not None)


@strawberry.type(description="A city, a region or the operator's own place as the directory knows it.")
class OperatorCity:
    slug: str
    title: str
    kind: OperatorPlaceKind
    zone: str
    locale: str
    hosts: list[str]
    state: OperatorCityState
    modules: list[OperatorCityModule]
    region: str | None = strawberry.field(description="Slug of the region that gives it defaults.")
    plan: str | None = strawberry.field(description="Key of the plan it is on.")
    limits: OperatorLimits
    created_at: datetime | None
    card: strawberry.Private[Card]

    @classmethod
    def of(cls, card: Card) -> Self:
        return cls(
            slug=card.slug,
            title=card.title,
            kind=OperatorPlaceKind(card.kind),
            zone=card.zone,
            locale=card.locale,
            hosts=[*card.hosts],
            state=OperatorCityState(card.state),
            modules=[OperatorCityModule.of(name, since) for name, since in sorted(card.modules.items())],
            region=card.region,
            plan=card.plan or None,
            limits=OperatorLimits.of(card.limits),
            created_at=card.created_at,
            card=card,
        )

    @field(permission=READ, description="Counted now. Null while the city is being erased.")
    async def used(self, info: Info[Context, None]) -> OperatorUsed | None:
        used = await _by_card(info, "operator.used", used_by).load(self.card)
        return OperatorUsed.of(used) if used else None

    @field(permission=READ, description="Looked at now, in each city that it is asked of.")
    async def health(self, info: Info[Context, None]) -> OperatorHealth:
        return OperatorHealth.of(await _by_card(info, "operator.health", health_of).load(self.card))


@strawberry.type(name="OperatorPlan", description="What cities on it may take of the installation.")
class PlanType:
    key: str
    title: str = strawberry.field(description="In the reader's language.")
    titles: OperatorTitles
    limits: OperatorLimits
    cities: int = strawberry.field(description="That are on it.")
    behind: int = strawberry.field(description="Of these, that do not have its limits yet: a job is bringing them.")

    @classmethod
    def of(cls, plan: Plan) -> Self:
        return cls(
            key=plan.key,
            title=pick(plan.title, current_principal().locale),
            titles=OperatorTitles(**plan.title),
            limits=OperatorLimits.of(plan.limits),
            cities=plan.cities,
            behind=plan.behind,
        )


@strawberry.type(description="A module of this installation.")
class OperatorModule:
    name: str
    title: str = strawberry.field(description="In the reader's language.")
    summary: str
    version: str
    kind: str = strawberry.field(description="service or module.")
    requires: list[str] = strawberry.field(description="Modules that come with it.")
    serves: list[OperatorPlaceKind]
    cities: int = strawberry.field(description="That have it.")

    @classmethod
    def of(cls, manifest: Manifest, cities: int) -> Self:
        locale = current_principal().locale
        return cls(
            name=manifest.name,
            title=pick(manifest.title, locale),
            summary=pick(manifest.summary, locale),
            version=manifest.version,
            kind=manifest.kind,
            requires=sorted(manifest.requires),
            serves=[OperatorPlaceKind(kind) for kind in manifest.serves],
            cities=cities,
        )


@strawberry.type(description="A job of a city that has failed for good. What it was to do stays in the city.")
class OperatorDeadLetter:
    id: uuid.UUID
    city: str = strawberry.field(description="Slug of its city.")
    job: str
    queue: str
    attempts: int
    died_at: datetime
    error: str
    is_uncertain: bool = strawberry.field(description="An attempt may have reached its receiver.")

    @classmethod
    def of(cls, found: CityLetter) -> Self:
        letter = found.letter
        return cls(
            id=letter.id,
            city=found.city,
            job=letter.job,
            queue=letter.queue,
            attempts=letter.attempts,
            died_at=letter.died_at,
            error=letter.error,
            is_uncertain=letter.is_uncertain,
        )


@strawberry.type(description="One queue of jobs, over all cities.")
class OperatorQueue:
    name: str
    waiting: int
    running: int
    later: int = strawberry.field(description="That wait for a time, for a retry or behind an elder.")
    dead: int
    lag: float = strawberry.field(description="Seconds that the eldest waiting one has been due.")

    @classmethod
    def of(cls, row: QueueFigures) -> Self:
        return cls(
            name=row.queue, waiting=row.waiting, running=row.running, later=row.later, dead=row.dead, lag=row.lag
        )


@strawberry.type(name="OperatorCertificate", description="That a city was erased, and what of it.")
class CertificateType:
    id: uuid.UUID
    slug: str
    title: str
    digest: str = strawberry.field(description="SHA-256 of the document, in hex.")
    document: JSON
    erased_at: datetime

    @classmethod
    def of(cls, row: OperatorCertificate) -> Self:
        return cls(
            id=row.id,
            slug=row.slug,
            title=row.title,
            digest=row.digest,
            document=json.loads(row.document),
            erased_at=row.erased_at,
        )


def _by_card(
    info: Info[Context, Any], key: str, load: Callable[[Sequence[Card]], Awaitable[Sequence[Value]]]
) -> DataLoader[Card, Value]:
    """Return this operation's loader ``key``: it works outside any unit, and once for all cards of a page."""

    async def batch(cards: list[Card]) -> Sequence[Value]:
        return await load(cards)

    if key not in info.context.loaders:
        info.context.loaders[key] = DataLoader(load_fn=batch, cache_key_fn=lambda card: card.slug)
    return info.context.loaders[key]
