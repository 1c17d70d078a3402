"""Taking cities on, in the operator's schema."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Self, TypeVar

import msgspec
import strawberry

from leancity.core.errors import Problem, Refused
from leancity.core.identity.principal import current_principal
from leancity.core.tenancy.limits import TenantKind
from leancity.graphql.api import Connection, Keyset, Payload, UserError, connection, field, mutation, user_error
from leancity.tenants.onboarding.card import Card
from leancity.tenants.onboarding.steps import STEPS
from leancity.tenants.operator import onboarding
from leancity.tenants.operator.permissions import ONBOARD
from leancity.tenants.operator.tables import OperatorOnboarding
from leancity.tenants.organisation.model import Finding, Organisation, Severity, UnitLine

Line = TypeVar("Line")
Node = TypeVar("Node")

AFTER_STEPS = ("plan", "noted")
"""What the operator's job does beside the steps that every new city goes through."""


@strawberry.enum
class OperatorOnboardingState(StrEnum):
    DRAFT = "draft"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"


@strawberry.enum(description="What a new tenant is. The operator's own place is made by command.")
class OperatorTenantKind(StrEnum):
    CITY = "city"
    REGION = "region"


@strawberry.input(description="What is known of a city; a draft may hold anything. Empty fields are the profile's.")
class OperatorCardInput:
    slug: str = ""
    title: str = ""
    zone: str = strawberry.field(default="", description="IANA name, such as Asia/Tomsk.")
    locale: str = ""
    kind: OperatorTenantKind = OperatorTenantKind.CITY
    hosts: list[str] = strawberry.field(default_factory=list)
    region: str = strawberry.field(default="", description="Slug of the region that gives it defaults.")
    profile: str = ""
    modules: list[str] = strawberry.field(default_factory=list)
    plan: str = ""
    admin_login: str = "admin"
    admin_name: str = ""
    admin_email: str = strawberry.field(default="", description="Who looks after the city at first is invited there.")
    with_demo: bool = strawberry.field(default=False, description="With invented people and cases.")

    def card(self) -> Card:
        values = {**vars(self), "kind": TenantKind(self.kind.value)}
        return Card(**values)


@strawberry.type(description="What is known of a city that is being taken on.")
class OperatorCard:
    slug: str
    title: str
    zone: str
    locale: str
    kind: OperatorTenantKind
    hosts: list[str]
    region: str
    profile: str
    modules: list[str]
    plan: str
    admin_login: str
    admin_name: str
    admin_email: str
    with_demo: bool

    @classmethod
    def of(cls, card: Card) -> Self:
        return cls(**{**msgspec.structs.asdict(card), "kind": OperatorTenantKind(card.kind.value)})


@strawberry.type(description="A unit as the organisation file was understood.")
class OperatorUnderstoodUnit:
    key: str
    title: str
    parent_key: str
    kind: str
    people: int = strawberry.field(description="Of this unit itself.")
    row: int


@strawberry.enum(description="ERROR: the line is not taken. WARNING: it is, with what was guessed or left out.")
class OperatorSeverity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@strawberry.type(description="Something about the organisation file that a person should know.")
class OperatorFinding:
    severity: OperatorSeverity
    code: str
    message: str
    value: str = strawberry.field(description="What stands there, shortened.")
    sheet: str
    row: int = strawberry.field(description="As the file's program counts them, 0 for the whole sheet or file.")
    column: str


