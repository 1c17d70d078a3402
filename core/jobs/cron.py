"""Moments of a cron expression on a city's wall clock.

cronsim follows Debian's cron where the clocks change: what falls into the hour that is skipped happens right after it,
what falls into the hour that comes twice happens once; an expression with ``*`` for the hour runs on through both.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from leancity.core.errors import StartupError
from leancity.core.jobs.queues import QUEUES
from leancity.core.plugins.contributions import Schedule

# How far back the last moment is looked for: the expression says neither how often nor how rarely it comes.
_BACK = (timedelta(hours=1), timedelta(days=1), timedelta(days=32), timedelta(days=366), timedelta(days=8 * 366))


def check_schedules(schedules: Iterable[Schedule], jobs: Container[str]) -> None:
    """Raise ``StartupError`` for one whose job is not its module's own, or whose expression is none or never comes."""
    for schedule in schedules:
        module = schedule.name.partition(".")[0]
        where = f"{module}: register_schedules: {schedule.name!r}"
        if schedule.job not in jobs or schedule.job.partition(".")[0] != module:
            raise StartupError(f"{where}: the module has no such job: {schedule.job!r}")
        if schedule.queue not in QUEUES:
            raise StartupError(f"{where}: no such queue: {schedule.queue!r}")
        try:
            if len(schedule.cron.split()) != 5:
                raise ValueError("it must have five fields (minute, hour, day, month, weekday)")
            next(CronSim(schedule.cron, datetime(2000, 1, 1, tzinfo=UTC)))
        except (CronSimError, ValueError, StopIteration) as error:
            raise StartupError(f"{where}: {schedule.cron!r}: {str(error) or 'it never comes'}") from error


def slot_after(cron: str, zone: ZoneInfo, moment: datetime) -> datetime:
    """Return the first moment of ``cron`` after ``moment``, in UTC."""
    return next(CronSim(cron, moment.astimezone(zone))).astimezone(UTC)


def last_slot(cron: str, zone: ZoneInfo, moment: datetime) -> datetime | None:
    """Return the last moment of ``cron`` that is not after ``moment``; None where it lies years back."""
    for back in _BACK:
        found = None
        slot = slot_after(cron, zone, moment - back)
        while slot <= moment:
            found, slot = slot, slot_after(cron, zone, slot)
        if found is not None:
            return found
    return None


def is_slot(cron: str, zone: ZoneInfo, moment: datetime) -> bool:
    """Tell whether ``moment`` is one of ``cron``: it is not when the expression or the zone has changed since."""
    return slot_after(cron, zone, moment - timedelta(seconds=1)) == moment
