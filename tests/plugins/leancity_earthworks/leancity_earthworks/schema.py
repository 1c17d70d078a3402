"""The module's part of the GraphQL schema: types and resolvers that call the service."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncGenerator, Sequence
from datetime import date, datetime
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.cases.tables import CaseRecord
from leancity.core.customs.current import current_items
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.principal import current_principal
from leancity.core.live.hub import listening
from leancity.graphql.api import (
    Connection,
    Context,
    GeoPoint,
    GeoPointInput,
    Payload,
    Reread,
    connection,
    field,
    loader,
    mutation,
    subscription,
)
from leancity_earthworks import approvals, reading, service, tables
from leancity_earthworks.kinds import PERMIT
from leancity_earthworks.permissions import CHANGE_BODIES, GIVE, READ, READ_APPLICANT
from leancity_earthworks.surfaces import SURFACES

LATEST = 100
DUG = "where the street is dug up, and until when, is everybody's business; nothing personal is in it"
OWN = "who may see an application, its applicant or the staff, may see what it waits for"


@strawberry.type(description="A body that has to agree before the street is dug up.")
class EarthworksBody:
    id: uuid.UUID
    key: str
    title: str = strawberry.field(description="In the reader's language.")

    @classmethod
    def of(cls, row: tables.EarthworksBody) -> Self:
        return cls(id=row.id, key=row.key, title=pick(json.loads(row.title), current_principal().locale))


@strawberry.type(description="A kind of surface, and how long its restoring usually takes.")
class EarthworksSurface:
    key: str
    title: str
    restore_days: int


@strawberry.type(description="Who applied. Every reading is recorded.")
class EarthworksApplicant:
    name: str
    phone: str


@strawberry.type(description="What a body said about an application.")
class EarthworksApproval:
    id: uuid.UUID
    application_id: uuid.UUID
    body: str = strawberry.field(description="What the body is called, in the reader's language.")
    answer: str = strawberry.field(description="waiting, approved or refused.")
    reason: str
    asked_at: datetime
    answer_by: datetime
    answered_at: datetime | None
    reminders: int

    @classmethod
    def of(cls, row: reading.Approval) -> Self:
        return cls(
            id=row.id,
            application_id=row.case_id,
            body=pick(row.title, current_principal().locale),
            answer=row.answer,
            reason=row.reason,
            asked_at=row.asked_at,
            answer_by=row.answer_by,
            answered_at=row.answered_at,
            reminders=row.reminders,
        )


@strawberry.type(description="An issued permit: where the street is dug up, and until when.")
class EarthworksPermit:
    id: uuid.UUID
    number: str
    issued_at: datetime
    address: str
    point: GeoPoint
    digs_from: date
    digs_until: date
    restored_by: date

    @classmethod
    def of(cls, row: reading.Permit) -> Self:
        return cls(
            id=row.id,
            number=row.number,
            issued_at=row.issued_at,
            address=row.address,
            point=GeoPoint(lat=row.lat, lon=row.lon),
            digs_from=row.digs_from,
            digs_until=row.digs_until,
            restored_by=row.restored_by,
        )


@strawberry.type(description="An application for a permit.")
class EarthworksApplication:
    id: uuid.UUID
    number: str
    purpose: str
    status: str
    outcome: str | None
    opened_at: datetime
    due_at: datetime | None
    address: str
    point: GeoPoint
    digs_from: date
    digs_until: date
    restored_by: date

    @classmethod
    def of(cls, row: reading.Application) -> Self:
        return cls(
            id=row.id,
            number=row.number,
            purpose=row.purpose,
            status=row.status,
            outcome=row.outcome,
            opened_at=row.opened_at,
            due_at=row.due_at,
            address=row.address,
            point=GeoPoint(lat=row.lat, lon=row.lon),
            digs_from=row.digs_from,
            digs_until=row.digs_until,
            restored_by=row.restored_by,
        )

    @field(public=OWN, description="The status in the reader's language.")
    def status_title(self) -> str:
        return pick(PERMIT.state(self.status).title, current_principal().locale)

    @field(public=OWN, description="The answers of the bodies that were asked.")
    async def approvals(self, info: Info[Context, None]) -> list[EarthworksApproval]:
        rows = await loader(info, "earthworks.approvals", _approvals).load(self.id)
        return [EarthworksApproval.of(row) for row in rows]

    @field(permission=READ_APPLICANT)
    async def applicant(self) -> EarthworksApplicant:
        return EarthworksApplicant(**await reading.applicant_of(self.id))


@strawberry.type(description="Permits for digging in the street.")
class EarthworksQuery:
    @field(public=DUG, description="The bodies that are asked today.")
    async def bodies(self) -> list[EarthworksBody]:
        return [EarthworksBody.of(row) for row in await service.active_bodies()]

    @field(public=DUG, description="What can be dug up, for the form.")
    def surfaces(self) -> list[EarthworksSurface]:
        return [
            EarthworksSurface(key=key, title=each.title, restore_days=each.restore_days)
            for key, each in current_items(SURFACES).items()
            if not each.is_off
        ]

    @field(public=DUG, description="Permits in force, the latest issued first.")
    async def permits(self, first: int | None = None, after: str | None = None) -> Connection[EarthworksPermit]:
        async def fetch(limit: int, keyset: tuple[datetime, uuid.UUID] | None) -> Sequence[reading.Permit]:
            return await reading.permits(after=keyset, limit=limit)

        return await connection(
            "earthworks.permits",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=reading.count_permits,
            key=lambda row: (row.issued_at, row.id),
            node=EarthworksPermit.of,
        )

    @field(permission=READ)
    async def application(self, id: uuid.UUID) -> EarthworksApplication | None:
        return await _application(id)

    @field(public="everybody sees just what they filed themselves", description="One's own, the latest first.")
    async def my_applications(self) -> list[EarthworksApplication]:
        return [EarthworksApplication.of(row) for row in await reading.my_applications()]

    @field(permission=GIVE, description="What one's own unit has still to answer, the most urgent first.")
    async def waiting(self) -> list[EarthworksApproval]:
        return [EarthworksApproval.of(row) for row in await reading.waiting_for_me()]


@strawberry.input
class EarthworksApplyInput:
    point: GeoPointInput
    address: str
    purpose: str
    digs_from: date
    digs_until: date
    restored_by: date
    applicant_name: str
    applicant_phone: str = ""


@strawberry.input(description="A body by its key; the one with this key is changed.")
class EarthworksBodyInput:
    key: str
    title_ru: str
    title_en: str
    unit_id: uuid.UUID | None = None
    is_active: bool = True


@strawberry.type
class EarthworksApplicationPayload(Payload):
    case_id: strawberry.Private[uuid.UUID | None] = None

    @classmethod
    def of(cls, case: CaseRecord) -> Self:
        return cls(case_id=case.id)

    @field(public="who filed or answered it sees what became of it")
    async def application(self) -> EarthworksApplication | None:
        return None if self.case_id is None else await _application(self.case_id)


@strawberry.type
class EarthworksBodyPayload(Payload):
    body: EarthworksBody | None = None


@strawberry.type
class EarthworksMutation:
    @mutation(public="residents and companies apply without an account")
    async def earthworks_apply(self, input: EarthworksApplyInput) -> EarthworksApplicationPayload:
        new = service.NewApplication(
            lat=input.point.lat,
            lon=input.point.lon,
            address=input.address,
            purpose=input.purpose,
            digs_from=input.digs_from,
            digs_until=input.digs_until,
            restored_by=input.restored_by,
            applicant_name=input.applicant_name,
            applicant_phone=input.applicant_phone,
        )
        return EarthworksApplicationPayload.of(await service.apply(new))

    @mutation(permission=GIVE, description="Agree for one's own body. The last answer decides the application.")
    async def earthworks_approve(self, id: uuid.UUID) -> EarthworksApplicationPayload:
        return EarthworksApplicationPayload.of(await approvals.approve(id))

    @mutation(permission=GIVE, description="Disagree for one's own body, with a reason that the applicant reads.")
    async def earthworks_refuse(self, id: uuid.UUID, reason: str) -> EarthworksApplicationPayload:
        return EarthworksApplicationPayload.of(await approvals.turn_down(id, reason))

    @mutation(permission=CHANGE_BODIES, description="Add or change a body that is asked.")
    async def earthworks_set_body(self, input: EarthworksBodyInput) -> EarthworksBodyPayload:
        title = {"ru": input.title_ru, "en": input.title_en}
        row = await service.set_body(input.key, title, input.unit_id, is_active=input.is_active)
        return EarthworksBodyPayload(body=EarthworksBody.of(row))


@strawberry.type(description="Permits that were issued while the reader looked at the map.")
class EarthworksPermitsChange(Reread):
    is_resync: bool = strawberry.field(description="Some may have been missed: ask for the list. The first is one.")
    heard: strawberry.Private[frozenset[uuid.UUID]]
    permits: list[EarthworksPermit] = strawberry.field(default_factory=list, description="The latest issued first.")

    async def reread(self) -> bool:
        latest = await reading.permits(after=None, limit=LATEST) if self.heard else []
        self.permits = [EarthworksPermit.of(row) for row in latest if row.id in self.heard]
        return self.is_resync or bool(self.permits)


@strawberry.type
class EarthworksSubscription:
    @subscription(public=DUG)
    async def earthworks_permits_issued(self) -> AsyncGenerator[EarthworksPermitsChange, None]:
        async with listening(approvals.PERMITS) as listener:
            yield EarthworksPermitsChange(is_resync=True, heard=frozenset())
            while True:
                heard = await listener.heard(most=LATEST)
                yield EarthworksPermitsChange(is_resync=heard.is_resync, heard=frozenset(heard.subjects))


async def _application(id: uuid.UUID) -> EarthworksApplication | None:
    rows = await reading.applications_by_id([id])
    return EarthworksApplication.of(rows[0]) if rows else None


async def _approvals(case_ids: list[uuid.UUID]) -> list[list[reading.Approval]]:
    found = await reading.approvals_of(case_ids)
    return [found.get(case_id, []) for case_id in case_ids]
