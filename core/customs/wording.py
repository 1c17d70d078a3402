"""A text in every language, as an item: the structure of what a city words its own way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from leancity.core.settings.declaration import ModuleSettings, Setting
from leancity.core.settings.layers import resolved
from leancity.core.tenancy.customs import Layers

LONGEST_NAME = 120
LONGEST_TEXT = 5_000

_RU = {"en": "In Russian", "ru": "По-русски"}
_EN = {"en": "In English", "ru": "По-английски"}
_NAME = {
    "en": "What people read instead of the delivered name.",
    "ru": "Что люди видят вместо исходного названия.",
}
_TEXT = {
    "en": "Places in braces, like {number}, are filled in; only those of the delivered text may stand here.",
    "ru": "Места в фигурных скобках, например {number}, заполняются; можно использовать только те, что есть в исходном "
    "тексте.",
}
_SOMETHING = r"\S"


class Naming(ModuleSettings, frozen=True, kw_only=True):
    """A name in both languages."""

    ru: Annotated[str | None, Setting(title=_RU, help=_NAME, max_length=LONGEST_NAME, pattern=_SOMETHING)] = None
    en: Annotated[str | None, Setting(title=_EN, help=_NAME, max_length=LONGEST_NAME, pattern=_SOMETHING)] = None


class Wording(ModuleSettings, frozen=True, kw_only=True):
    """A text of the catalogue in both languages."""

    ru: Annotated[str | None, Setting(title=_RU, help=_TEXT, max_length=LONGEST_TEXT, pattern=_SOMETHING)] = None
    en: Annotated[str | None, Setting(title=_EN, help=_TEXT, max_length=LONGEST_TEXT, pattern=_SOMETHING)] = None


def named(default: Mapping[str, str], layers: Layers | None) -> Mapping[str, str]:
    """Return a title as it holds in the city."""
    if layers is None:
        return default
    start = Naming(ru=default["ru"], en=default["en"])
    found = resolved(Naming, layers.own, layers.handed_down, start).settings
    return {**default, "ru": found.ru or default["ru"], "en": found.en or default["en"]}