@strawberry.type(description="How an organisation file was understood, before anything is written.")
class OperatorUnderstood:
    found: strawberry.Private[Organisation]

    @field(permission=ONBOARD, description="In the file's order, what is above before what is below.")
    async def units(self, first: int | None = None, after: str | None = None) -> Connection[OperatorUnderstoodUnit]:
        people = Counter(person.unit for person in self.found.people)
        return await _paged("units", self.found.units, first, after, lambda unit: _unit(unit, people[unit.key]))

    @field(permission=ONBOARD, description="In the file's order.")
    async def findings(
        self, severity: OperatorSeverity | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[OperatorFinding]:
        locale = current_principal().locale
        wanted = self.found.findings if severity is None else self.found.of(Severity(severity.value))
        return await _paged(f"findings {severity}", wanted, first, after, lambda each: _finding(each, locale))


@strawberry.type(description="A step that makes a city stand.")
class OperatorStep:
    key: str
    is_done: bool


@strawberry.type(description="A city that is being taken on. It keeps what was typed, right or wrong.")
class OperatorOnboardingType:
    row: strawberry.Private[OperatorOnboarding]
    id: uuid.UUID
    slug: str
    state: OperatorOnboardingState
    begun_at: datetime
    finished_at: datetime | None
    units: int = strawberry.field(description="That the organisation file was understood to have.")
    people: int
    errors: int = strawberry.field(description="Lines of it that can't be taken.")
    warnings: int

    @classmethod
    def of(cls, row: OperatorOnboarding) -> Self:
        return cls(
            row=row,
            id=row.id,
            slug=row.slug,
            state=OperatorOnboardingState(row.state),
            begun_at=row.begun_at,
            finished_at=row.finished_at,
            units=row.units,
            people=row.people,
            errors=row.errors,
            warnings=row.warnings,
        )

    @field(permission=ONBOARD)
    def card(self) -> OperatorCard:
        return OperatorCard.of(onboarding.card_of(self.row))

    @field(permission=ONBOARD, description="Null without a file, and once the city stands.")
    def understood(self) -> OperatorUnderstood | None:
        found = onboarding.understood_of(self.row)
        return None if found is None else OperatorUnderstood(found=found)

    @field(permission=ONBOARD, description="In the order in which they are done.")
    def steps(self) -> list[OperatorStep]:
        done = json.loads(self.row.steps)
        return [OperatorStep(key=key, is_done=key in done) for key in (*STEPS, *AFTER_STEPS)]

    @field(permission=ONBOARD, description="What stands in the way: of a draft now, of a failed one when it failed.")
    async def problems(self) -> list[UserError]:
        if self.state is OperatorOnboardingState.DRAFT:
            found = await onboarding.problems_of(self.row)
        else:
            found = [Problem(**each) for each in json.loads(self.row.problems)]
        return [user_error(each) for each in found]


@strawberry.type
class OperatorOnboardingFields:
    @field(permission=ONBOARD, description="Cities that are being or were taken on, newest first.")
    async def onboardings(
        self, first: int | None = None, after: str | None = None, state: OperatorOnboardingState | None = None
    ) -> Connection[OperatorOnboardingType]:
        wanted = None if state is None else state.value

        async def fetch(limit: int, keyset: Keyset | None) -> Sequence[OperatorOnboarding]:
            return await onboarding.page(limit, None if keyset is None else (keyset[0], keyset[1]), wanted)

        return await connection(
            f"operator.onboardings {wanted}",
            keyset=(datetime, uuid.UUID),
            first=first,
            after=after,
            fetch=fetch,
            count=lambda: onboarding.count(wanted),
            key=lambda row: (row.begun_at, row.id),
            node=OperatorOnboardingType.of,
        )

    @field(permission=ONBOARD)
    async def onboarding(self, id: uuid.UUID) -> OperatorOnboardingType:
        return OperatorOnboardingType.of(await onboarding.find(id))


@strawberry.type
class OperatorOnboardingPayload(Payload):
    onboarding: OperatorOnboardingType | None = None


@strawberry.type
class OperatorInvitationPayload(Payload):
    url: str | None = None
    expires_at: datetime | None = None


@strawberry.type
class OperatorOnboardingMutation:
    @mutation(permission=ONBOARD, description="Begin a draft with whatever is known.")
    async def operator_onboarding_begin(self, card: OperatorCardInput) -> OperatorOnboardingPayload:
        return _payload(await onboarding.begin(card.card()))

    @mutation(permission=ONBOARD, description="Put another card into a draft.")
    async def operator_onboarding_change(self, id: uuid.UUID, card: OperatorCardInput) -> OperatorOnboardingPayload:
        return _payload(await onboarding.change_card(id, card.card()))

    @mutation(
        permission=ONBOARD,
        description="Read an uploaded XLSX of units and staff into a draft, null takes it out. Nothing is written yet.",
    )
    async def operator_onboarding_file(
        self, id: uuid.UUID, file_id: uuid.UUID | None = None
    ) -> OperatorOnboardingPayload:
        return _payload(await onboarding.set_file(id, file_id))

    @mutation(
        permission=ONBOARD,
        description="Let the city be made. acceptsErrors: of a file with errors what is right is written.",
    )
    async def operator_onboarding_confirm(
        self, id: uuid.UUID, accepts_errors: bool = False
    ) -> OperatorOnboardingPayload:
        return _payload(await onboarding.confirm(id, accepts_errors=accepts_errors))

    @mutation(
        permission=ONBOARD,
        description="A new link for the administrator to set a password by, until they have: where no mail is sent, or "
        "none has come. The city sees that it was asked for.",
    )
    async def operator_onboarding_invitation(self, id: uuid.UUID) -> OperatorInvitationPayload:
        made = await onboarding.invitation(id)
        return OperatorInvitationPayload(url=made.url, expires_at=made.expires_at)

    @mutation(permission=ONBOARD, description="Give a draft up. A city that it has half made stays.")
    async def operator_onboarding_drop(self, id: uuid.UUID) -> OperatorOnboardingPayload:
        return _payload(await onboarding.drop(id))

    @mutation(
        permission=ONBOARD,
        description="All of it at once: where something stands in the way, a draft that can be mended is left.",
    )
    async def operator_city_onboard(
        self, card: OperatorCardInput, file_id: uuid.UUID | None = None, accepts_errors: bool = False
    ) -> OperatorOnboardingPayload:
        row = await onboarding.begin(card.card())
        try:
            if file_id is not None:
                row = await onboarding.set_file(row.id, file_id)
            row = await onboarding.confirm(row.id, accepts_errors=accepts_errors)
        except Refused as refusal:
            errors = [user_error(problem) for problem in refusal.problems]
            return OperatorOnboardingPayload(errors=errors, onboarding=OperatorOnboardingType.of(row))
        return _payload(row)


def _payload(row: OperatorOnboarding) -> OperatorOnboardingPayload:
    return OperatorOnboardingPayload(onboarding=OperatorOnboardingType.of(row))


def _unit(unit: UnitLine, people: int) -> OperatorUnderstoodUnit:
    return OperatorUnderstoodUnit(
        key=unit.key, title=unit.title, parent_key=unit.parent, kind=unit.kind, people=people, row=unit.row
    )


def _finding(found: Finding, locale: str) -> OperatorFinding:
    return OperatorFinding(
        severity=OperatorSeverity(found.severity.value),
        code=found.code,
        message=found.told(locale),
        value=found.value,
        sheet=found.sheet,
        row=found.row,
        column=found.column,
    )


async def _paged(
    name: str, lines: Sequence[Line], first: int | None, after: str | None, node: Callable[[Line], Node]
) -> Connection[Node]:
    """Return a page of what is in hand already."""

    async def fetch(limit: int, keyset: Keyset | None) -> Sequence[tuple[int, Line]]:
        begin = 0 if keyset is None else keyset[0] + 1
        return [*enumerate(lines[begin : begin + limit], begin)]

    async def count() -> int:
        return len(lines)

    return await connection(
        f"operator.{name}",
        keyset=(int,),
        first=first,
        after=after,
        fetch=fetch,
        count=count,
        key=lambda line: (line[0],),
        node=lambda line: node(line[1]),
        loaded=True,
    )
