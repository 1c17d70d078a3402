"""Who has room, who is away, and who could do an item."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.processes.running import absence, workload
from leancity.core.processes.running.fitting import ASSIGN, WORK
from leancity.graphql.api import Connection, Context, Keyset, Payload, connection, field, mutation
from leancity.graphql.kernel.people import OrgUnit, User, unit_of, user_of

UNITS = "core.unit.read"


@strawberry.type(description="What lies with somebody and is not done.")
class Workload:
    open: int
    overdue: int
    due_soon: int = strawberry.field(description="Within the days that were asked about.")
    hours: float = strawberry.field(description="Working hours of what is estimated or was measured before.")
    unestimated: int = strawberry.field(description="Items of which nobody knows how long they take.")

    @classmethod
    def of(cls, load: workload.Load) -> Self:
        return cls(**vars(load))


@strawberry.type(description="A person's work against their hours.")
class PersonWorkload:
    load: Workload
    available_hours: float = strawberry.field(description="Working hours, less absences, times the seat.")
    away_until: datetime | None = strawberry.field(description="They are away now.")
    row: strawberry.Private[workload.PersonLoad]

    @classmethod
    def of(cls, row: workload.PersonLoad) -> Self:
        return cls(load=Workload.of(row.load), available_hours=row.available_hours, away_until=row.away_until, row=row)

    @field(permission=UNITS)
    async def user(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.row.user_id)

    @field(permission=UNITS, description="Who stands in for them now.")
    async def substitute(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.row.substitute_id)


@strawberry.type(description="A unit's work against its hours.")
class UnitWorkload:
    load: Workload = strawberry.field(description="Of its people and its queue.")
    queue: Workload = strawberry.field(description="What nobody of the unit has taken yet.")
    available_hours: float
    people: list[PersonWorkload] = strawberry.field(description="By name.")
    unit_id: strawberry.Private[uuid.UUID]

    @classmethod
    def of(cls, row: workload.UnitLoad) -> Self:
        return cls(
            load=Workload.of(row.load),
            queue=Workload.of(row.queue),
            available_hours=row.available_hours,
            people=[PersonWorkload.of(each) for each in row.people],
            unit_id=row.unit_id,
        )

    @field(permission=UNITS)
    async def unit(self, info: Info[Context, None]) -> OrgUnit | None:
        return await unit_of(info, self.unit_id)


@strawberry.type(description="Somebody who may do an item.")
class WorkItemCandidate:
    workload: PersonWorkload | None = strawberry.field(description="For who assigns the item; null for who delegates.")
    user_id: strawberry.Private[uuid.UUID]

    @field(permission=UNITS)
    async def user(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.user_id)


@strawberry.type(description="A person is away, both days included.")
class Absence:
    id: uuid.UUID
    from_on: date
    until_on: date
    reason: str = strawberry.field(description="Empty for who only stands in.")
    row: strawberry.Private[absence.Away]

    @classmethod
    def of(cls, row: absence.Away) -> Self:
        return cls(id=row.id, from_on=row.from_on, until_on=row.until_on, reason=row.reason, row=row)

    @field(permission=UNITS)
    async def user(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.row.user_id)

    @field(permission=UNITS, description="Who does their work meanwhile.")
    async def substitute(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.row.substitute_id)


@strawberry.type
class ProcessWorkloadQuery:
    @field(
        public="who does work and who assigns it: the service asks",
        description="Who may do an item, who has most room first.",
    )
    async def work_item_candidates(self, item_id: uuid.UUID) -> list[WorkItemCandidate] | None:
        return [
            WorkItemCandidate(user_id=user_id, workload=None if load is None else PersonWorkload.of(load))
            for user_id, load in await workload.candidates(item_id)
        ]

    @field(permission=ASSIGN, description="Units within the viewer's reach; others are not in the answer.")
    async def workload(self, unit_ids: list[uuid.UUID], days: int = 7) -> list[UnitWorkload]:
        return [UnitWorkload.of(row) for row in await workload.unit_loads(unit_ids, days=days)]

    @field(permission=WORK, description="One's own, of whom one stands in for, and of whom one assigns work to.")
    async def absences(
        self, user_id: uuid.UUID | None = None, past: bool = False, first: int | None = None, after: str | None = None
    ) -> Connection[Absence]:
        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[absence.Away]:
            place = None if keyset is None else absence.Place(*keyset)
            return await absence.list_absences(limit=limit, after=place, user_id=user_id, past=past)

        async def count() -> int:
            return await absence.count_absences(user_id=user_id, past=past)

        return await connection(
            "core.absences",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=count,
            key=lambda row: (row.from_at, row.id),
            node=Absence.of,
        )


@strawberry.input(description="When somebody is away, both days included, and who does their work meanwhile.")
class AbsenceInput:
    from_on: date
    until_on: date
    substitute_id: uuid.UUID | None = None
    reason: str = ""

    def new(self, user_id: uuid.UUID | None = None) -> absence.NewAbsence:
        return absence.NewAbsence(**vars(self), user_id=user_id)


@strawberry.type
class AbsencePayload(Payload):
    absence_id: uuid.UUID | None = None


@strawberry.type
class AbsenceMutation:
    @mutation(permission=WORK, description="One's own; another's (userId) by who assigns work to them.")
    async def absence_add(self, input: AbsenceInput, user_id: uuid.UUID | None = None) -> AbsencePayload:
        return AbsencePayload(absence_id=(await absence.add_absence(input.new(user_id))).id)

    @mutation(permission=WORK, description="Replaces all of it but whose it is.")
    async def absence_change(self, absence_id: uuid.UUID, input: AbsenceInput) -> AbsencePayload:
        return AbsencePayload(absence_id=(await absence.change_absence(absence_id, input.new())).id)

    @mutation(permission=WORK)
    async def absence_remove(self, absence_id: uuid.UUID) -> AbsencePayload:
        await absence.remove_absence(absence_id)
        return AbsencePayload(absence_id=absence_id)
