"""The city's roles as a collection: what each may do. Who has one is no custom and stays out of it."""

from __future__ import annotations

import re
from typing import Annotated, Any

from leancity.core.customs.collection import Collection
from leancity.core.customs.journal import BY_HAND, UNDO, Cause
from leancity.core.i18n.catalogue import pick
from leancity.core.identity.permissions import KERNEL_ROLES
from leancity.core.identity.roles import CHANGE, ROLES, delete_role, held_of, known_permissions, save_role
from leancity.core.identity.scopes import parse
from leancity.core.plugins.manager import Modules
from leancity.core.settings.declaration import ModuleSettings, Setting

_TITLE = {"en": "Roles", "ru": "Роли"}


class RoleItem(ModuleSettings, frozen=True, kw_only=True):
    """A role without the people who have it."""

    title: Annotated[
        str,
        Setting(
            title={"en": "Name", "ru": "Название"},
            help={"en": "What people call the role.", "ru": "Как называется роль."},
            max_length=200,
        ),
    ] = ""
    permissions: Annotated[
        tuple[str, ...],
        Setting(
            title={"en": "Permissions", "ru": "Права"},
            help={
                "en": "Names, with @own, @unit or @subtree behind one that does not reach every row.",
                "ru": "Имена прав; @own, @unit или @subtree после имени, если право распространяется не на всё.",
            },
            max_length=200,
            max_items=1_000,
        ),
    ] = ()


def roles(modules: Modules, open_: frozenset[str], locale: str) -> Collection:
    """Return the collection, by the roles' keys; those that a city is given have its language."""
    declared = [*KERNEL_ROLES, *(role for role in modules.roles.values() if role.key.partition(".")[0] in open_)]
    defaults = {
        role.key: RoleItem(title=pick(role.title, locale), permissions=tuple(sorted(role.permissions)))
        for role in declared
    }
    return Collection(
        name=ROLES,
        title=_TITLE,
        item=RoleItem,
        defaults=defaults,
        may_add=True,
        permission=CHANGE,
        place=_Roles(),
        keys=re.compile(r"\S(.{0,198}\S)?"),
        normal=_normal,
    )


def _normal(values: dict[str, Any]) -> dict[str, Any]:
    permissions = values.get("permissions")
    return values if permissions is None else {**values, "permissions": sorted({*permissions})}


class _Roles:
    async def read_all(self) -> dict[str, dict[str, Any]]:
        return await held_of()

    async def read(self, key: str) -> dict[str, Any] | None:
        return (await held_of()).get(key)

    async def write(self, key: str, after: dict[str, Any] | None, cause: Cause = BY_HAND) -> None:
        if after is None:
            await delete_role(key, cause)
            return
        wanted = after.get("permissions", [])
        if cause.source == UNDO:  # what it held of modules that were left since, nobody can give; it is kept as it is
            wanted = [entry for entry in wanted if parse(entry)[0] in known_permissions()]
        await save_role(key, after.get("title", ""), wanted, cause)
