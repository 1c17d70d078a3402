"""What a city may set of the module."""

from __future__ import annotations

from typing import Annotated

import msgspec

from leancity.core.settings.declaration import ModuleSettings

Photos = Annotated[int, msgspec.Meta(ge=0, le=20, description="Photos a report may have")]


class CityProblemsSettings(ModuleSettings, frozen=True, kw_only=True):
    """The module's settings and their defaults."""

    is_contact_required: bool = False
    is_list_public: bool = True
    most_photos: Photos = 5
    is_proof_required: bool = True
