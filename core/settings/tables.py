"""Where a city's own settings are kept."""

from __future__ import annotations

from piccolo.columns import JSONB, Text

from leancity.core.db.tables import TenantTable


class SettingRow(TenantTable, tablename="module_setting"):
    """What a city has changed of one module's settings over what its region handed down over the module's defaults."""

    module = Text()
    changed = JSONB(default="{}")
    handed_down = JSONB(default="{}")

    unique_keys = (("module",),)
