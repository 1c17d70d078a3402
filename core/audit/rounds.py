"""Which cities this process has written audit rows of, and when they are next to be sealed.

A row is noted when it is written, and is there to be sealed once its transaction has committed: so a city is looked
after for a while. What commits later, and what a killed process leaves, is the scheduler's sweep to find.
"""

from __future__ import annotations

import time

SOON = 1.0  # seconds between visits of a busy city
AGAIN = 3.0  # seconds between visits of a city that has become quiet
LONG_ENOUGH = 30.0  # seconds without a row, after which it is visited no more


class Rounds:
    """The cities to visit. Moments are of the monotonic clock, in seconds."""

    def __init__(self) -> None:
        self._touched: dict[int, float] = {}
        self._visited: dict[int, float] = {}

    def touch(self, tenant_id: int) -> None:
        """Note that a row of the city was written. Never raises, touches no database."""
        self._touched[tenant_id] = time.monotonic()

    def due(self) -> list[int]:
        """Return the cities to visit now, and take them for visited."""
        moment = time.monotonic()
        found = []
        for tenant_id, touched in list(self._touched.items()):
            visited = self._visited.get(tenant_id)
            if visited is None or moment - visited >= (SOON if touched >= visited else AGAIN):
                self._visited[tenant_id] = moment
                found.append(tenant_id)
            if moment - touched > LONG_ENOUGH:
                self._touched.pop(tenant_id, None)
                self._visited.pop(tenant_id, None)
        return found

    def everybody(self) -> list[int]:
        """Return all that are still looked after, and forget them."""
        found = list(self._touched)
        self._touched.clear()
        self._visited.clear()
        return found


rounds = Rounds()
"""This process's."""
