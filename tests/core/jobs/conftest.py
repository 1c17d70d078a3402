"""What the tests of jobs share."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio

from leancity.core.tenancy.tables import Due
from tests.core.jobs.yard import Yard, install


@pytest_asyncio.fixture
async def nothing_due(database: None) -> None:
    """What earlier tests of this process left waiting would take turns too."""
    await Due.delete(force=True)


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    """A module of slow, failing and killing jobs, for the processes started with its environment."""
    return install(tmp_path)
