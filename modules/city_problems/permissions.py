"""What may be done with reports, and the roles a city begins with."""

from __future__ import annotations

from leancity.core.plugins.contributions import Permission, Role

TRIAGE = "city_problems.report.triage"
DISPATCH = "city_problems.report.dispatch"
WORK = "city_problems.report.work"
SUBMIT = "city_problems.report.submit"
MODERATE = "city_problems.report.moderate"
POLLS = "city_problems.poll.change"
READ_REPORTER = "city_problems.reporter.read"
SETTINGS = "city_problems.settings.change"

PERMISSIONS = (
    Permission(
        name=TRIAGE, title={"en": "Sort reports, refuse them", "ru": "Разбирать сообщения, отклонять их"}, by_row=True
    ),
    Permission(
        name=DISPATCH, title={"en": "Send reports to units", "ru": "Направлять сообщения подразделениям"}, by_row=True
    ),
    Permission(
        name=WORK, title={"en": "Work on reports, close them", "ru": "Исполнять и закрывать сообщения"}, by_row=True
    ),
    Permission(name=READ_REPORTER, title={"en": "See who reported", "ru": "Видеть данные заявителя"}, by_row=True),
    Permission(
        name=MODERATE,
        title={"en": "Decide what of a report everybody sees", "ru": "Решать, что из сообщения видно всем"},
        by_row=True,
    ),
    Permission(
        name=SUBMIT,
        title={"en": "File reports from another system", "ru": "Передавать сообщения из другой системы"},
    ),
    Permission(name=POLLS, title={"en": "Hold polls of residents", "ru": "Проводить опросы жителей"}),
    Permission(name=SETTINGS, title={"en": "Change the module's settings", "ru": "Менять настройки модуля"}),
)

ROLES = (
    Role(
        key="city_problems.clerk",
        title={"en": "City problems: clerk", "ru": "Городские проблемы: диспетчер"},
        permissions=(
            TRIAGE,
            DISPATCH,
            READ_REPORTER,
            MODERATE,
            POLLS,
            SETTINGS,
            "core.case.read",
            "core.case.assign",
            "core.case.relate",
            "core.task.work",
        ),
    ),
    Role(
        key="city_problems.executor",
        title={"en": "City problems: executor", "ru": "Городские проблемы: исполнитель"},
        permissions=(
            f"{WORK}@unit",
            "core.case.read@unit",
            "core.case.accept@unit",
            "core.case.comment@unit",
            "core.task.work@unit",
        ),
    ),
    Role(
        key="city_problems.partner",
        title={"en": "City problems: another system", "ru": "Городские проблемы: внешняя система"},
        permissions=(SUBMIT,),
    ),
)
