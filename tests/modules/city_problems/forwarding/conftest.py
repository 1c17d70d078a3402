"""A town, and another body beside it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import pytest_asyncio

from tests.modules.city_problems.conftest import Town
from tests.modules.city_problems.forwarding.desk import Desk
from tests.modules.city_problems.forwarding.other_body import OtherBody, other_body


@pytest.fixture
def body() -> Iterator[OtherBody]:
    with other_body() as running:
        yield running


@pytest_asyncio.fixture
async def desk(town: Town, body: OtherBody) -> Desk:
    """The other body is an endpoint of the town already: ``region``, to which potholes are 001."""
    made = Desk(town=town, body=body)
    payload = await made.save()
    assert payload["errors"] == [], payload
    return made
