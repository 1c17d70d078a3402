"""Profiles and drift, in the operator's schema."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Self

import strawberry

from leancity.graphql.api import JSON, Payload, field, mutation
from leancity.tenants.operator import profiles
from leancity.tenants.operator.permissions import CHANGE, READ
from leancity.tenants.profiles.drift import Difference
from leancity.tenants.profiles.model import Profile


@strawberry.enum(
    description="MISSING: the city has nothing there. OUTDATED: what a profile brought earlier. CHANGED: somebody of "
    "the city has decided otherwise. CLOSED: it hasn't the module."
)
class OperatorDriftKind(StrEnum):
    MISSING = "missing"
    OUTDATED = "outdated"
    CHANGED = "changed"
    CLOSED = "closed"


@strawberry.type(description="What a city begins with.")
class OperatorProfile:
    name: str
    title: str
    zone: str
    modules: list[str]
    units: int
    source: str = strawberry.field(description="Where its bodies stand written.")

    @classmethod
    def of(cls, profile: Profile) -> Self:
        return cls(
            name=profile.name,
            title=profile.title,
            zone=profile.zone,
            modules=[*profile.modules],
            units=len(profile.units),
            source=profile.source,
        )


@strawberry.type(description="One thing in which a city differs from a profile; what the city has there is its own.")
class OperatorDrift:
    collection: str
    key: str
    kind: OperatorDriftKind
    wanted: JSON = strawberry.field(description="What the profile says.")

    @classmethod
    def listed(cls, found: Iterable[Difference]) -> list[Self]:
        return [
            cls(
                collection=each.collection,
                key=each.key,
                kind=OperatorDriftKind(each.drift.value),
                wanted=JSON(each.wanted),
            )
            for each in found
        ]


@strawberry.type
class OperatorProfileFields:
    @field(permission=READ, description="Those that come with the platform, by name.")
    def profiles(self) -> list[OperatorProfile]:
        return [OperatorProfile.of(each) for each in profiles.profiles()]

    @field(permission=READ, description="In what a city differs from a profile; empty where in nothing.")
    async def drift(self, slug: str, profile: str) -> list[OperatorDrift]:
        return OperatorDrift.listed(await profiles.drift(slug, profile))


@strawberry.type
class OperatorProfilePayload(Payload):
    written: list[OperatorDrift] | None = strawberry.field(default=None, description="What was brought.")
    kept: list[OperatorDrift] | None = strawberry.field(default=None, description="In what the city still differs.")


@strawberry.type
class OperatorProfileMutation:
    @mutation(
        permission=CHANGE,
        description="Bring a city what it lacks of a profile; overOwn: also where it has decided otherwise. Twice "
        "changes nothing.",
    )
    async def operator_city_profile(self, slug: str, profile: str, over_own: bool = False) -> OperatorProfilePayload:
        done = await profiles.bring(slug, profile, over_own=over_own)
        return OperatorProfilePayload(written=OperatorDrift.listed(done.written), kept=OperatorDrift.listed(done.kept))
