"""How far one step and one case may go: tasks alive, engine steps, time of the processor.

Each case carries its own: cases that run in one process, one after another or in threads, don't share.
"""

from __future__ import annotations

import time

from leancity.core.processes.engine.errors import StepError

TASKS = 5_000
"""Of one case at once: the library's tree of tasks grows with every token."""
STEPS = 2_000
"""Nodes that one step may pass without anybody being asked: more is a loop that waits for nothing."""
DEPTH = 30
"""Of calls within calls: a process may call itself, but not for ever."""
SECONDS = 2.0
"""Of the processor, for one step."""


class Guard:
    """Counts for one case in one step."""

    def __init__(self) -> None:
        self._tasks = 0
        self._steps = 0
        self._until = time.thread_time() + SECONDS

    def task_added(self) -> None:
        """Count a task; raises ``StepError`` when there are too many."""
        self._tasks += 1
        if self._tasks > TASKS:
            raise StepError("process_too_many_tasks", limit=TASKS)

    def task_removed(self, amount: int = 1) -> None:
        """Count tasks off."""
        self._tasks -= amount

    def step(self, element: str) -> None:
        """Count the passing of a node; raises ``StepError`` when the step has no end."""
        self._steps += 1
        if self._steps > STEPS or time.thread_time() > self._until:
            raise StepError("process_loops_forever", element)
