"""What may be done at the operator's place, and the roles it begins with."""

from __future__ import annotations

from leancity.core.plugins.contributions import Permission, Role

READ = "operator.city.read"
CHANGE = "operator.city.change"
ONBOARD = "operator.city.onboard"
JOBS = "operator.job.manage"
PLANS = "operator.plan.change"

PERMISSIONS = (
    Permission(name=READ, title={"en": "See cities and their health", "ru": "Видеть города и их состояние"}),
    Permission(
        name=CHANGE,
        title={
            "en": "Suspend and resume cities, change their modules",
            "ru": "Менять состояние и модули городов",
        },
    ),
    Permission(name=ONBOARD, title={"en": "Take cities on", "ru": "Подключать города"}),
    Permission(name=JOBS, title={"en": "Replay and discard failed jobs", "ru": "Повторять и отменять сбойные задания"}),
    Permission(name=PLANS, title={"en": "Change plans", "ru": "Менять тарифы"}),
)

ROLES = (
    Role(
        key="operator.administrator",
        title={"en": "Operator: administrator", "ru": "Оператор: администратор"},
        permissions=(READ, CHANGE, ONBOARD, JOBS, PLANS),
    ),
    Role(
        key="operator.support",
        title={"en": "Operator: support", "ru": "Оператор: поддержка"},
        permissions=(READ, JOBS),
    ),
)
