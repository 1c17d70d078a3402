"""Where a city's own settings are kept."""

from __future__ import annotations

from piccolo.columns import JSONB, Text

from leancity.core.db.tables import TenantTable


class SettingRow(TenantTable, tablename="module_setting"):
    """What a city has changed of one module's settings; the rest are the module's defaults."""

    module = Text()
    changed = JSONB(default="{}")

    unique_keys = (("module",),)
