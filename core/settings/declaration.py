"""How a module declares its per-city settings: a frozen structure with defaults is the whole declaration."""

from __future__ import annotations

import msgspec


class ModuleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a module's settings. Every field has a default and may carry ``msgspec.Meta`` bounds and a title."""
