"""What all tests share."""

from __future__ import annotations

import pytest
from hypothesis import settings

# Tests measure no time, for the machine may be busy, and draw the same each time: what lands was tried with just that.
settings.register_profile("leancity", deadline=None, derandomize=True)
settings.load_profile("leancity")

ORDER = ("tests/core/", "tests/security/")
"""The kernel's tests first. Then those that ask everybody for everything, for minutes: begun last, they would run on
alone after all others."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests in the order in which several workers are done soonest."""
    items.sort(key=lambda item: next((at for at, room in enumerate(ORDER) if item.nodeid.startswith(room)), len(ORDER)))
