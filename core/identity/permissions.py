"""The kernel's own permissions; modules declare theirs by ``register_permissions``."""

from __future__ import annotations

from leancity.core.plugins.contributions import Permission, Role

KERNEL_PERMISSIONS: dict[str, Permission] = {
    permission.name: permission
    for permission in (
        Permission(name="core.case.read", title={"en": "See the city's cases", "ru": "Видеть дела города"}),
        Permission(name="core.case.comment", title={"en": "Comment on cases", "ru": "Комментировать дела"}),
        Permission(
            name="core.case.assign", title={"en": "Assign and hand over cases", "ru": "Назначать и передавать дела"}
        ),
        Permission(
            name="core.case.accept", title={"en": "Accept or return cases", "ru": "Принимать и возвращать дела"}
        ),
        Permission(name="core.case.relate", title={"en": "Link cases", "ru": "Связывать дела"}),
        Permission(
            name="core.case.pause", title={"en": "Pause and extend terms", "ru": "Приостанавливать и продлевать сроки"}
        ),
        Permission(
            name="core.unit.read", title={"en": "See units and people", "ru": "Видеть подразделения и сотрудников"}
        ),
        Permission(
            name="core.settings.change", title={"en": "Change the city's settings", "ru": "Менять настройки города"}
        ),
    )
}

KERNEL_ROLES: tuple[Role, ...] = (
    Role(
        key="core.administrator",
        title={"en": "Administrator", "ru": "Администратор"},
        permissions=("core.settings.change", "core.unit.read"),
    ),
    Role(
        key="core.dispatcher",
        title={"en": "Dispatcher", "ru": "Диспетчер"},
        permissions=tuple(name for name in KERNEL_PERMISSIONS if name != "core.settings.change"),
    ),
    Role(
        key="core.executor",
        title={"en": "Executor", "ru": "Исполнитель"},
        permissions=("core.case.read", "core.case.comment", "core.case.accept", "core.unit.read"),
    ),
)
