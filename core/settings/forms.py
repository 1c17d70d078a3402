"""JSON Schema of a setting, in the reader's language: what a form for it is made from."""

from __future__ import annotations

from typing import Any

from leancity.core.i18n.catalogue import pick
from leancity.core.settings.fields import SettingField
from leancity.core.settings.values import SettingType, written

_PLAIN: dict[SettingType, dict[str, Any]] = {
    SettingType.BOOLEAN: {"type": "boolean"},
    SettingType.INTEGER: {"type": "integer"},
    SettingType.NUMBER: {"type": "number"},
    SettingType.TEXT: {"type": "string"},
    SettingType.CHOICE: {"type": "string"},
    SettingType.TIME: {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"},
    SettingType.DURATION: {"type": "string", "format": "duration"},
}


def schema_of(field: SettingField, locale: str) -> dict[str, Any]:
    """Return the JSON Schema of a setting's value, with the module's default.

    Bounds of times and durations stand as ``formatMinimum`` and ``formatMaximum``.
    """
    setting = field.setting
    one = dict(_PLAIN[field.type])
    is_number = field.type in {SettingType.INTEGER, SettingType.NUMBER}
    for bound, names in ((field.least, ("minimum", "formatMinimum")), (field.most, ("maximum", "formatMaximum"))):
        if bound is not None:
            one[names[0] if is_number else names[1]] = written(bound)
    if setting.max_length is not None:
        one["maxLength"] = setting.max_length
    if setting.pattern is not None:
        one["pattern"] = setting.pattern
    if field.choices:
        one["oneOf"] = [{"const": each, "title": pick(setting.choices[each], locale)} for each in field.choices]
    whole = {"type": "array", "items": one, "maxItems": setting.max_items} if field.is_list else one
    return {
        "title": pick(setting.title, locale),
        "description": pick(setting.help, locale),
        **whole,
        "default": field.default,
    }
