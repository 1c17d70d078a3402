"""Where a module's settings lie: they are a collection of one item among all that a city customises."""

from __future__ import annotations

from leancity.core.customs.store import layers_at
from leancity.core.tenancy.customs import Layers


async def stored(module: str) -> Layers:
    """Return what the city has set of a module's settings, and what its region handed down."""
    return await layers_at(f"{module}.settings", "")
