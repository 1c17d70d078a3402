"""Whom the module tells of what happens to reports, until a city decides otherwise."""

from __future__ import annotations

from typing import Any

from leancity.core.plugins.contributions import NotificationDefault
from leancity.modules.city_problems.kinds import KEY

_CLERK = "role:city_problems.clerk"


def _told(name: str, title: dict[str, str], event: str, audience: str, **more: Any) -> NotificationDefault:
    return NotificationDefault(
        key=f"city_problems.{name}", title=title, event=event, audience=audience, case_kind=KEY, **more
    )


NOTIFICATIONS = (
    _told(
        "published_nearby",
        {"en": "A new problem at a place I watch", "ru": "Новое сообщение в месте, за которым я слежу"},
        "published",
        "follower",
        text="city_problems.notify_published_nearby",
    ),
    _told(
        "closed_followed",
        {"en": "A problem I follow is closed", "ru": "Проблема, за которой я слежу, закрыта"},
        "closed",
        "follower",
    ),
    _told(
        "reopened_followed",
        {"en": "A problem I follow is taken up again", "ru": "Проблема, за которой я слежу, возобновлена"},
        "reopened",
        "follower",
    ),
    _told(
        "answered_followed",
        {"en": "The city answers on a problem I follow", "ru": "Город ответил по проблеме, за которой я слежу"},
        "commented",
        "follower",
        visibility="public",
    ),
    _told(
        "reopened_clerk",
        {"en": "A closed problem is taken up again", "ru": "Закрытая проблема возобновлена"},
        "reopened",
        _CLERK,
        text="city_problems.notify_reopened",
    ),
    _told(
        "reopened_unit",
        {
            "en": "A problem that my unit closed is taken up again",
            "ru": "Проблема, закрытая подразделением, возобновлена",
        },
        "reopened",
        "unit",
        text="city_problems.notify_reopened",
    ),
    _told(
        "dissatisfied_clerk",
        {"en": "A resident gives a low mark", "ru": "Житель поставил низкую оценку"},
        "dissatisfied",
        _CLERK,
        channels=("inapp",),
        text="city_problems.notify_dissatisfied",
    ),
    _told(
        "dissatisfied_unit",
        {"en": "A resident gives my unit a low mark", "ru": "Житель поставил подразделению низкую оценку"},
        "dissatisfied",
        "unit",
        channels=("inapp",),
        text="city_problems.notify_dissatisfied",
    ),
)
