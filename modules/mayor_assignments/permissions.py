"""What may be done with protocols and assignments, and the roles a city begins with."""

from __future__ import annotations

from leancity.core.plugins.contributions import Permission, Role

PREPARE = "mayor_assignments.protocol.prepare"
ISSUE = "mayor_assignments.assignment.issue"
WITHDRAW = "mayor_assignments.assignment.withdraw"

MAYOR = "mayor_assignments.mayor"
CONTROLLER = "mayor_assignments.controller"
EXECUTOR = "mayor_assignments.executor"
CO_EXECUTOR = "mayor_assignments.co_executor"

PERMISSIONS = (
    Permission(
        name=PREPARE,
        title={"en": "Write protocols of meetings", "ru": "Составлять протоколы совещаний"},
        by_row=True,
    ),
    Permission(name=ISSUE, title={"en": "Issue assignments", "ru": "Выдавать поручения"}, by_row=True),
    Permission(name=WITHDRAW, title={"en": "Withdraw assignments", "ru": "Отзывать поручения"}, by_row=True),
)

ROLES = (
    Role(
        key=MAYOR,
        title={"en": "Assignments: mayor", "ru": "Поручения: мэр"},
        permissions=(
            PREPARE,
            ISSUE,
            WITHDRAW,
            "core.unit.read",
            "core.case.read",
            "core.task.work",
            "core.task.assign",
        ),
    ),
    Role(
        key=CONTROLLER,
        title={"en": "Assignments: controller of the mayor's office", "ru": "Поручения: контролёр аппарата мэра"},
        permissions=(
            PREPARE,
            "core.unit.read",
            "core.case.read",
            "core.case.comment",
            "core.case.relate",
            "core.task.work",
            "core.task.assign",
        ),
    ),
    Role(
        key=EXECUTOR,
        title={"en": "Assignments: executor", "ru": "Поручения: исполнитель"},
        permissions=("core.unit.read", "core.case.read@own", "core.case.comment@own", "core.task.work@own"),
    ),
    Role(
        key=CO_EXECUTOR,
        title={"en": "Assignments: co-executor", "ru": "Поручения: соисполнитель"},
        permissions=("core.unit.read", "core.task.work@own"),
    ),
)
