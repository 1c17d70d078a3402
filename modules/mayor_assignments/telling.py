"""Whom to tell of assignments beside those whom the kernel tells: who has one, who issued it, whom a reminder names."""

from __future__ import annotations

from leancity.core.notifications.defaults import UNIT_HEAD
from leancity.core.plugins.contributions import NotificationDefault
from leancity.modules.mayor_assignments.kinds import ASSIGNMENT_KEY
from leancity.modules.mayor_assignments.permissions import CONTROLLER, MAYOR

NOTIFICATIONS = (
    NotificationDefault(
        key="mayor_assignments.reminded",
        title={"en": "An assignment of my unit is reminded of", "ru": "Напоминание о поручении моего подразделения"},
        event="escalated",
        audience=UNIT_HEAD,
        case_kind=ASSIGNMENT_KEY,
        text="mayor_assignments.reminded",
    ),
    NotificationDefault(
        key="mayor_assignments.reported",
        title={"en": "An assignment is reported on", "ru": "По поручению доложено"},
        event="moved",
        audience=f"role:{CONTROLLER}",
        channels=("inapp",),
        case_kind=ASSIGNMENT_KEY,
        status="reported",
        text="mayor_assignments.reported",
    ),
    NotificationDefault(
        key="mayor_assignments.to_be_signed",
        title={"en": "A resolution is to be signed", "ru": "Резолюция ждёт подписи"},
        event="moved",
        audience=f"role:{MAYOR}",
        case_kind=ASSIGNMENT_KEY,
        status="checked",
        text="mayor_assignments.to_be_signed",
    ),
    NotificationDefault(
        key="mayor_assignments.withdrawn",
        title={"en": "My assignment is closed", "ru": "Моё поручение закрыто"},
        event="closed",
        audience="assignee",
        case_kind=ASSIGNMENT_KEY,
        text="mayor_assignments.closed",
    ),
)
