"""Two cities of one platform: one has a practice in production, with cases before and since; the other takes it."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest_asyncio

from leancity.core.db.unit import tenant_tx
from leancity.core.moment import now
from leancity.core.processes.figures.tables import CaseFact
from leancity.core.testing.city import City
from tests.core.processes.versions.conftest import PROCESS, MakeWorkshop, Workshop, make_workshop
from tests.core.processes.versions.models import permit

__all__ = ["make_workshop"]

HOUR = 3600
EFFECT = "source verdict differenceS before { n medianS p85S } after { n medianS p85S }"
PRACTICE = f"errors {{ field code message }} practice {{ id key no title cities isMine effect {{ {EFFECT} }} }}"
ADOPTION = "errors { field code message } adoption { id state packageKey packageNo processId versionId version }"
NAMES = "names { name { kind key title } target suggested suggestedTitle }"
NONE = {"baseline": {"source": "NONE"}}


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """The giving city with its practice in production, and the taking one."""

    giver: Workshop
    taker: Workshop
    process: str
    version: str

    async def offered(self, **card: Any) -> dict[str, Any]:
        """Offer the practice, unmeasured where nothing else is said."""
        deed = "$p: UUID!, $i: PracticeInput! => practicePublish(processId: $p, input: $i)"
        made: dict[str, Any] = await self.giver.done(
            deed, PRACTICE, as_=self.giver.owner, p=self.process, i={"isUnmeasured": True, **card}
        )
        return made

    async def begun(self, practice_id: str, **more: Any) -> dict[str, Any]:
        """Begin to take a practice."""
        deed = "$p: UUID, $u: UUID => processAdoptionBegin(practiceId: $p, upgradeOf: $u)"
        made: dict[str, Any] = await self.taker.done(deed, ADOPTION, p=practice_id, u=more.get("upgrade_of"))
        return made

    async def bound(self, adoption_id: str) -> dict[str, Any]:
        """Bind every name to what is suggested, the rest to the first unit."""
        found = await self.taker.ask(f'{{ processAdoption(id: "{adoption_id}") {{ {NAMES} }} }}')
        bindings = [
            {"kind": e["name"]["kind"], "key": e["name"]["key"], "target": e["suggested"] or self.taker.unit}
            for e in found["names"]
        ]
        return await self.bind(adoption_id, bindings)

    async def bind(self, adoption_id: str, bindings: Sequence[dict[str, str]]) -> dict[str, Any]:
        deed = "$id: UUID!, $b: [AdoptionBinding!]! => processAdoptionBind(id: $id, bindings: $b)"
        made: dict[str, Any] = await self.taker.done(deed, ADOPTION, id=adoption_id, b=bindings)
        return made

    async def landed(self, adoption_id: str, **card: Any) -> dict[str, Any]:
        """Let a package become a process or the next draft of one."""
        deed = "$id: UUID!, $i: AdoptionLanding! => processAdoptionLand(id: $id, input: $i)"
        made: dict[str, Any] = await self.taker.done(deed, ADOPTION, id=adoption_id, i={**NONE, **card})
        return made

    async def taken(self, practice_id: str) -> dict[str, Any]:
        """Take a practice from the beginning to its draft."""
        begun = await self.begun(practice_id)
        await self.bound(begun["id"])
        return await self.landed(begun["id"])

    async def file(self, practice_id: str) -> dict[str, Any]:
        """Return a package's file."""
        asked = f'{{ practiceFile(id: "{practice_id}") {{ name content }} }}'
        found = await self.giver.ask(asked)
        content: dict[str, Any] = json.loads(base64.b64decode(found["content"]))
        return content


async def cases(
    city: City, process_id: str, leads: Sequence[float], opened_at: datetime, mark: str = "production"
) -> None:
    """Write closed cases of so many working hours each, a second apart."""
    async with city.serving(), tenant_tx(write=True):
        for place, hours in enumerate(leads):
            moment = opened_at + timedelta(seconds=place)
            lead = int(hours * HOUR)
            fact = CaseFact(process_id=uuid.UUID(process_id), mark=mark, opened_at=moment, opened_w=0)
            fact.closed_at, fact.closed_w = moment + timedelta(seconds=lead), lead
            await fact.save()


async def to_production(shop: Workshop, version_id: str) -> None:
    """Lead a draft of the permit through the five steps, its measures done by acts."""
    found = await shop.ask(
        f'{{ processVersion(id: "{version_id}") {{ assumptions {{ code }} measures {{ id }} processId }} }}'
    )
    await shop.done(f'processVersionConfirm(id: "{version_id}", amount: {len(found["assumptions"])})')
    await shop.done(f'processVersionTest(id: "{version_id}")')
    await shop.agreed(version_id)
    for measure in found["measures"]:
        act = f'processMeasureDone(measureId: "{measure["id"]}", act: {{number: "1", day: "2026-01-12"}})'
        await shop.done(act, "errors { field code } measure { id }")
    if not found["measures"]:
        await shop.done(
            f'processMeasuresWaive(versionId: "{version_id}", reason: "x")', "errors { code } measure { id }"
        )
    begin = f'processTrialBegin(versionId: "{version_id}", unitIds: ["{shop.unit}"])'
    await shop.done(begin, PROCESS, as_=shop.owner)
    await shop.done(f'processPublish(versionId: "{version_id}")', PROCESS, as_=shop.owner)


async def measure(exchange: Exchange) -> None:
    """Let the practice have shortened the giver's cases from ten hours to two."""
    city = exchange.giver.city
    before = now() - timedelta(days=30)
    await cases(city, exchange.process, [10 + place / 10 for place in range(12)], before)
    await cases(city, exchange.process, [2 + place / 10 for place in range(12)], now())


MakeExchange = Callable[[], Awaitable[Exchange]]


@pytest_asyncio.fixture
async def exchange(make_workshop: MakeWorkshop) -> Exchange:
    return await make_exchange(await make_workshop(), await make_workshop())


async def make_exchange(
    giver: Workshop, taker: Workshop, drawing: str = "", case_kind: str = "core.process"
) -> Exchange:
    """Let a city have a permit in production, of ``drawing`` if one is given."""
    process = await giver.process(case_kind=case_kind)
    drawn = await giver.uploaded(process["id"], drawing or permit())
    await giver.furnished(drawn["id"])
    measure = f'processMeasureSave(versionId: "{drawn["id"]}", input: {{title: "Издать порядок"}})'
    await giver.done(measure, "errors { code } measure { id }")
    await giver.bound(process["id"])
    lane = {"lane": "Начальник", "unitId": giver.unit, "isHead": True}
    deed = "$p: UUID!, $i: ProcessLaneInput! => processLaneBind(processId: $p, input: $i)"
    await giver.done(deed, PROCESS, p=process["id"], i=lane)
    await to_production(giver, drawn["id"])
    return Exchange(giver=giver, taker=taker, process=process["id"], version=drawn["id"])
