"""A town that forwards its reports to another body."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from leancity.core.jobs.outbox import enqueue
from leancity.core.testing.city import City, TestUser
from leancity.modules.city_problems.forwarding.updates import JOB as FOLLOW
from tests.modules.city_problems.conftest import Town
from tests.modules.city_problems.forwarding.other_body import KEY, OtherBody

SAVE = """
mutation ($input: CityProblemsEndpointInput!) { cityProblemsEndpointSave(input: $input) {
  errors { field code message }
  endpoint { key title url jurisdiction hasKey serviceCode services { category serviceCode } isActive failure } } }
"""
SEEN = """
query ($id: UUID!) { cityProblems { report(id: $id) { status outcome
  forwarded { title number status statusNotes updatedAt }
  forwardings { endpoint title serviceCode state number status statusNotes sentAt attempts failure } } } }
"""
PUBLIC = (
    "query ($id: UUID!) { cityProblems { report(id: $id) { status forwarded { title number status statusNotes } } } }"
)
NOTES = "query ($id: UUID!) { case(id: $id) { timeline { edges { node { kind title note } } } } }"


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The town, its clerk, and the other side's server."""

    town: Town
    body: OtherBody

    @property
    def city(self) -> City:
        return self.town.city

    @property
    def clerk(self) -> TestUser:
        return self.town.clerk

    async def save(self, *, locale: str = "en", **fields: Any) -> dict[str, Any]:
        """Save the endpoint ``region`` and return the payload."""
        services = [{"category": "pothole", "serviceCode": "001"}]
        given = {"key": "region", "title": "Область", "url": self.body.url, "apiKey": KEY, "services": services}
        data = await self.city.data(SAVE, {"input": {**given, **fields}}, as_=self.clerk, locale=locale)
        payload: dict[str, Any] = data["cityProblemsEndpointSave"]
        return payload

    async def reported(self, **fields: Any) -> str:
        """Report as a stranger and return the id."""
        payload = await self.town.report(**fields)
        assert payload["errors"] == []
        case_id: str = payload["report"]["id"]
        return case_id

    async def forward(self, case_id: str, **arguments: Any) -> dict[str, Any]:
        """Ask for a report to be forwarded and return the payload."""
        given = {"endpoint": "region", **arguments}
        words = ", ".join(f"{name}: {json.dumps(value)}" for name, value in given.items())
        return await self.town.do(self.clerk, f'cityProblemsForward(id: "{case_id}", {words})')

    async def forwarded(self, **fields: Any) -> str:
        """Report, forward, and let the job run once."""
        case_id = await self.reported(**fields)
        payload = await self.forward(case_id)
        assert (payload["errors"], payload["report"]["status"]) == ([], "forwarding")
        await self.city.run_jobs(all_due=True)
        return case_id

    async def seen(self, case_id: str) -> dict[str, Any]:
        """Return what a clerk sees."""
        data = await self.city.data(SEEN, {"id": case_id}, as_=self.clerk)
        report: dict[str, Any] = data["cityProblems"]["report"]
        return report

    async def public(self, case_id: str) -> dict[str, Any]:
        """Return what everybody sees."""
        report: dict[str, Any] = (await self.city.data(PUBLIC, {"id": case_id}))["cityProblems"]["report"]
        return report

    async def notes(self, case_id: str) -> list[str]:
        """Return the words of the timeline, the eldest first."""
        data = await self.city.data(NOTES, {"id": case_id}, as_=self.clerk)
        return [edge["node"]["note"] for edge in data["case"]["timeline"]["edges"] if edge["node"]["note"]]

    async def follow(self) -> None:
        """Let the schedule's job come, and those that it asks for."""
        async with self.city.serving():
            await enqueue(FOLLOW, {})
        await self.city.run_jobs()
        await self.city.run_jobs()
