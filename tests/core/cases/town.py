"""A city with two invented modules: a help desk whose requests have terms, and a park whose issues have none."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from leancity.core.cases.filing import Filing, file_case
from leancity.core.cases.kinds import WHOLE, CaseKind, CaseState, Outcome, StageTerm, Transition
from leancity.core.cases.tables import CaseEvent, CaseRecord, CaseTerm
from leancity.core.clock.deadline import DeadlineRule, StartRule
from leancity.core.clock.escalation import EscalationStep
from leancity.core.clock.targets import Target, TargetKind
from leancity.core.clock.units import DeadlineUnit
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused, refuse
from leancity.core.identity.permissions import KERNEL_PERMISSIONS
from leancity.core.identity.principal import Kind, Principal
from leancity.core.identity.scopes import everywhere
from leancity.core.identity.tables import UserAccount
from leancity.core.plugins.contributions import Manifest, Permission
from leancity.core.plugins.hooks import hookimpl
from leancity.core.testing.city import City, TestUser


def title(text: str) -> dict[str, str]:
    return {"ru": text, "en": text}


def term(stage: str, kind: TargetKind, amount: float, unit: DeadlineUnit, **more: Any) -> StageTerm:
    steps = more.pop("escalation", ())
    rule = DeadlineRule(amount=amount, unit=unit, start=StartRule.MOMENT, **{"source": "act 1", **more})
    return StageTerm(stage=stage, target=Target(kind, rule), escalation=steps)


REQUEST = CaseKind(
    key="desk.request",
    title=title("Request"),
    prefix="RQ",
    states=(
        CaseState(key="new", title=title("New")),
        CaseState(key="in_work", title=title("In work")),
        CaseState(key="closed", title=title("Closed"), is_final=True),
    ),
    initial="new",
    transitions=(
        Transition(
            name="take", title=title("Take"), from_states=("new",), to="in_work", permission="desk.request.work"
        ),
        Transition(
            name="close",
            title=title("Close"),
            from_states=("in_work",),
            to="closed",
            permission="desk.request.work",
            outcomes=("fixed", "not_fixed", "not_ours"),
        ),
        Transition(
            name="reject",
            title=title("Reject"),
            from_states=("new", "in_work"),
            to="closed",
            permission="desk.request.reject",
            outcomes=("not_ours",),
            requires_note=True,
        ),
        Transition(
            name="reopen", title=title("Reopen"), from_states=("closed",), to="in_work", permission="desk.request.work"
        ),
    ),
    outcomes=tuple(Outcome(key=key, title=title(key)) for key in ("fixed", "not_fixed", "not_ours")),
    terms=(
        term(WHOLE, TargetKind.BASELINE, 6, DeadlineUnit.WORKING_DAYS),
        term(WHOLE, TargetKind.LEGAL, 30, DeadlineUnit.CALENDAR_DAYS, pausable=False),
        term(
            "new",
            TargetKind.TARGET,
            8,
            DeadlineUnit.WORKING_HOURS,
            assumed=True,
            escalation=(EscalationStep("desk.head", "half_gone", share=0.5), EscalationStep("desk.head", "overdue")),
        ),
        term("in_work", TargetKind.TARGET, 2, DeadlineUnit.WORKING_DAYS),
    ),
)
ISSUE = CaseKind(
    key="park.issue",
    title=title("Issue"),
    prefix="PK",
    states=(
        CaseState(key="new", title=title("New")),
        CaseState(key="closed", title=title("Closed"), is_final=True),
    ),
    initial="new",
    transitions=(
        Transition(
            name="close",
            title=title("Close"),
            from_states=("new",),
            to="closed",
            permission="park.issue.work",
            outcomes=("done",),
        ),
    ),
    outcomes=(Outcome(key="done", title=title("Done")),),
    filing_permission="park.issue.file",
)
EVERYTHING = (*KERNEL_PERMISSIONS, "desk.request.work", "desk.request.reject", "park.issue.work", "park.issue.file")


class Desk:
    """The plug-in of the help desk. ``kind`` may be exchanged by a test; cases called «keep» can't be closed."""

    def __init__(self) -> None:
        self.kind = REQUEST

    @hookimpl
    def register_module(self) -> Manifest:
        return Manifest(name="desk", title=title("Desk"), summary=title("Desk"), kind="module", version="1")

    @hookimpl
    def register_permissions(self) -> Iterable[Permission]:
        return [
            Permission(name=name, title=title(name), by_row=True) for name in EVERYTHING if name.startswith("desk.")
        ]

    @hookimpl
    def register_case_kinds(self) -> Iterable[CaseKind]:
        return [self.kind]

    @hookimpl
    async def case_closing(self, case_id: uuid.UUID, kind: str, outcome: str) -> None:
        found = await CaseRecord.objects().get(CaseRecord.id == case_id)
        if found and found.title == "keep":
            raise refuse("forbidden", "outcome")

    @hookimpl
    async def case_submitted(self, case_id: uuid.UUID, kind: str) -> None:
        """Listening is what makes an outbox row."""


class Park:
    """The plug-in of the park."""

    @hookimpl
    def register_module(self) -> Manifest:
        return Manifest(name="park", title=title("Park"), summary=title("Park"), kind="module", version="1")

    @hookimpl
    def register_permissions(self) -> Iterable[Permission]:
        return [
            Permission(name=name, title=title(name), by_row=True) for name in EVERYTHING if name.startswith("park.")
        ]

    @hookimpl
    def register_case_kinds(self) -> Iterable[CaseKind]:
        return [ISSUE]


@dataclass(frozen=True)
class Town:
    """A fresh city with two units and a clerk in each, who may do everything."""

    city: City
    road_unit: uuid.UUID
    park_unit: uuid.UUID
    clerk: TestUser
    gardener: TestUser


NewTown = Callable[..., Awaitable[Town]]


async def person(*permissions: str, unit_id: uuid.UUID | None = None) -> TestUser:
    """Make an account of the city being served, without the half second that a password takes."""
    row = UserAccount(login=f"user-{uuid.uuid4()}", name="Name", unit_id=unit_id)
    async with tenant_tx(write=True):
        await row.save()
    principal = Principal(
        kind=Kind.USER,
        user_id=row.id,
        name=row.name,
        unit_id=unit_id,
        grants=everywhere(permissions),
        locale="ru",
    )
    return TestUser(login=row.login, token="", principal=principal)


async def filed(title: str = "Яма на дороге", kind: str = "desk.request", **more: Any) -> CaseRecord:
    return await file_case(kind, Filing(title=title, **more))


async def events(case_id: uuid.UUID) -> list[CaseEvent]:
    """Return the timeline of a case."""
    async with tenant_tx():
        return await CaseEvent.objects().where(CaseEvent.case_id == case_id).order_by(CaseEvent.at, CaseEvent.id)


async def terms(case_id: uuid.UUID) -> dict[tuple[str, str], CaseTerm]:
    """Return the latest term of each stage and kind."""
    async with tenant_tx():
        rows = await CaseTerm.objects().where(CaseTerm.case_id == case_id).order_by(CaseTerm.started_at)
    return {(row.stage, row.kind): row for row in rows}


@contextmanager
def refused(code: str, field: str | None) -> Iterator[None]:
    """Expect just this problem."""
    with pytest.raises(Refused) as caught:
        yield
    assert [(problem.code, problem.field) for problem in caught.value.problems] == [(code, field)]
