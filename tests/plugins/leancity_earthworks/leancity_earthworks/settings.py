"""What a city may set of the module."""

from __future__ import annotations

from typing import Annotated

import msgspec

from leancity.core.settings.declaration import ModuleSettings

AnswerDays = Annotated[int, msgspec.Meta(ge=1, le=30, description="Working days a body has for its answer")]
ChaseDays = Annotated[int, msgspec.Meta(ge=1, le=30, description="Working days between two reminders of a late body")]
LongestDays = Annotated[int, msgspec.Meta(ge=1, le=3660, description="Days a permit may be asked for")]


class EarthworksSettings(ModuleSettings, frozen=True, kw_only=True):
    """The module's settings and their defaults."""

    answer_days: AnswerDays = 3
    chase_days: ChaseDays = 1
    longest_days: LongestDays = 90
    is_phone_required: bool = True
