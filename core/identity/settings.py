"""What a city decides about the accounts of its people, and about what it tells its region."""

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
                "en": "A resident opens an account by e-mail or by a code sent to them, without an employee.",
                "ru": "Житель заводит учётную запись по почте или по коду из сообщения, без участия сотрудника.",
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
    publishes_figures: Annotated[
        bool,
        Setting(
            title={"en": "Publishes its figures every month", "ru": "Ежемесячно публикует показатели"},
            help={
                "en": "On the 5th the figures of the month past are published and, where the city has one, given to "
                "its region. No case and no person is in them.",
                "ru": "5-го числа публикуются показатели прошедшего месяца; если у города есть регион, он получает "
                "их копию. Дел и людей в них нет.",
            },
        ),
    ] = False
    figures_least_cases: Annotated[
        int,
        Setting(
            title={"en": "Fewest cases of a figure", "ru": "Наименьшее число дел для показателя"},
            help={
                "en": "A figure over fewer cases is published as «too few to tell»: it could point at a person.",
                "ru": "Показатель по меньшему числу дел публикуется как «слишком мало данных»: он мог бы указать на "
                "человека.",
            },
            ge=3,
            le=100,
        ),
    ] = 5
