"""The queues, most urgent first, and how many jobs of what may be out with the workers at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Queue: TypeAlias = Literal["interactive", "default", "bulk"]
QUEUES: tuple[Queue, ...] = ("interactive", "default", "bulk")
"""What a person waits for, what may take a moment, what comes in thousands."""


@dataclass(frozen=True, kw_only=True)
class Slots:
    """How many jobs may be out (hinted or in hand) at once; ``threads`` are those of all worker processes together.

    Two a thread, so that a worker finds the next one waiting. One city has three quarters of the threads at most, the
    queue bulk half of them: however long their jobs last, another city's job finds a thread.
    """

    threads: int

    @property
    def most(self) -> int:
        return 2 * self.threads

    @property
    def of_a_city(self) -> int:
        return max(1, 3 * self.threads // 4)

    def of_a_queue(self, queue: Queue) -> int:
        """Return the most of one queue; of the others one slot is kept for what a person waits for."""
        return {"interactive": self.most, "default": self.most - 1, "bulk": max(1, self.threads // 2)}[queue]
