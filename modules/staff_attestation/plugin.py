"""The module's table of contents: what it gives the platform, in the order of the hooks."""

from __future__ import annotations

from collections.abc import Iterable

from leancity.core.cases.kinds import CaseKind
from leancity.core.plugins.contributions import Demo, Manifest, ModuleProcess, Permission, Role
from leancity.core.plugins.hooks import hookimpl
from leancity.modules.staff_attestation import demo, kinds, permissions, processes


@hookimpl
def register_module() -> Manifest:
    return Manifest(
        name="staff_attestation",
        title={"en": "Attestation of employees", "ru": "Аттестация муниципальных служащих"},
        summary={
            "en": "From the yearly schedule to the order on the results, with a secret vote of the commission",
            "ru": "От графика до приказа по итогам, с тайным голосованием комиссии",
        },
        kind="service",
        version="0.2.0",
    )


@hookimpl
def register_permissions() -> Iterable[Permission]:
    return permissions.PERMISSIONS


@hookimpl
def register_roles() -> Iterable[Role]:
    return permissions.ROLES


@hookimpl
def register_case_kinds() -> Iterable[CaseKind]:
    return (kinds.SCHEDULE, kinds.ATTESTATION)


@hookimpl
def register_processes() -> Iterable[ModuleProcess]:
    return (processes.SCHEDULE, processes.ATTESTATION)


@hookimpl
def register_demo() -> Demo:
    return Demo(load=demo.load)
