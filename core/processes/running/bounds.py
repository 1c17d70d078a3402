"""The lead time between the events that the process names, where these lie inside the drawing.

It begins when the case first comes to one of ``starts_at`` and ends when it leaves one of ``ends_at``: what is filed
away afterwards, or waits for an answer that may never come, is not the applicant's time. A case that is reopened is
under way again, and what it leaves last counts. One that is over and came to none of them (withdrawn, stopped) has no
lead time: it is counted apart.
"""

from __future__ import annotations

from leancity.core.cases.terms import pauses_of
from leancity.core.processes.engine.run import Run
from leancity.core.processes.figures import recording
from leancity.core.processes.running.locking import Turn


async def bound(turn: Turn, run: Run, *, was_closed: bool) -> bool:
    """Write what a step means for the lead time, and tell whether it came past an end of it.

    ``was_closed``: the case was, before the step.
    """
    instance, program = turn.instance, turn.loaded
    is_open = turn.case is not None and turn.case.closed_at is None
    if program.ends_at and was_closed and is_open:
        await recording.reopened(instance)
    if program.starts_at & {each.node_id for each in run.entered}:
        await recording.began(instance, turn.moment, program.starts_at)
    ended = bool(program.ends_at & {each.node_id for each in run.left})
    if ended and not run.is_finished:
        await end(turn, None if turn.case is None else turn.case.outcome)
    return ended


async def is_named_end(turn: Turn, run: Run) -> bool:
    """Tell whether a case that a step finished has come, by it or before, to an end that its process names.

    One that was withdrawn, or that a drawing lets go another way, has not: it took no lead time.
    """
    program = turn.loaded
    if program.ends_at:
        return bool(program.ends_at & {each.node_id for each in run.left})  # one before would have ended it
    if not program.named_ends or program.named_ends & {*run.ended_at, *(each.node_id for each in run.left)}:
        return True
    return await recording.came_by(turn.instance, program.named_ends)


async def has_ended(turn: Turn) -> bool:
    """Tell whether the lead time ended before the process does; then how it ended is written, and nothing else."""
    return bool(turn.loaded.ends_at) and await recording.named(turn.instance, turn.instance.outcome)


async def end(turn: Turn, outcome: str | None, *, is_named: bool = True) -> None:
    """Write the end of the lead time with the sums of the steps; ``is_named`` False: of a case that has none."""
    pauses = [] if turn.case is None else (await pauses_of([turn.case.id])).get(turn.case.id, [])
    await recording.closed(turn.instance, turn.moment, outcome, pauses, is_named=is_named)
