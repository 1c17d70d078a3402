"""What a city decides about the accounts of its people."""

from __future__ import annotations

from typing import Annotated

import msgspec

from leancity.core.settings.declaration import ModuleSettings

TITLE = {"en": "The city and its accounts", "ru": "Город и его учётные записи"}


class CoreSettings(ModuleSettings, frozen=True, kw_only=True):
    """Settings of the kernel itself, under the module name ``core``."""

    residents_may_register: Annotated[
        bool, msgspec.Meta(description="Residents may open an account by e-mail themselves")
    ] = True
    is_totp_required: Annotated[
        bool, msgspec.Meta(description="Staff without a second factor have no permissions until they switch it on")
    ] = False
