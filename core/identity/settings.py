"""What a city decides about the accounts of its people."""

from __future__ import annotations

from typing import Annotated

from leancity.core.settings.declaration import ModuleSettings, Setting

TITLE = {"en": "The city and its accounts", "ru": "Город и его учётные записи"}


class CoreSettings(ModuleSettings, frozen=True, kw_only=True):
    """Settings of the kernel itself, under the module name ``core``."""

    residents_may_register: Annotated[
        bool,
        Setting(
            title={"en": "Residents open accounts themselves", "ru": "Жители регистрируются сами"},
            help={
                "en": "A resident opens an account by e-mail, without an employee.",
                "ru": "Житель заводит учётную запись по электронной почте, без участия сотрудника.",
            },
        ),
    ] = True
    is_totp_required: Annotated[
        bool,
        Setting(
            title={"en": "Staff need a second factor", "ru": "Сотрудникам нужен второй фактор"},
            help={
                "en": "An employee without a second factor has no permissions until they switch it on.",
                "ru": "Сотрудник без второго фактора не имеет прав, пока не включит его.",
            },
        ),
    ] = False
