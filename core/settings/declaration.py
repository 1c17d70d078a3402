"""How a module declares its per-city settings: one frozen structure gives defaults, checks, form, GraphQL and docs.

    class ParkingSettings(ModuleSettings, frozen=True, kw_only=True):
        free_minutes: Annotated[
            int,
            Setting(
                title={"en": "Minutes free of charge", "ru": "Бесплатные минуты"},
                help={"en": "From the entry on.", "ru": "Считаются с момента въезда."},
                ge=0,
                le=120,
            ),
        ] = 15

A setting is a ``bool``, ``int``, ``float``, ``str``, ``Literal`` of texts, ``datetime.time`` (to the minute) or
``datetime.timedelta``; a list of these is ``tuple[X, ...]``; ``X | None`` has the default None and may stay unset. What
is declared wrongly stops the start (``core.settings.fields``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import TypeAlias

import msgspec

Words: TypeAlias = Mapping[str, str]
"""A text in every language, by locale."""
Bound: TypeAlias = int | float | time | timedelta


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """What people are told of a setting, and what fits.

    ``choices`` titles the values of a ``Literal``. A text has ``max_length``, a list ``max_items``; all other bounds
    are the value's, those of a list each item's. ``pattern`` is searched for, as JSON Schema does: anchor it.
    """

    title: Words
    help: Words
    ge: Bound | None = None
    le: Bound | None = None
    max_length: int | None = None
    max_items: int | None = None
    pattern: str | None = None
    choices: Mapping[str, Words] = field(default_factory=dict)


class ModuleSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a module's settings. Every field has a default and is annotated by a ``Setting``."""
