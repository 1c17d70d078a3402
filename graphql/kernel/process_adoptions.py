"""Taking a practice: checked, bound to the city's own names, landed as a draft, upgraded, measured."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self

import strawberry

from leancity.core.errors import refuse
from leancity.core.processes.packages import adopting, binding, landing, measured, practices, rows, targets, upgrading
from leancity.core.processes.packages.baseline import Baseline, BaselineCard, Source
from leancity.core.processes.packages.file import opened
from leancity.core.processes.packages.merging.values import Conflict
from leancity.core.processes.packages.merging.whole import Differences
from leancity.core.processes.packages.rows import State
from leancity.core.processes.packages.tables import PackageAdoption
from leancity.core.processes.versions.stages import CHANGE, PUBLISH, READ
from leancity.graphql.api import Connection, Keyset, Payload, connection, field, mutation
from leancity.graphql.kernel.process_figures_paths import ProcessComparison, ProcessSide
from leancity.graphql.kernel.process_packages import PackageCaseTarget, PackageEffect, PackageName
from leancity.graphql.kernel.process_parts import ProcessChange, ProcessFinding

strawberry.enum(State, name="AdoptionState", description="How far a package has been taken.")
strawberry.enum(Source, name="AdoptionBaselineSource", description="Where it is known from what it took before.")


@strawberry.type(description="A name of the package and what it is here.")
class AdoptionName:
    name: PackageName
    target: str = strawberry.field(description="A role's key, a unit's or position's id, a channel; empty: not bound.")
    target_title: str
    suggested: str = strawberry.field(description="What has the same key or title here. Nothing is bound by itself.")
    suggested_title: str

    @classmethod
    def of(cls, row: binding.BoundName) -> Self:
        return cls(
            name=PackageName.of(row.name),
            target=row.target,
            target_title=row.target_title,
            suggested=row.suggested,
            suggested_title=row.suggested_title,
        )


@strawberry.type(description="Something beside the drawing that is otherwise here.")
class AdoptionDifference:
    kind: str = strawberry.field(description="form, decision or lane.")
    key: str
    what: str = strawberry.field(description="added, removed or changed.")


@strawberry.type(description="What the city has changed of a package since it took it.")
class AdoptionChanges:
    drawing: list[ProcessChange]
    rest: list[AdoptionDifference]

    @classmethod
    def of(cls, found: Differences) -> Self:
        told = (("form", found.forms), ("decision", found.decisions), ("lane", found.lanes))
        rest = [AdoptionDifference(kind=kind, key=k, what=w) for kind, keys in told for k, w in keys.items()]
        return cls(drawing=[ProcessChange.of(each) for each in found.drawing], rest=rest)


@strawberry.type(description="What is otherwise here than in the package, and is a person's choice.")
class AdoptionConflict:
    address: str = strawberry.field(description="What a choice names; the beginning of it names all below: drawing.")
    title: str
    mine: str | None = strawberry.field(description="As it is here; null: taken out.")
    theirs: str | None = strawberry.field(description="As it is in the package; null: taken out.")
    choice: str = strawberry.field(description="mine, theirs, empty while nobody has chosen.")

    @classmethod
    def of(cls, row: Conflict) -> Self:
        mine, theirs = (
            each if each is None or isinstance(each, str) else _text(each) for each in (row.mine, row.theirs)
        )
        return cls(address=row.address, title=row.title, mine=mine, theirs=theirs, choice=row.choice)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


@strawberry.type(description="What the process that a package goes onto would become.")
class AdoptionUpgrade:
    is_two_way: bool = strawberry.field(
        description="The process did not come of this practice: whatever differs is among the conflicts."
    )
    conflicts: list[AdoptionConflict]
    findings: list[ProcessFinding] = strawberry.field(description="What the lint says of the merged drawing.")
    taken: list[ProcessChange] = strawberry.field(description="What would change in the drawing here.")

    @classmethod
    def of(cls, found: upgrading.Upgrade) -> Self:
        return cls(
            is_two_way=found.is_two_way,
            conflicts=[AdoptionConflict.of(each) for each in found.merged.conflicts],
            findings=[ProcessFinding.of(each) for each in found.findings],
            taken=[ProcessChange.of(each) for each in found.taken],
        )


@strawberry.type(description="A term of the kind of case in the package, beside the city's own.")
class AdoptionTarget:
    address: str = strawberry.field(description="What a choice names; theirs lets the package's hold here.")
    title: str = strawberry.field(description="Of the stage here; its key where there is no such stage.")
    is_known: bool = strawberry.field(description="False: the kind has no such stage here, so it can't be taken.")
    is_alike: bool
    theirs: PackageCaseTarget
    mine: PackageCaseTarget | None

    @classmethod
    def of(cls, row: targets.ComparedTarget) -> Self:
        return cls(
            address=row.theirs.address,
            title=row.title,
            is_known=row.is_known,
            is_alike=row.is_alike,
            theirs=PackageCaseTarget.of(row.theirs),
            mine=None if row.mine is None else PackageCaseTarget.of(row.mine),
        )


@strawberry.type(description="What a process took here before.")
class AdoptionBaseline:
    source: Source
    n: int = strawberry.field(description="Closed cases; 0 where it was entered by hand.")
    median_s: float | None
    p85_s: float | None
    taken_at: datetime

    @classmethod
    def of(cls, row: Baseline) -> Self:
        return cls(source=row.source, n=row.n, median_s=row.median_s, p85_s=row.p85_s, taken_at=row.taken_at)


@strawberry.type(description="What a practice has changed here, beside what its giver measured.")
class AdoptionEffect:
    baseline: AdoptionBaseline | None
    live_at: datetime | None = strawberry.field(description="Since when cases take it.")
    here: ProcessComparison | None = strawberry.field(description="Null before it is live.")
    there: PackageEffect | None

    @classmethod
    def of(cls, found: measured.Measured) -> Self:
        here = found.here
        comparison = None
        if here is not None:
            comparison = ProcessComparison(
                before=ProcessSide.of(here.before),
                after=ProcessSide.of(here.after),
                difference=here.difference,
                low=here.low,
                high=here.high,
                likelihood=here.likelihood,
                verdict=here.verdict,
            )
        return cls(
            baseline=None if found.baseline is None else AdoptionBaseline.of(found.baseline),
            live_at=found.live_at,
            here=comparison,
            there=PackageEffect.if_any(found.there),
        )


@strawberry.input(description="Whose side is taken of a conflict.")
class AdoptionChoice:
    address: str
    take: str = strawberry.field(description="mine or theirs.")


@strawberry.type(description="A practice of another city, here.")
class ProcessAdoption:
    id: uuid.UUID
    package_key: str
    package_no: int
    giver: str
    checksum: str
    state: State
    process_id: uuid.UUID | None
    version_id: uuid.UUID | None = strawberry.field(description="The draft that it became.")
    begun_at: datetime
    adopted_at: datetime | None
    version: int

    @classmethod
    def of(cls, row: PackageAdoption) -> Self:
        shown = [each for each in cls.__annotations__ if each != "state"]
        return cls(state=State(row.state), **{name: getattr(row, name) for name in shown})

    @field(permission=READ)
    async def names(self) -> list[AdoptionName]:
        return [AdoptionName.of(each) for each in await binding.bound_names(await self._row())]

    @field(permission=READ, description="What has to be done before it can be tried, as the giving city did.")
    async def measures(self) -> list[str]:
        return [*opened((await self._row()).content).measures]

    @field(permission=READ, description="The terms of its kind of case, there and here.")
    async def targets(self) -> list[AdoptionTarget]:
        content = opened((await self._row()).content)
        return [AdoptionTarget.of(each) for each in targets.compared_targets(content)]

    @field(permission=READ, description="Null before it has landed.")
    async def local_changes(self) -> AdoptionChanges | None:
        found = await upgrading.local_changes(await self._row())
        return None if found is None else AdoptionChanges.of(found)

    @field(permission=READ, description="Null where it becomes a process of its own, or has landed.")
    async def upgrade(self, choices: list[AdoptionChoice] | None = None) -> AdoptionUpgrade | None:
        taken = {each.address: each.take for each in choices or ()}
        found = await upgrading.upgrade_of(await self._row(), taken)
        return None if found is None else AdoptionUpgrade.of(found)

    @field(permission=READ)
    async def effect(self) -> AdoptionEffect:
        return AdoptionEffect.of(await measured.measured(await self._row()))

    async def _row(self) -> PackageAdoption:
        """Return the adoption with its package, which a list does without."""
        row = await rows.read_adoption(self.id)
        if row is None:
            raise refuse("not_found", "id")
        return row


@strawberry.type
class AdoptionQuery:
    @field(permission=READ, description="The newest first.")
    async def process_adoptions(
        self, first: int | None = None, after: str | None = None
    ) -> Connection[ProcessAdoption]:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[PackageAdoption]:
            place = None if keyset is None else (keyset[0], keyset[1])
            return await rows.list_adoptions(limit=limit, after=place)

        return await connection(
            "core.process_adoptions",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=rows.count_adoptions,
            key=lambda row: (row.begun_at, row.id),
            node=ProcessAdoption.of,
        )

    @field(permission=READ)
    async def process_adoption(self, id: uuid.UUID) -> ProcessAdoption | None:
        row = await rows.read_adoption(id)
        return None if row is None else ProcessAdoption.of(row)


@strawberry.input(description="What a name of the package is here; an empty target unbinds it.")
class AdoptionBinding:
    kind: str
    key: str
    target: str = strawberry.field(
        description="A role's key, a unit's or position's id, a calendar's key, a channel or -."
    )


@strawberry.input(description="From where it is known what the process took before.")
class AdoptionBaselineInput:
    source: Source
    source_id: uuid.UUID | None = strawberry.field(
        default=None, description="Of the process, the imported log, or the function whose passport says it."
    )

    def card(self) -> BaselineCard:
        return BaselineCard(source=self.source, source_id=self.source_id)


@strawberry.input(
    description="What a package becomes here. One onto a process takes the baseline and the choices only; choices of"
    " terms (targets) are for each."
)
class AdoptionLanding:
    baseline: AdoptionBaselineInput
    key: str = strawberry.field(default="", description="Of the new process; the package's where it is empty.")
    title: str = ""
    owner_id: uuid.UUID | None = None
    unit_id: uuid.UUID | None = None
    function_id: uuid.UUID | None = None
    choices: list[AdoptionChoice] = strawberry.field(default_factory=list)

    def card(self) -> landing.LandCard:
        return landing.LandCard(
            key=self.key,
            title=self.title,
            owner_id=self.owner_id,
            unit_id=self.unit_id,
            function_id=self.function_id,
            baseline=self.baseline.card(),
            choices={each.address: each.take for each in self.choices},
        )


@strawberry.type
class AdoptionPayload(Payload):
    adoption: ProcessAdoption | None = None

    @classmethod
    def with_(cls, row: PackageAdoption) -> Self:
        return cls(adoption=ProcessAdoption.of(row))


@strawberry.type
class AdoptionMutation:
    @mutation(
        permission=CHANGE,
        description="Begin to take a practice: of the catalogue, or an uploaded file of another installation.",
    )
    async def process_adoption_begin(
        self,
        practice_id: uuid.UUID | None = None,
        file_id: uuid.UUID | None = None,
        claim: str = "",
        upgrade_of: uuid.UUID | None = None,
        onto: Annotated[
            uuid.UUID | None, strawberry.argument(description="A process of the city that did not come of it.")
        ] = None,
        is_untrusted_taken: bool = False,
    ) -> AdoptionPayload:
        if practice_id is not None and file_id is None:
            package = await practices.practice_file(practice_id)
        elif file_id is not None and practice_id is None:
            package = await adopting.uploaded_package(file_id, claim)
        else:
            raise refuse("process_one_source", "practice_id")
        row = await adopting.adopt(package, upgrade_of=upgrade_of, onto=onto, is_untrusted_taken=is_untrusted_taken)
        return AdoptionPayload.with_(row)

    @mutation(permission=CHANGE, description="Some names or all; what is not named stays as it is.")
    async def process_adoption_bind(
        self, id: uuid.UUID, bindings: list[AdoptionBinding], expected_version: int | None = None
    ) -> AdoptionPayload:
        wishes = [binding.Wish(**vars(each)) for each in bindings]
        return AdoptionPayload.with_(await binding.bind_names(id, wishes, expected_version))

    @mutation(permission=CHANGE, description="Make it a process with a draft, or the next draft of its process.")
    async def process_adoption_land(
        self, id: uuid.UUID, input: AdoptionLanding, expected_version: int | None = None
    ) -> AdoptionPayload:
        return AdoptionPayload.with_(await landing.land(id, input.card(), expected_version))

    @mutation(permission=CHANGE, description="Give it up; the process that it became stays.")
    async def process_adoption_withdraw(self, id: uuid.UUID, expected_version: int | None = None) -> AdoptionPayload:
        return AdoptionPayload.with_(await adopting.withdraw_adoption(id, expected_version))

    @mutation(permission=PUBLISH, description="Tell the catalogue what was measured here, without the city's name.")
    async def process_adoption_effect_tell(self, id: uuid.UUID, is_told: bool = True) -> AdoptionPayload:
        return AdoptionPayload.with_(await measured.tell_effect(id, is_told=is_told))
