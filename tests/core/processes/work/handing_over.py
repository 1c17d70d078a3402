"""Handing a case over, through GraphQL, whatever its kind."""

from __future__ import annotations

import uuid

from leancity.core.testing.city import City, TestUser


async def handed_over(city: City, case: str, receiver: uuid.UUID, *, by: TestUser, to: TestUser) -> None:
    """Offer a case to a unit, and let somebody there accept it."""
    asked = "errors { code } case { handovers { id state } }"
    offered = f'mutation {{ done: caseHandOver(caseId: "{case}", receiverId: "{receiver}") {{ {asked} }} }}'
    offer = (await city.data(offered, as_=by))["done"]
    assert offer["errors"] == []
    (open_,) = [each["id"] for each in offer["case"]["handovers"] if each["state"] == "OFFERED"]
    accepting = f'mutation {{ done: caseHandOverAccept(handoverId: "{open_}") {{ errors {{ code }} }} }}'
    assert (await city.data(accepting, as_=to))["done"]["errors"] == []
