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
    tasks_told_most: Annotated[
        int,
        Setting(
            title={"en": "Most people told of a task", "ru": "Скольким сообщать о задаче"},
            help={
                "en": "A task that nobody has taken yet is told to those who may take it, unless there are more of "
                "them. 0: only to who is given one.",
                "ru": "О задаче, которую ещё никто не взял, сообщается тем, кто может её взять, если их не больше "
                "этого числа. 0 — только тому, кому её дали.",
            },
            ge=0,
            le=200,
        ),
    ] = 20
    task_due_soon_hours: Annotated[
        int,
        Setting(
            title={"en": "A task is soon due, hours ahead", "ru": "За сколько часов напоминать о сроке задачи"},
            help={
                "en": "So many hours before a task falls due, whom it waits for is told.",
                "ru": "За столько часов до срока о задаче напоминается тому, кого она ждёт.",
            },
            ge=1,
            le=720,
        ),
    ] = 24
    passport_difference: Annotated[
        float,
        Setting(
            title={
                "en": "Difference at which a passport is flagged",
                "ru": "Расхождение, при котором паспорт помечается",
            },
            help={
                "en": "A figure of a function's passport is flagged when the measured one lies further from it than "
                "this share of it.",
                "ru": "Показатель паспорта функции помечается, если измеренный отличается от него больше, чем на эту "
                "долю.",
            },
            ge=0.01,
            le=10,
        ),
    ] = 0.2
    costly_function: Annotated[
        int,
        Setting(
            title={"en": "Costly function, roubles a year", "ru": "Дорогая функция, рублей в год"},
            help={
                "en": "A function whose labour costs more a year is flagged.",
                "ru": "Функция, трудозатраты на которую стоят больше в год, помечается.",
            },
            ge=1,
            le=2_000_000_000,
        ),
    ] = 1_000_000
    owner_reports_kept: Annotated[
        int,
        Setting(
            title={"en": "Reports of process owners are kept, months", "ru": "Хранить отчёты владельцев, месяцев"},
            help={
                "en": "A report that is older is removed with its files.",
                "ru": "Более старые отчёты удаляются вместе с файлами.",
            },
            ge=1,
            le=240,
        ),
    ] = 36
    functions_planned: Annotated[
        int,
        Setting(
            title={"en": "Plan: functions in the plan", "ru": "План: функций в плане"},
            help={
                "en": "How many functions the city wants to have put into its plan; 0: no target.",
                "ru": "Сколько функций город намерен включить в план; 0 — цель не задана.",
            },
            ge=0,
            le=1_000_000,
        ),
    ] = 0
    functions_in_work: Annotated[
        int,
        Setting(
            title={"en": "Plan: functions in work", "ru": "План: функций в работе"},
            help={
                "en": "How many functions the city wants to have taken into work; 0: no target.",
                "ru": "Сколько функций город намерен взять в работу; 0 — цель не задана.",
            },
            ge=0,
            le=1_000_000,
        ),
    ] = 0
    functions_live: Annotated[
        int,
        Setting(
            title={"en": "Plan: functions live", "ru": "План: функций внедрено"},
            help={
                "en": "How many functions the city wants to run as processes in production; 0: no target.",
                "ru": "Сколько функций город намерен перевести в постоянную работу; 0 — цель не задана.",
            },
            ge=0,
            le=1_000_000,
        ),
    ] = 0
