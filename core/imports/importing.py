"""Running through a file: checking it, or writing it batch by batch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from itertools import islice

from leancity.core.imports.lines import Line, read_lines
from leancity.core.imports.runs import FINISHED, Plan, open_run, write_batch
from leancity.core.plugins.gate import require_open

BATCH = 500
"""Rows of one transaction: enough to share its statements' cost, few enough to lock a series for a moment only."""


@dataclass(kw_only=True)
class Tally:
    """Rows of the file read so far and the ``bad`` ones among them; ``written`` and ``known`` by this call.

    ``resumed_after``: the line up to which an earlier call had come, 0 for a new run; ``was_finished``: to the end.
    """

    rows: int = 0
    bad: int = 0
    written: int = 0
    known: int = 0
    resumed_after: int = 0
    was_finished: bool = False


OnBad = Callable[[Line], None]
OnProgress = Callable[[Tally], None]


async def check_rows(plan: Plan, on_bad: OnBad, on_progress: OnProgress) -> Tally:
    """Read the whole file and write nothing; ``on_bad`` is given every bad row."""
    tally = Tally()
    async with aclosing(_batches(plan, BATCH)) as batches:
        async for lines in batches:
            _count(tally, lines, on_bad)
            on_progress(tally)
    return tally


async def import_rows(plan: Plan, on_bad: OnBad, on_progress: OnProgress, *, batch: int = BATCH) -> Tally:
    """Write the rows that are not written yet, ``batch`` a transaction, and return what was done.

    A bad row goes to ``on_bad`` and stops nothing; those of the part that an earlier call has done are told again, so
    that a report is always whole. Raises ``ModuleClosed``, or ``Refused`` where another process runs the same import.
    """
    require_open(plan.target.name)
    run = await open_run(plan)
    tally = Tally(resumed_after=run.line_done, was_finished=run.state == FINISHED)
    async with aclosing(_batches(plan, batch)) as batches:
        async for lines in batches:
            _count(tally, lines, on_bad)
            new = [line for line in lines if line.number > run.line_done]
            if new and not tally.was_finished:
                rows = [line.values for line in new if not line.problems]
                is_last = tally.rows == plan.source.total
                done = await write_batch(run, plan, rows, line_done=new[-1].number, bad=tally.bad, is_last=is_last)
                tally.written += done.written
                tally.known += done.known
            on_progress(tally)
    return tally


def _count(tally: Tally, lines: list[Line], on_bad: OnBad) -> None:
    for line in lines:
        tally.rows += 1
        if line.problems:
            tally.bad += 1
            on_bad(line)


async def _batches(plan: Plan, size: int) -> AsyncGenerator[list[Line], None]:
    """Yield the file's rows, reading the next ones in a thread while the database writes these."""
    lines = read_lines(plan.source, plan.target, plan.mapping, plan.zone)

    def some() -> list[Line]:
        return [*islice(lines, size)]

    reading = asyncio.create_task(asyncio.to_thread(some))
    try:
        while found := await reading:
            reading = asyncio.create_task(asyncio.to_thread(some))
            yield found
    finally:
        reading.cancel()
