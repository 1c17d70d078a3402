"""The typed inputs of ``settingsChange``, made from the modules' declarations: an input a module, and a choice of one.

A module's input is made once and shared by all schemas; which of them a city may choose from is its schema's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.base import get_object_definition
from strawberry.utils.str_converters import capitalize_first, to_camel_case

from leancity.core.settings.declaration import ModuleSettings
from leancity.core.settings.declared import fields_of
from leancity.core.settings.fields import SettingField
from leancity.core.settings.values import SettingType, written

ARGUMENT = "changes"
KERNEL = "core"

# Choices, times and durations are texts here, so that what does not fit is told in the user's language, by its field.
_TYPES: dict[SettingType, type] = {SettingType.BOOLEAN: bool, SettingType.INTEGER: int, SettingType.NUMBER: float}
_FORMS: dict[SettingType, str] = {
    SettingType.TIME: "A time as HH:MM.",
    SettingType.DURATION: "An ISO 8601 duration, such as PT30M.",
}


@cache
def settings_input(module: str, kind: type[ModuleSettings]) -> type:
    """Return the input of one module's settings."""
    annotations: dict[str, Any] = {}
    members: dict[str, Any] = {"__module__": __name__, "__annotations__": annotations}
    for field in fields_of(kind):
        one = _TYPES.get(field.type, str)
        annotations[field.name] = (list[one] if field.is_list else one) | None  # type: ignore[valid-type]
        members[field.name] = strawberry.field(default=strawberry.UNSET, description=_description(field))
    made = type(f"{capitalize_first(to_camel_case(module))}SettingsInput", (), members)
    return strawberry.input(made, description="What is left out stays; null goes back to what is inherited.")


def settings_changes(kinds: Mapping[str, type[ModuleSettings]]) -> type:
    """Return the input that names one of the modules."""
    annotations: dict[str, Any] = {}
    members: dict[str, Any] = {"__module__": __name__, "__annotations__": annotations}
    for module, kind in kinds.items():
        annotations[module] = settings_input(module, kind) | None
        members[module] = strawberry.field(default=strawberry.UNSET)
    made = type("SettingsChanges", (), members)
    return strawberry.input(made, one_of=True, description="Settings of exactly one module; core are the city's own.")


def settings_argument(kinds: Mapping[str, type[ModuleSettings]], subscribed: Iterable[str]) -> StrawberryArgument:
    """Return the argument of ``settingsChange`` for a city with these modules."""
    present = {KERNEL, *subscribed}
    changes = settings_changes({module: kind for module, kind in kinds.items() if module in present})
    return StrawberryArgument(python_name=ARGUMENT, graphql_name=None, type_annotation=StrawberryAnnotation(changes))


def changed(given: Any) -> tuple[str, dict[str, Any]]:
    """Return the module that ``SettingsChanges`` names and what is to be changed of it."""
    ((module, settings),) = _sent(given).items()
    return module, _sent(settings)


def _sent(given: Any) -> dict[str, Any]:
    names = [field.python_name for field in get_object_definition(given, strict=True).fields]
    return {name: value for name in names if (value := getattr(given, name)) is not strawberry.UNSET}


def _description(field: SettingField) -> str:
    setting = field.setting
    bounds = [
        f"{word} {written(bound)}."
        for word, bound in (("At least", setting.ge), ("At most", setting.le))
        if bound is not None
    ]
    choices = [f"One of {', '.join(field.choices)}."] if field.choices else []
    form = [_FORMS[field.type]] if field.type in _FORMS else []
    return " ".join([f"{setting.title['en'].rstrip('.')}.", setting.help["en"], *form, *choices, *bounds])
