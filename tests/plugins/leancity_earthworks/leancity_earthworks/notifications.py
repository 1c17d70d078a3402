"""Whom a city tells of what becomes of an application, until it decides otherwise."""

from __future__ import annotations

from leancity.core.plugins.contributions import NotificationDefault
from leancity_earthworks.kinds import PERMIT

DEFAULTS = (
    NotificationDefault(
        key="earthworks.decided",
        title={"en": "My application is decided", "ru": "Решение по моему заявлению"},
        event="closed",
        case_kind=PERMIT.key,
        audience="author",
        channels=("inapp", "email"),
        text="earthworks.decided",
        is_mandatory=True,
    ),
)
