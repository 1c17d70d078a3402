"""From which figure on something is a warning, and from which it is critical. The one place that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from math import inf


class Status(StrEnum):
    """How something stands; the worst of a city's is the city's."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"


WORST_LAST = (Status.OK, Status.WARNING, Status.CRITICAL)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The least figure that is a warning, and the least that is critical."""

    warning: float = inf
    critical: float = inf

    def status(self, figure: float) -> Status:
        """Return how a figure stands."""
        if figure >= self.critical:
            return Status.CRITICAL
        return Status.WARNING if figure >= self.warning else Status.OK


SOME = 1.0
UNCERTAIN_LOOKED_BACK = timedelta(days=7)
MAIL_LOOKED_BACK = timedelta(days=1)

BOUNDS: dict[str, Bounds] = {
    "door": Bounds(warning=SOME),  # 1 where it is closed
    "queue_interactive": Bounds(warning=30, critical=300),  # seconds that the eldest job has been due
    "queue_default": Bounds(warning=300, critical=3600),  # seconds
    "dead_letters": Bounds(critical=SOME),  # of them
    "uncertain": Bounds(warning=SOME),  # deliveries
    "schedules": Bounds(warning=900, critical=3600),  # seconds that a tick has been due
    "schedules_broken": Bounds(warning=SOME),  # chains without a tick; the scheduler mends them within five minutes
    "audit": Bounds(warning=300, critical=3600),  # seconds; an hour is the sealer's window
    "people": Bounds(warning=0.9, critical=1.0),  # share of the limit
    "storage": Bounds(warning=0.9, critical=1.0),  # share of the limit
    "modules": Bounds(critical=1.001),  # share of the limit: a plan for two modules is meant to be full
    "modules_missing": Bounds(critical=SOME),  # subscribed, and no longer installed
    "activity": Bounds(warning=30),  # days since the last event of the audit log
    "cases": Bounds(warning=0.2),  # share of the open cases that are overdue
    "mail": Bounds(warning=SOME, critical=20),  # letters of the last day that failed
    "roles": Bounds(warning=SOME),  # roles that lack what this version brings
}
