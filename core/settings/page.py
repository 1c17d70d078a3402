"""The settings of all modules as Markdown: ``docs/administrators/settings.md`` is made of it."""

from __future__ import annotations

from collections.abc import Iterator

from leancity.core.identity.settings import TITLE
from leancity.core.plugins.manager import Modules
from leancity.core.settings.declared import fields_of
from leancity.core.settings.fields import SettingField
from leancity.core.settings.values import SettingType, written

_EMPTY = {"None": "not set", "[]": "empty", "''": "empty"}
_HEAD = "| setting | what it does | takes | default |\n|---|---|---|---|"


def page(modules: Modules) -> str:
    """Return a table a module, the kernel's first."""
    return "\n\n".join("\n".join(_table(modules, module)) for module in modules.settings) + "\n"


def _table(modules: Modules, module: str) -> Iterator[str]:
    title = TITLE if module == "core" else modules.manifests[module].title
    yield f"## {title['en']} / {title['ru']} (`{module}`)\n"
    yield _HEAD
    for field in fields_of(modules.settings[module]):
        setting = field.setting
        cells = (
            f"**{setting.title['en']}** / {setting.title['ru']}<br>`{field.name}`",
            setting.help["en"],
            _takes(field),
            _EMPTY.get(repr(field.default)) or f"`{_value(field.default)}`",
        )
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _takes(field: SettingField) -> str:
    setting = field.setting
    words = "yes or no" if field.type is SettingType.BOOLEAN else str(field.type)
    if field.choices:
        words = ", ".join(f"`{each}` ({setting.choices[each]['en']})" for each in field.choices)
    for word, bound in (("from", setting.ge), ("to", setting.le)):
        words += "" if bound is None else f" {word} {written(bound)}"
    words += "" if setting.max_length is None else f", at most {setting.max_length} characters"
    words += "" if setting.pattern is None else f", like `{setting.pattern}`"
    return f"list of at most {setting.max_items}: {words}" if field.is_list else words
