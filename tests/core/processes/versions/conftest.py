"""A workshop: a city where an analyst draws a process, an owner publishes it, colleagues agree to it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest_asyncio

from leancity.core.identity.units import create_unit
from leancity.core.testing.city import City, TestUser
from tests.core.processes.versions.models import DMN, LANES, LOOKS, SCHEMA, permit

READ, CHANGE, PUBLISH = "core.process.read", "core.process.change", "core.process.publish"
ERRORS = "errors { field code message }"
VERSION = f"{ERRORS} version {{ id no kind stage version startsAt endsAt processElement xmlSha256 confirmedAt }}"
PROCESS = f"{ERRORS} process {{ id key version productionId trialId beforeId }}"
MEASURE = f"{ERRORS} measure {{ id title actNumber doneAt isWaiver }}"


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """``owner`` owns what is drawn here, ``chief`` only holds the right to publish."""

    city: City
    unit: str
    analyst: TestUser
    owner: TestUser
    chief: TestUser
    colleague: TestUser

    async def ask(self, query: str, *, as_: TestUser | None = None, **variables: Any) -> Any:
        """Return what the only root field answers to the analyst."""
        (answer,) = (await self.city.data(query, variables, as_=as_ or self.analyst)).values()
        return answer

    async def do(self, deed: str, fields: str, *, as_: TestUser | None = None, **variables: Any) -> dict[str, Any]:
        """Run a mutation; ``deed`` is its name with its arguments, ``$x: Type`` before them."""
        head, _, call = deed.rpartition(" => ")
        query = f"mutation{f'({head})' if head else ''} {{ {call} {{ {fields} }} }}"
        answer: dict[str, Any] = await self.ask(query, as_=as_, **variables)
        return answer

    async def done(self, deed: str, fields: str = VERSION, *, as_: TestUser | None = None, **variables: Any) -> Any:
        """Run a mutation that must succeed and return what it made."""
        answer = await self.do(deed, fields, as_=as_, **variables)
        assert answer.pop("errors") == [], deed
        return next(iter(answer.values()))

    async def codes(self, deed: str, fields: str = VERSION, *, as_: TestUser | None = None, **variables: Any) -> Any:
        """Run a mutation that must be refused and return the codes."""
        answer = await self.do(deed, fields, as_=as_, **variables)
        codes = [error["code"] for error in answer["errors"]]
        assert codes, deed
        return codes

    async def process(
        self, key: str = "permit", *, owner: bool = True, case_kind: str = "core.process"
    ) -> dict[str, Any]:
        """Enter a process."""
        card = {"key": key, "title": "Разрешение", "ownerId": str(self.owner.id) if owner else None}
        made: dict[str, Any] = await self.done(
            "$i: ProcessInput! => processCreate(input: $i)",
            PROCESS,
            i={**card, "unitId": self.unit, "caseKind": case_kind},
        )
        return made

    async def uploaded(self, process_id: str, xml: str | None = None, kind: str = "TO_BE") -> dict[str, Any]:
        """Upload a drawing."""
        deed = f"$p: UUID!, $x: String => processVersionUpload(processId: $p, xml: $x, kind: {kind})"
        made: dict[str, Any] = await self.done(deed, p=process_id, x=permit() if xml is None else xml)
        return made

    async def furnished(self, version_id: str) -> None:
        """Give a version of the permit its form and its decision."""
        call = 'processFormSave(versionId: $v, key: "application", dataSchema: $d, uiSchema: $u)'
        form = f"$v: UUID!, $d: JSON!, $u: JSON! => {call}"
        await self.done(form, v=version_id, d=SCHEMA, u=LOOKS)
        await self.done(
            '$v: UUID!, $x: String! => processDecisionSave(versionId: $v, key: "fee", xml: $x)', v=version_id, x=DMN
        )

    async def bound(self, process_id: str) -> None:
        """Bind both lanes of the permit."""
        for lane in LANES:
            card = {"lane": lane, "roleKey": "core.executor"}
            deed = "$p: UUID!, $i: ProcessLaneInput! => processLaneBind(processId: $p, input: $i)"
            await self.done(deed, PROCESS, p=process_id, i=card)

    async def tested(self, process_id: str, xml: str | None = None) -> dict[str, Any]:
        """Bring a drawing of the permit to the test stand."""
        made = await self.uploaded(process_id, xml)
        await self.furnished(made["id"])
        found = await self.ask(f'{{ processVersion(id: "{made["id"]}") {{ assumptions {{ code message }} }} }}')
        amount = len(found["assumptions"])
        await self.done(f'processVersionConfirm(id: "{made["id"]}", amount: {amount})')
        tested: dict[str, Any] = await self.done(f'processVersionTest(id: "{made["id"]}")')
        return tested

    async def agreed(self, version_id: str) -> dict[str, Any]:
        """Let the colleague agree to both subjects."""
        for subject in ("INTERFACE", "ROLES"):
            asked = (
                f'processAgreementAsk(versionId: "{version_id}", subject: {subject}, userIds: ["{self.colleague.id}"])'
            )
            await self.done(asked)
        word = f'processAgreementAnswer(versionId: "{version_id}", subject: %s, isAgreed: true)'
        await self.done(word % "INTERFACE", as_=self.colleague)
        answered: dict[str, Any] = await self.done(word % "ROLES", as_=self.colleague)
        return answered

    async def on_trial(self, process_id: str, xml: str | None = None) -> dict[str, Any]:
        """Bring a drawing of the permit to its trial and return the version."""
        version = await self.tested(process_id, xml)
        await self.agreed(version["id"])
        await self.done(f'processMeasuresWaive(versionId: "{version["id"]}", reason: "Всё по-прежнему")', MEASURE)
        await self.bound(process_id)
        begun = f'processTrialBegin(versionId: "{version["id"]}", unitIds: ["{self.unit}"])'
        await self.done(begun, PROCESS, as_=self.owner)
        return version


MakeWorkshop = Callable[..., Awaitable[Workshop]]


@pytest_asyncio.fixture
async def make_workshop(make_city: Callable[..., Awaitable[City]]) -> MakeWorkshop:
    async def make(*modules: str) -> Workshop:
        city = await make_city(*modules)
        async with city.serving():
            unit = await create_unit("permits", "Отдел разрешений")
        return Workshop(
            city=city,
            unit=str(unit),
            analyst=await city.user(READ, CHANGE, unit_id=unit),
            owner=await city.user(READ, PUBLISH, unit_id=unit),
            chief=await city.user(READ, PUBLISH),
            colleague=await city.user(READ),
        )

    return make


@pytest_asyncio.fixture
async def workshop(make_workshop: MakeWorkshop) -> Workshop:
    return await make_workshop()
