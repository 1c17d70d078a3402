"""The module's part of the GraphQL schema."""

from __future__ import annotations

import strawberry

from leancity.graphql.api import Payload, mutation
from leancity_probe import service

ANYBODY = "the clients of the test have no accounts"


@strawberry.type
class ProbePayload(Payload):
    note: str | None = None


@strawberry.type
class ProbeMutation:
    @mutation(public=ANYBODY)
    async def probe_record(self, note: str) -> ProbePayload:
        await service.record(note)
        return ProbePayload(note=note)

    @mutation(public=ANYBODY)
    async def probe_record_many(self, note: str, count: int) -> ProbePayload:
        await service.record_many(note, count)
        return ProbePayload(note=note)

    @mutation(public=ANYBODY)
    async def probe_record_unboxed(self, note: str) -> ProbePayload:
        await service.record_unboxed(note)
        return ProbePayload(note=note)
