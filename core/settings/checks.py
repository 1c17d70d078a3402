"""What is wrong with a value for a setting, in words for the one who typed it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from leancity.core.errors import Problem
from leancity.core.i18n.catalogue import LOCALES, text
from leancity.core.settings.declaration import Words
from leancity.core.settings.fields import SettingField
from leancity.core.settings.values import SettingType, read, written


def fits(field: SettingField, value: Any) -> bool:
    """Tell whether a stored value is one that the declaration takes."""
    return next(problems_of(field, value, ""), None) is None


def problems_of(field: SettingField, value: Any, path: str) -> Iterator[Problem]:
    """Yield what is wrong with a value."""
    if not field.is_list:
        yield from _of_one(field, value, path)
    elif not isinstance(value, list | tuple):
        yield Problem(code="setting_type", field=path, params={"expected": expected("list")})
    elif field.setting.max_items is not None and len(value) > field.setting.max_items:
        yield Problem(code="setting_too_many", field=path, params={"limit": field.setting.max_items})
    else:
        for index, item in enumerate(value):
            yield from _of_one(field, item, f"{path}.{index}")


def _of_one(field: SettingField, value: Any, path: str) -> Iterator[Problem]:
    setting = field.setting
    try:
        known = read(field.type, value)
    except ValueError:
        yield Problem(code="setting_type", field=path, params={"expected": expected(field.type)})
        return
    if field.type is SettingType.CHOICE:
        if known not in field.choices:
            yield Problem(code="setting_choice", field=path, params={"choices": _choices(field)})
    elif field.type is SettingType.TEXT:
        if setting.max_length is not None and len(known) > setting.max_length:
            yield Problem(code="setting_too_long", field=path, params={"limit": setting.max_length})
        elif setting.pattern is not None and not re.search(setting.pattern, known):
            yield Problem(code="setting_pattern", field=path, params={"help": setting.help})
    elif field.least is not None and known < field.least:
        yield Problem(code="setting_too_small", field=path, params={"limit": written(field.least)})
    elif field.most is not None and known > field.most:
        yield Problem(code="setting_too_large", field=path, params={"limit": written(field.most)})


def expected(what: str) -> Words:
    """Return the words for a kind of value, for the message that something else was given."""
    return {locale: text(f"setting_expected_{what}", locale) for locale in LOCALES}


def _choices(field: SettingField) -> Words:
    titles = field.setting.choices
    return {locale: ", ".join(f"{each} ({titles[each][locale]})" for each in field.choices) for locale in LOCALES}
