"""What may be done with applications, and the roles a city begins with."""

from __future__ import annotations

from leancity.core.plugins.contributions import Permission, Role

READ = "earthworks.application.read"
READ_APPLICANT = "earthworks.applicant.read"
GIVE = "earthworks.approval.give"
CHANGE_BODIES = "earthworks.body.change"
SETTINGS = "earthworks.settings.change"

PERMISSIONS = (
    Permission(name=READ, title={"en": "See applications for digging", "ru": "Видеть заявления на земляные работы"}),
    Permission(name=READ_APPLICANT, title={"en": "See who applied", "ru": "Видеть данные заявителя"}),
    Permission(
        name=GIVE, title={"en": "Approve or refuse for a body", "ru": "Согласовывать от имени организации"}, by_row=True
    ),
    Permission(name=CHANGE_BODIES, title={"en": "Say which bodies are asked", "ru": "Менять список согласующих"}),
    Permission(name=SETTINGS, title={"en": "Change the module's settings", "ru": "Менять настройки модуля"}),
)

ROLES = (
    Role(
        key="earthworks.clerk",
        title={"en": "Earthworks: clerk", "ru": "Земляные работы: специалист"},
        permissions=(READ, READ_APPLICANT, CHANGE_BODIES, SETTINGS, "core.case.read", "core.case.comment"),
    ),
    Role(
        key="earthworks.officer",
        title={"en": "Earthworks: officer of a body", "ru": "Земляные работы: согласующий"},
        permissions=(READ, GIVE, "core.case.read", "core.case.comment"),
    ),
)
