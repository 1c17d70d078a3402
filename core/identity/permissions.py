"""The kernel's own permissions; modules declare theirs by ``register_permissions``."""

from __future__ import annotations

from leancity.core.plugins.contributions import Permission, Role

# Units are a directory that everybody's work needs: whoever may see them at all sees all of them, hence `by_row`.
KERNEL_PERMISSIONS: dict[str, Permission] = {
    permission.name: permission
    for permission in (
        Permission(
            name="core.case.read", title={"en": "See the city's cases", "ru": "Видеть дела города"}, by_row=True
        ),
        Permission(
            name="core.case.comment", title={"en": "Comment on cases", "ru": "Комментировать дела"}, by_row=True
        ),
        Permission(
            name="core.case.assign",
            title={"en": "Assign and hand over cases", "ru": "Назначать и передавать дела"},
            by_row=True,
        ),
        Permission(
            name="core.case.accept",
            title={"en": "Accept or return cases", "ru": "Принимать и возвращать дела"},
            by_row=True,
        ),
        Permission(name="core.case.relate", title={"en": "Link cases", "ru": "Связывать дела"}, by_row=True),
        Permission(
            name="core.case.pause",
            title={"en": "Pause and extend terms", "ru": "Приостанавливать и продлевать сроки"},
            by_row=True,
        ),
        Permission(
            name="core.unit.read",
            title={"en": "See units and people", "ru": "Видеть подразделения и сотрудников"},
            by_row=True,
        ),
        Permission(
            name="core.unit.change",
            title={"en": "Change units and territories", "ru": "Менять подразделения и территории"},
        ),
        Permission(
            name="core.person.read",
            title={"en": "See people's contacts and roles", "ru": "Видеть контакты и роли сотрудников"},
        ),
        Permission(
            name="core.person.change",
            title={"en": "Invite people, change their accounts", "ru": "Приглашать людей, менять учётные записи"},
            by_row=True,
        ),
        Permission(
            name="core.person.erase",
            title={"en": "Erase a person's data on request", "ru": "Удалять данные человека по его запросу"},
        ),
        Permission(
            name="core.role.change",
            title={"en": "Edit roles and grant them", "ru": "Менять роли и назначать их"},
        ),
        Permission(name="core.audit.read", title={"en": "Read the audit log", "ru": "Читать журнал аудита"}),
        Permission(
            name="core.access.decide",
            title={"en": "Let operators in and end their access", "ru": "Допускать операторов и прекращать их доступ"},
        ),
        Permission(
            name="core.notification.manage",
            title={
                "en": "Decide who is told of what, see what was sent",
                "ru": "Настраивать уведомления, видеть журнал доставки",
            },
        ),
        Permission(
            name="core.settings.change", title={"en": "Change the city's settings", "ru": "Менять настройки города"}
        ),
        Permission(
            name="core.figures.read",
            title={"en": "See published figures", "ru": "Видеть опубликованные показатели"},
        ),
        Permission(
            name="core.figures.publish",
            title={"en": "Publish figures and take them back", "ru": "Публиковать и отзывать показатели"},
        ),
        Permission(
            name="core.process.read",
            title={
                "en": "See functions, processes and their figures",
                "ru": "Видеть функции, процессы и их показатели",
            },
        ),
        Permission(
            name="core.process.change",
            title={"en": "Describe functions and draw processes", "ru": "Описывать функции, рисовать процессы"},
        ),
        Permission(
            name="core.process.publish",
            title={
                "en": "Put processes on trial and into production",
                "ru": "Вводить процессы в опытную и постоянную работу",
            },
        ),
        Permission(
            name="core.task.work",
            title={"en": "Do the tasks of processes", "ru": "Выполнять задачи процессов"},
            by_row=True,
        ),
        Permission(
            name="core.task.assign",
            title={"en": "Assign tasks, see workload", "ru": "Назначать задачи, видеть загрузку"},
            by_row=True,
        ),
    )
}

_WORK = (
    "core.case.read",
    "core.case.comment",
    "core.case.assign",
    "core.case.accept",
    "core.case.relate",
    "core.case.pause",
    "core.task.work",
    "core.task.assign",
)

KERNEL_ROLES: tuple[Role, ...] = (
    Role(
        key="core.administrator",
        title={"en": "Administrator", "ru": "Администратор"},
        permissions=tuple(name for name in KERNEL_PERMISSIONS if name not in _WORK),
    ),
    Role(
        key="core.dispatcher",
        title={"en": "Dispatcher", "ru": "Диспетчер"},
        permissions=(*_WORK, "core.unit.read"),
    ),
    Role(
        key="core.executor",
        title={"en": "Executor", "ru": "Исполнитель"},
        permissions=(
            "core.case.read@unit",
            "core.case.comment@unit",
            "core.case.accept@unit",
            "core.task.work@unit",
            "core.unit.read",
        ),
    ),
    Role(
        key="core.process_owner",
        title={"en": "Process owner", "ru": "Владелец процесса"},
        permissions=("core.process.read", "core.process.publish", "core.task.assign@unit", "core.unit.read"),
    ),
    Role(
        key="core.analyst",
        title={"en": "Process analyst", "ru": "Аналитик процессов"},
        permissions=("core.process.read", "core.process.change", "core.unit.read"),
    ),
    Role(
        key="core.operator",
        title={"en": "Operator of the platform", "ru": "Оператор платформы"},
        permissions=("core.case.read", "core.unit.read", "core.audit.read"),
    ),
)
