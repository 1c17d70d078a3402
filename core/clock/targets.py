"""Targets of a stage, and their copy on a case.

A case keeps the rule it was started under, so a target changed later does not rewrite what was promised then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from leancity.core.clock.deadline import DeadlineRule, Extension, deadline
from leancity.core.clock.pauses import Pause
from leancity.core.clock.work_clock import WorkClock


class TargetKind(StrEnum):
    """What a figure is: how long it took before, how long it shall take, how long the law allows."""

    BASELINE = "baseline"
    TARGET = "target"
    LEGAL = "legal"


@dataclass(frozen=True, slots=True)
class Target:
    """A figure for a stage. Its amount, unit, whether the unit is assumed, and its source are the rule's."""

    kind: TargetKind
    rule: DeadlineRule


@dataclass(frozen=True, slots=True)
class StageTarget:
    """A target copied to a case when it entered a stage; moments in UTC.

    ``due_at`` is None for a baseline, which promises nothing, and during a pause; then ``paused_since`` and ``left``
    (in the rule's unit) tell the rest.
    """

    stage: str
    kind: TargetKind
    rule: DeadlineRule
    entered_at: datetime
    starts_at: datetime | None = None
    due_at: datetime | None = None
    paused_since: datetime | None = None
    left: float | None = None


def copy_target(target: Target, stage: str, entered_at: datetime, clock: WorkClock) -> StageTarget:
    """Return the target as the case that enters ``stage`` now keeps it."""
    return recomputed(StageTarget(stage, target.kind, target.rule, entered_at), clock)


def recomputed(
    copied: StageTarget, clock: WorkClock, pauses: Sequence[Pause] = (), extensions: Sequence[Extension] = ()
) -> StageTarget:
    """Return the copy after a pause, a resumption or an extension, by the rule it was copied with."""
    if copied.kind is TargetKind.BASELINE:
        return copied
    term = deadline(copied.rule, copied.entered_at, clock, pauses, extensions)
    return replace(copied, starts_at=term.starts_at, due_at=term.due_at, paused_since=term.paused_since, left=term.left)
