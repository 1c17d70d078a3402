"""A pause of the case is a pause of its process: work is due later, timers that a pause stops stand still."""

from __future__ import annotations

from leancity.core.cases.registry import open_kinds
from leancity.core.cases.tables import CaseRecord
from leancity.core.clock.pauses import Pause
from leancity.core.ids import made_at
from leancity.core.processes.running.asking import recompute_due
from leancity.core.processes.running.calendar import moved, unit_of
from leancity.core.processes.running.locking import Turn, take_of
from leancity.core.processes.running.tables import ProcessTimer
from leancity.core.processes.running.timers import ask_job


async def carry_process(case: CaseRecord) -> None:
    """Carry on the process of a locked case whose pause has just begun or ended; most cases have none.

    While a pause lasts the job of a timer that it stops does nothing; its end moves the timer by what it took, on the
    timer's own clock, and asks for another job.
    """
    turn = await take_of(case, open_kinds()[case.kind], field="case_id")
    if turn is None:
        return
    await recompute_due(turn)
    if turn.pauses and not turn.is_paused:
        await _move_timers(turn, turn.pauses[-1])


async def _move_timers(turn: Turn, pause: Pause) -> None:
    mine = (ProcessTimer.instance_id == turn.instance.id) & ProcessTimer.is_pausable.eq(True)
    for timer in await ProcessTimer.objects().where(mine):
        node = turn.loaded.nodes.get(timer.node_id)
        since = max(pause.since, made_at(timer.id))
        if pause.until is not None and pause.until > since:
            drawn = None if node is None else node.timer
            clock = turn.clock("" if drawn is None else drawn.calendar)
            timer.due_at = moved(timer.due_at, Pause(pause.reason, since, pause.until), unit_of(drawn), clock)
        await timer.save([ProcessTimer.due_at])
        await ask_job(timer, again=turn.moment.at.isoformat())
