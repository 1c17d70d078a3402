"""The city's roles: what they may do, what a change would mean for whom, and who has them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Self

import strawberry
from strawberry.types import Info

from leancity.core.i18n.catalogue import pick
from leancity.core.identity import roles
from leancity.core.identity.principal import current_principal
from leancity.core.identity.scopes import Scope, entry_of, parse
from leancity.core.identity.tables import RoleRow
from leancity.core.plugins import contributions
from leancity.graphql.api import Context, Payload, UserError, field, mutation
from leancity.graphql.api.mutations import user_error
from leancity.graphql.kernel.people import PersonPayload, User, user_of

CHANGE = roles.CHANGE

strawberry.enum(
    Scope,
    name="PermissionScope",
    description="Which rows: one's own, the unit's, the subtree's, all. It stops at a legal entity's border.",
)


@strawberry.type(description="An action that a role may be granted.")
class Permission:
    name: str
    title: str
    module: str
    by_row: bool = strawberry.field(description="It may be given with a scope; others count for the whole city only.")
    conflicts_with: list[str] = strawberry.field(description="Nobody may hold one of these beside it.")

    @classmethod
    def of(cls, row: contributions.Permission) -> Self:
        return cls(
            name=row.name,
            title=pick(row.title, current_principal().locale),
            module=row.name.partition(".")[0],
            by_row=row.by_row,
            conflicts_with=[*row.conflicts_with],
        )


@strawberry.type(description="A permission of a role and how far it reaches.")
class RolePermission:
    name: str
    scope: Scope


@strawberry.input(description="A permission of a role and how far it reaches.")
class RolePermissionInput:
    name: str
    scope: Scope = Scope.ALL

    def entry(self) -> str:
        return entry_of(self.name, self.scope)


@strawberry.type(description="A role as the city keeps it.")
class Role:
    id: uuid.UUID
    key: str
    title: str
    permissions: list[RolePermission]

    @classmethod
    def of(cls, row: RoleRow) -> Self:
        permissions = [RolePermission(name=name, scope=scope) for name, scope in map(parse, row.permissions)]
        return cls(id=row.id, key=row.key, title=row.title, permissions=permissions)


@strawberry.type(description="What becomes of one permission of a person: the widest scope before and after.")
class PermissionChange:
    permission: str
    before: Scope | None
    after: Scope | None

    @classmethod
    def of(cls, row: roles.Change) -> Self:
        return cls(permission=row.permission, before=row.before, after=row.after)


@strawberry.type(description="What a change would mean for one person.")
class RoleConsequence:
    changes: list[PermissionChange]
    conflicts: list[list[str]] = strawberry.field(description="Pairs that nobody may hold together.")
    user_id: strawberry.Private[uuid.UUID]

    @classmethod
    def of(cls, row: roles.Consequence) -> Self:
        changes = [PermissionChange.of(change) for change in row.changes]
        return cls(changes=changes, conflicts=[[*pair] for pair in row.conflicts], user_id=row.user_id)

    @field(permission=CHANGE)
    async def user(self, info: Info[Context, None]) -> User | None:
        return await user_of(info, self.user_id)


@strawberry.type(description="What a change would mean, for whom, and what forbids it.")
class RolePreview:
    consequences: list[RoleConsequence]
    problems: list[UserError] = strawberry.field(description="Empty when it can be done.")

    @classmethod
    def of(cls, row: roles.Preview) -> Self:
        consequences = [RoleConsequence.of(each) for each in row.consequences]
        return cls(consequences=consequences, problems=[user_error(problem) for problem in row.problems])


@strawberry.type
class RoleQuery:
    @field(permission=CHANGE, description="All that exist for the city, by name.")
    def permissions(self) -> list[Permission]:
        return [Permission.of(row) for _, row in sorted(roles.known_permissions().items())]

    @field(permission=CHANGE, description="By title.")
    async def roles(self) -> list[Role]:
        return [Role.of(row) for row in await roles.list_roles()]

    @field(permission=CHANGE, description="What it would mean to give the role just these permissions.")
    async def role_preview(self, key: str, permissions: list[RolePermissionInput]) -> RolePreview:
        return RolePreview.of(await roles.preview_role(key, [each.entry() for each in permissions]))

    @field(permission=CHANGE, description="What it would mean to give a person the role.")
    async def role_grant_preview(self, user_id: uuid.UUID, role: str) -> RolePreview:
        return RolePreview.of(await roles.preview_grant(user_id, role))


@strawberry.type
class RolePayload(Payload):
    role: Role | None = None


@strawberry.type
class RoleMutation:
    @mutation(permission=CHANGE, description="Adds a role or gives the one with this key just these permissions.")
    async def role_save(self, key: str, title: str, permissions: list[RolePermissionInput]) -> RolePayload:
        row = await roles.save_role(key, title, [each.entry() for each in permissions])
        return RolePayload(role=Role.of(row))

    @mutation(permission=CHANGE, description="Only one that nobody has.")
    async def role_delete(self, key: str) -> RolePayload:
        await roles.delete_role(key)
        return RolePayload()

    @mutation(permission=CHANGE)
    async def role_grant(
        self,
        user_id: uuid.UUID,
        role: str,
        unit_id: uuid.UUID | None = None,
        across_entities: bool = False,
        territory_id: uuid.UUID | None = None,
        expires_at: datetime | None = None,
    ) -> PersonPayload:
        new = roles.NewGrant(
            user_id=user_id,
            role=role,
            unit_id=unit_id,
            across_entities=across_entities,
            territory_id=territory_id,
            expires_at=expires_at,
        )
        await roles.grant_role(new)
        return PersonPayload(user_id=user_id)

    @mutation(permission=CHANGE)
    async def role_revoke(self, grant_id: uuid.UUID) -> PersonPayload:
        return PersonPayload(user_id=await roles.revoke_grant(grant_id))
