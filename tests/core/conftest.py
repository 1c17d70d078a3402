"""What the tests of the kernel share."""

from __future__ import annotations

import pytest_asyncio

from leancity.core.tenancy.tables import Due


@pytest_asyncio.fixture
async def nothing_due(database: None) -> None:
    """What earlier tests of this process left waiting would take turns with a worker too."""
    await Due.delete(force=True)
