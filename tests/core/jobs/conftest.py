"""What the tests of jobs share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.jobs.yard import Yard, install


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    """A module of slow, failing and killing jobs, for the processes started with its environment."""
    return install(tmp_path)
