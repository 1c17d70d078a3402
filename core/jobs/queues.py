"""The queues, most urgent first: what a person waits for, what may take a moment, what comes in thousands."""

from __future__ import annotations

from typing import Literal, TypeAlias

Queue: TypeAlias = Literal["interactive", "default", "bulk"]
QUEUES: tuple[Queue, ...] = ("interactive", "default", "bulk")
