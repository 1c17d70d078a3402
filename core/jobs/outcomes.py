"""What a job raises to say more than «it failed»."""

from __future__ import annotations

from datetime import datetime, timedelta

from leancity.core.moment import now


class Later(Exception):
    """Not now: the receiver asked to wait, or something is not ready. Counts as no attempt.

    ``reason`` is kept for the operator and must not hold personal data.
    """

    def __init__(self, when: datetime | timedelta, reason: str) -> None:
        super().__init__(reason)
        self.run_at = when if isinstance(when, datetime) else now() + when


class Rejected(Exception):
    """Never: trying again would be refused again. The job is dead at once.

    The reason is kept for the operator and must not hold personal data.
    """
