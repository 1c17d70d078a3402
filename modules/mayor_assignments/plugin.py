"""The module's table of contents: what it gives the platform, in the order of the hooks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from leancity.core.cases.kinds import CaseKind
from leancity.core.plugins.contributions import (
    Demo,
    Manifest,
    ModuleProcess,
    NotificationDefault,
    Permission,
    Role,
    Texts,
)
from leancity.core.plugins.hooks import hookimpl
from leancity.modules.mayor_assignments import demo, kinds, permissions, processes, telling


@hookimpl
def register_module() -> Manifest:
    return Manifest(
        name="mayor_assignments",
        title={"en": "The mayor's assignments", "ru": "Протокольные поручения мэра"},
        summary={
            "en": "Assignments of a meeting's protocol, from their issue to the signed resolution",
            "ru": "Поручения по протоколу совещания: от выдачи до подписанной резолюции",
        },
        kind="service",
        version="0.1.0",
    )


@hookimpl
def register_permissions() -> Iterable[Permission]:
    return permissions.PERMISSIONS


@hookimpl
def register_roles() -> Iterable[Role]:
    return permissions.ROLES


@hookimpl
def register_case_kinds() -> Iterable[CaseKind]:
    return (kinds.PROTOCOL, kinds.ASSIGNMENT)


@hookimpl
def register_processes() -> Iterable[ModuleProcess]:
    return (processes.PROTOCOL, processes.ASSIGNMENT)


@hookimpl
def register_notifications() -> Iterable[NotificationDefault]:
    return telling.NOTIFICATIONS


@hookimpl
def register_texts() -> Texts:
    return Texts(folder=Path(__file__).parent / "texts")


@hookimpl
def register_demo() -> Demo:
    return Demo(load=demo.load)
