"""The catalogue of practices: processes that cities offer one another, as packages."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Self

import strawberry

from leancity.core.processes.packages import model, practices, publishing
from leancity.core.processes.packages.file import Package
from leancity.core.processes.packages.packing import PackCard
from leancity.core.processes.packages.signing import Trust
from leancity.core.processes.versions.stages import PUBLISH, READ
from leancity.core.tenancy.catalogue import Offered, Wanted
from leancity.graphql.api import JSON, Connection, Keyset, Payload, connection, field, mutation

strawberry.enum(Trust, name="PackageTrust", description="Who vouches for a package: its signature says.")


@strawberry.type(description="The closed cases of one side, times in working seconds.")
class PackageSide:
    n: int
    median_s: float
    p85_s: float

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(n=row["n"], median_s=row["median_s"], p85_s=row["p85_s"])


@strawberry.type(description="What a practice changed in a city: enough cases on both sides to be believed.")
class PackageEffect:
    source: str = strawberry.field(description="Of the cases before: production, or import of another system's log.")
    before: PackageSide
    after: PackageSide
    difference_s: float = strawberry.field(description="Of the medians; below 0 is shorter.")
    low_s: float = strawberry.field(description="Its 95 % interval.")
    high_s: float
    likelihood: float = strawberry.field(description="That ranks differ so much where nothing has changed.")
    verdict: str = strawberry.field(description="shorter, longer or no_difference.")

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        sides: dict[str, Any] = {name: PackageSide.of(row[name]) for name in ("before", "after")}
        return cls(**{**{name: row[name] for name in cls.__annotations__}, **sides})

    @classmethod
    def if_any(cls, effect: model.Effect | None) -> Self | None:
        return None if effect is None else cls.of(model.plain(effect))


@strawberry.type(description="A name of the giving city that has to become one of the receiving city's.")
class PackageName:
    kind: str = strawberry.field(description="role, unit, position, calendar or channel.")
    key: str
    title: str
    permissions: list[str] = strawberry.field(description="A role's, there.")
    unit: str = strawberry.field(description="The key of a position's unit.")
    kind_of_unit: str
    detail: str

    @classmethod
    def of(cls, row: model.Name) -> Self:
        return cls(**{**model.plain(row), "permissions": [*row.permissions]})


@strawberry.type(description="Who works in a lane, by the keys of names.")
class PackageLane:
    lane: str
    role: str
    unit: str
    position: str
    is_author: bool
    is_head: bool


@strawberry.type(description="A form of a package.")
class PackageForm:
    key: str
    title: str
    data_schema: JSON
    ui_schema: JSON


@strawberry.type(description="A decision table of a package.")
class PackageDecision:
    key: str
    title: str
    xml: str = strawberry.field(description="DMN.")


@strawberry.type(description="A term that the drawing promises.")
class PackageTarget:
    element: str
    title: str
    amount: float
    unit: str
    start: str
    kind: str
    source: str


@strawberry.type(description="A term of the kind of case, as a city has it.")
class PackageCaseTarget:
    stage: str = strawberry.field(description="A state's key; *: the whole case.")
    kind: str = strawberry.field(description="baseline, target or legal.")
    amount: float
    unit: str
    start: str
    assumed: bool = strawberry.field(description="The source does not say which unit it means.")
    source: str

    @classmethod
    def of(cls, row: model.CaseTarget) -> Self:
        return cls(**model.plain(row))


@strawberry.type(description="An operation of the passport as entered, minutes of one launch.")
class PackageOperation:
    title: str
    minutes: float
    waiting_minutes: float | None
    movement_minutes: float | None
    value_class: str


@strawberry.type(description="The passport that the giving city had entered.")
class PackagePassport:
    title: str
    lead_days: float | None
    day_hours: float
    launches: float | None
    error_share: float | None
    operations: list[PackageOperation]


@strawberry.type(description="The package that the giving city had taken the process from.")
class PackageAncestor:
    key: str
    no: int
    giver: str


@strawberry.type(description="All of a package, as it is looked at before it is taken.")
class PackageContent:
    trust: Trust
    signer: str = strawberry.field(description="The public key that signed it, empty where none did.")
    process_key: str
    version_no: int = strawberry.field(description="Of the giving city's version.")
    packed_at: str
    names: list[PackageName]
    lanes: list[PackageLane]
    forms: list[PackageForm]
    decisions: list[PackageDecision]
    measures: list[str]
    targets: list[PackageTarget]
    case_targets: list[PackageCaseTarget]
    passport: PackagePassport | None
    parent: PackageAncestor | None
    content: strawberry.Private[model.Content]

    @classmethod
    def of(cls, package: Package) -> Self:
        content = package.content
        passport, parent = content.passport, content.provenance.parent
        return cls(
            trust=package.trust,
            signer=package.signer,
            process_key=content.process.key,
            version_no=content.provenance.version_no,
            packed_at=content.provenance.packed_at,
            names=[PackageName.of(each) for each in content.names],
            lanes=[PackageLane(**model.plain(each)) for each in content.lanes],
            forms=[PackageForm(**model.plain(each)) for each in content.forms],
            decisions=[PackageDecision(**model.plain(each)) for each in content.decisions],
            measures=[*content.measures],
            targets=[PackageTarget(**model.plain(each)) for each in content.targets],
            case_targets=[PackageCaseTarget.of(each) for each in content.case_targets],
            passport=None if passport is None else _passport(passport),
            parent=None if parent is None else PackageAncestor(key=parent.key, no=parent.no, giver=parent.giver),
            content=content,
        )

    @field(permission=READ, description="The drawing.")
    async def svg(self) -> str:
        return await practices.picture_of(self.content)


def _passport(row: model.Passport) -> PackagePassport:
    operations = [PackageOperation(**model.plain(each)) for each in row.operations]
    return PackagePassport(**{**model.plain(row), "operations": operations})


@strawberry.type(description="A process that a city offers to all others.")
class Practice:
    id: uuid.UUID
    key: str = strawberry.field(description="The city's slug and the process's key.")
    no: int = strawberry.field(description="Of the publication.")
    title: str
    description: str
    tags: list[str]
    city: str = strawberry.field(description="The giving city's slug.")
    city_title: str
    case_kind: str
    modules: list[str] = strawberry.field(description="Without these it can't be taken.")
    effect: PackageEffect | None = strawberry.field(description="What the giving city measured; null: nothing.")
    cities: int = strawberry.field(description="How many cities have taken it.")
    effects: list[PackageEffect] = strawberry.field(description="What those of them measured that tell of it.")
    checksum: str
    is_mine: bool
    published_at: datetime
    withdrawn_at: datetime | None

    @classmethod
    def of(cls, row: Offered) -> Self:
        told = row.summary
        return cls(
            id=row.id,
            key=row.key,
            no=row.no,
            title=row.title,
            description=told["description"],
            tags=[*told["tags"]],
            city=told["city"],
            city_title=told["city_title"],
            case_kind=told["case_kind"],
            modules=[*told["modules"]],
            effect=None if told["effect"] is None else PackageEffect.of(told["effect"]),
            cities=row.cities,
            effects=[PackageEffect.of(each) for each in row.effects],
            checksum=row.checksum,
            is_mine=row.is_mine,
            published_at=row.published_at,
            withdrawn_at=row.withdrawn_at,
        )

    @field(permission=READ, description="All that is in the package.")
    async def content(self) -> PackageContent:
        return PackageContent.of(await practices.practice_file(self.id))


@strawberry.input(description="Which practices; what is left out asks for nothing.")
class PracticeFilter:
    is_mine: bool = strawberry.field(default=False, description="The city's own, earlier and withdrawn ones too.")
    text: str = strawberry.field(default="", description="A part of the title, the description or the key.")
    tag: str = ""
    case_kind: str = ""
    effect: str = strawberry.field(default="", description="shorter, longer, no_difference, or none: not measured.")

    def wanted(self) -> Wanted:
        return Wanted(**vars(self))


@strawberry.type(description="A package as a file, for a city of another installation.")
class PackageFile:
    name: str
    content: str = strawberry.field(description="The bytes in base64.")


@strawberry.type
class PracticeQuery:
    @field(permission=READ, description="What cities offer, the newest first; of each practice its newest number.")
    async def practices(
        self, filter: PracticeFilter | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[Practice]:
        wanted = (filter or PracticeFilter()).wanted()

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[Offered]:
            place = None if keyset is None else (keyset[0], keyset[1])
            return await practices.list_practices(wanted, limit=limit, after=place)

        async def count() -> int:
            return await practices.count_practices(wanted)

        return await connection(
            "core.practices",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.published_at, row.id),
            node=Practice.of,
        )

    @field(permission=READ)
    async def practice(self, id: uuid.UUID) -> Practice | None:
        row = await practices.find_practice(id)
        return None if row is None else Practice.of(row)

    @field(permission=READ)
    async def practice_file(self, id: uuid.UUID) -> PackageFile:
        package = await practices.practice_file(id)
        name = package.content.key.replace("/", "-")
        data = base64.b64encode(package.text.encode()).decode()
        return PackageFile(name=f"{name}-{package.content.no}.leancity.json", content=data)


@strawberry.input(description="What is told of a practice.")
class PracticeInput:
    description: str = ""
    tags: list[str] = strawberry.field(default_factory=list)
    is_unmeasured: bool = strawberry.field(default=False, description="Offer it though its effect is not measured.")

    def card(self) -> PackCard:
        return PackCard(description=self.description, tags=tuple(self.tags), is_unmeasured=self.is_unmeasured)


@strawberry.type
class PracticePayload(Payload):
    practice: Practice | None = None


@strawberry.type
class PracticeMutation:
    @mutation(permission=PUBLISH, description="Offer a process's version in production to all cities.")
    async def practice_publish(self, process_id: uuid.UUID, input: PracticeInput) -> PracticePayload:
        package_id = await publishing.publish_package(process_id, input.card())
        return await _payload(package_id)

    @mutation(permission=PUBLISH, description="Offer it no more; who took it keeps it.")
    async def practice_withdraw(self, id: uuid.UUID) -> PracticePayload:
        await publishing.withdraw_package(id)
        return await _payload(id)


async def _payload(package_id: uuid.UUID) -> PracticePayload:
    row = await publishing.own_package(package_id)
    return PracticePayload(practice=Practice.of(row))
