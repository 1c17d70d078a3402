"""One setting as its declaration has it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from leancity.core.settings.declaration import Bound, Setting
from leancity.core.settings.values import SettingType, read


@dataclass(frozen=True, kw_only=True, eq=False)
class SettingField:
    """One setting. ``type`` is the value's, or each item's of a list; ``default`` is in its JSON form."""

    name: str
    type: SettingType
    setting: Setting
    is_list: bool
    is_optional: bool
    choices: tuple[str, ...]
    least: Bound | None
    most: Bound | None
    default: Any

    def read(self, value: Any) -> Any:
        """Return a JSON value that fits as the declared structure has it."""
        if value is None:
            return None
        return tuple(read(self.type, item) for item in value) if self.is_list else read(self.type, value)
