"""A declaration with one of everything."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Annotated, Literal

from leancity.core.settings.declaration import ModuleSettings, Setting
from leancity.core.settings.declared import fields_of
from leancity.core.settings.fields import SettingField

BOTH = {"en": "Title", "ru": "Название"}
HELP = {"en": "Help", "ru": "Пояснение"}
WAYS = {"mail": {"en": "Mail", "ru": "Почта"}, "sms": {"en": "SMS", "ru": "СМС"}}


class RichSettings(ModuleSettings, frozen=True, kw_only=True):
    """One setting of each type."""

    is_open: Annotated[bool, Setting(title=BOTH, help=HELP)] = True
    places: Annotated[int, Setting(title=BOTH, help=HELP, ge=0, le=20)] = 5
    share: Annotated[float, Setting(title=BOTH, help=HELP)] = 0.5
    code: Annotated[str, Setting(title=BOTH, help=HELP, max_length=5, pattern="^[a-z]*$")] = "abc"
    way: Annotated[Literal["mail", "sms"], Setting(title=BOTH, help=HELP, choices=WAYS)] = "mail"
    opens: Annotated[time, Setting(title=BOTH, help=HELP, ge=time(6), le=time(22, 30))] = time(9)
    pause: Annotated[timedelta, Setting(title=BOTH, help=HELP, le=timedelta(hours=2))] = timedelta(minutes=30)
    days: Annotated[tuple[int, ...], Setting(title=BOTH, help=HELP, ge=1, le=7, max_items=3)] = (1, 2)
    ways: Annotated[tuple[Literal["mail", "sms"], ...], Setting(title=BOTH, help=HELP, max_items=2, choices=WAYS)] = ()
    limit: Annotated[int | None, Setting(title=BOTH, help=HELP, ge=1)] = None
    note: Annotated[str | None, Setting(title=BOTH, help=HELP, max_length=50)] = None


def fields() -> dict[str, SettingField]:
    """Return its fields by name."""
    return {field.name: field for field in fields_of(RichSettings)}
