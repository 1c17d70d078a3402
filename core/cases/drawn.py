"""Parts of a kind whose cases a drawing moves: moves that finished tasks make, and a term as practices tell it."""

from __future__ import annotations

from leancity.core.cases.kinds import WHOLE, StageTerm, Transition
from leancity.core.clock.deadline import DeadlineRule, StartRule
from leancity.core.clock.targets import Target, TargetKind
from leancity.core.clock.units import DeadlineUnit

TASK = "workItemComplete"
"""The mutation by which people move such cases: they finish a task, the drawing says what follows."""


def task_move(name: str, ru: str, en: str, to: str, *of: str, outcomes: tuple[str, ...] = ()) -> Transition:
    """Return a move from any of the states ``of`` that the drawing makes when a task is finished or a day has come."""
    return Transition(
        name=name,
        title={"en": en, "ru": ru},
        from_states=of,
        to=to,
        permission=None,
        outcomes=outcomes,
        mutation=TASK,
    )


def was_and_shall(was: float, shall: float, source: str) -> tuple[StageTerm, ...]:
    """Return how many days a whole case took and how many it shall take, as a practice's «70 → 15 дней» says it.

    ``source`` says which practice, from what to what. It doesn't say which days, so calendar days from the beginning
    of the case are assumed.
    """
    figures = ((TargetKind.BASELINE, was), (TargetKind.TARGET, shall))
    return tuple(
        StageTerm(
            stage=WHOLE,
            target=Target(
                kind, DeadlineRule(days, DeadlineUnit.CALENDAR_DAYS, StartRule.MOMENT, assumed=True, source=source)
            ),
        )
        for kind, days in figures
    )
