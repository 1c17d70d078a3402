"""What a city may set of the module."""

from __future__ import annotations

from typing import Annotated

from leancity.core.settings.declaration import ModuleSettings, Setting

AnswerDays = Annotated[
    int,
    Setting(
        title={"en": "Days for an answer", "ru": "Дней на ответ"},
        help={
            "en": "Working days a body has for its answer.",
            "ru": "Сколько рабочих дней даётся согласующему органу.",
        },
        ge=1,
        le=30,
    ),
]
ChaseDays = Annotated[
    int,
    Setting(
        title={"en": "Days between reminders", "ru": "Дней между напоминаниями"},
        help={
            "en": "Working days between two reminders of a late body.",
            "ru": "Через сколько рабочих дней орган, который опаздывает, получает следующее напоминание.",
        },
        ge=1,
        le=30,
    ),
]
LongestDays = Annotated[
    int,
    Setting(
        title={"en": "Longest permit, days", "ru": "Наибольший срок разрешения, дней"},
        help={
            "en": "Days a permit may be asked for.",
            "ru": "На сколько дней можно запросить разрешение.",
        },
        ge=1,
        le=3660,
    ),
]
PhoneRequired = Annotated[
    bool,
    Setting(
        title={"en": "An applicant leaves a phone", "ru": "Заявитель оставляет телефон"},
        help={
            "en": "An application without a phone is not taken.",
            "ru": "Заявление без телефона не принимается.",
        },
    ),
]


class EarthworksSettings(ModuleSettings, frozen=True, kw_only=True):
    """The module's settings and their defaults."""

    answer_days: AnswerDays = 3
    chase_days: ChaseDays = 1
    longest_days: LongestDays = 90
    is_phone_required: PhoneRequired = True
