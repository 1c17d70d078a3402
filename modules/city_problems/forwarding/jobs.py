"""The jobs of forwarding, when they come, and whom the city tells of what they bring."""

from __future__ import annotations

from leancity.core.plugins.contributions import Job, NotificationDefault, Schedule
from leancity.modules.city_problems.forwarding import sending, updates
from leancity.modules.city_problems.kinds import KEY

JOBS = (
    # Its errors may quote what a resident wrote, or the answer of the other side to it.
    Job(name=sending.JOB, run=sending.send, max_attempts=sending.ATTEMPTS, is_outside=True, is_private=True),
    Job(name=updates.JOB, run=updates.follow),
    Job(name=updates.ENDPOINT_JOB, run=updates.follow_endpoint, is_outside=True, is_private=True),
)
SCHEDULES = (Schedule(name="city_problems.forwarded", cron="*/10 * * * *", job=updates.JOB, queue="bulk"),)
NOTIFICATIONS = (
    NotificationDefault(
        key="city_problems.forwarding_failed",
        title={"en": "A report could not be forwarded", "ru": "Сообщение не удалось передать в другой орган"},
        event="forwarding_failed",
        audience="role:city_problems.clerk",
        channels=("inapp",),
        case_kind=KEY,
    ),
    NotificationDefault(
        key="city_problems.forwarded_status",
        title={
            "en": "News of my report at the body it was forwarded to",
            "ru": "Новости о моём сообщении в органе, куда его передали",
        },
        event="forwarded_status",
        audience="author",
        case_kind=KEY,
    ),
)
