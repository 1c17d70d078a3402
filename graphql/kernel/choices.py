"""Closed sets of the kernel, as enums of the schema."""

from __future__ import annotations

from enum import StrEnum

import strawberry

from leancity.core.clock.targets import TargetKind
from leancity.core.clock.units import DeadlineUnit

strawberry.enum(DeadlineUnit, description="The unit in which a term is counted.")
strawberry.enum(TargetKind, name="CaseTermKind", description="What it was, what is promised, what the law allows.")


@strawberry.enum(description="Who sees it: the staff only, or residents too.")
class CaseVisibility(StrEnum):
    INTERNAL = "internal"
    PUBLIC = "public"


@strawberry.enum(description="What a file is there for; proof shows the work done.")
class CaseFileRole(StrEnum):
    ATTACHMENT = "attachment"
    PROOF = "proof"


@strawberry.enum(description="How one case relates to another.")
class CaseRelationKind(StrEnum):
    DUPLICATE_OF = "duplicate_of"
    CHILD_OF = "child_of"
    RELATED = "related"


@strawberry.enum(description="What became of an offer to another unit.")
class CaseHandoverState(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
