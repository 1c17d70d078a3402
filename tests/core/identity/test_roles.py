"""Roles are the city's data: edited with a preview, never so that nobody could mend it."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.identity import permissions, service
from leancity.core.identity.permissions import KERNEL_ROLES
from leancity.core.identity.tables import RoleRow
from leancity.core.identity.units import LegalForm, UnitCard, UnitKind, add_unit
from leancity.core.plugins.contributions import Permission
from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.service import keep_renewing
from leancity.core.testing.city import City, TestUser

SAVE = """mutation ($key: String!, $permissions: [RolePermissionInput!]!) { roleSave(key: $key, title: "Clerk",
  permissions: $permissions) { errors { field code message } role { key permissions { name scope } } } }"""
PREVIEW = """query ($key: String!, $permissions: [RolePermissionInput!]!) { rolePreview(key: $key,
  permissions: $permissions) { problems { code } consequences { user { name } conflicts
  changes { permission before after } } } }"""


def asked(key: str, *entries: str) -> dict[str, Any]:
    pairs = [entry.partition("@") for entry in entries]
    return {"key": key, "permissions": [{"name": name, "scope": (scope or "all").upper()} for name, _, scope in pairs]}


async def admin_of(city: City) -> TestUser:
    return await city.user(roles=["core.administrator"])


async def test_a_role_is_made_granted_and_previewed(city: City) -> None:
    admin, clerk = await admin_of(city), await city.user()
    saved = await city.data(SAVE, asked("city.clerk", "core.case.read@unit", "core.unit.read"), as_=admin)
    assert saved["roleSave"]["role"]["permissions"] == [
        {"name": "core.case.read", "scope": "UNIT"},
        {"name": "core.unit.read", "scope": "ALL"},
    ]
    grant = """mutation ($user: UUID!) { roleGrant(userId: $user, role: "city.clerk") {
      errors { code } person { roles { id role } } } }"""
    granted = (await city.data(grant, {"user": str(clerk.id)}, as_=admin))["roleGrant"]
    assert [role["role"] for role in granted["person"]["roles"]] == ["city.clerk"]
    assert (await city.data(grant, {"user": str(clerk.id)}, as_=admin))["roleGrant"]["errors"] == [
        {"code": "role_granted"}
    ]
    preview = await city.data(PREVIEW, asked("city.clerk", "core.case.read", "core.case.comment@own"), as_=admin)
    (consequence,) = preview["rolePreview"]["consequences"]
    assert consequence["changes"] == [
        {"permission": "core.case.comment", "before": None, "after": "OWN"},
        {"permission": "core.case.read", "before": "UNIT", "after": "ALL"},
        {"permission": "core.unit.read", "before": "ALL", "after": None},
    ]
    assert preview["rolePreview"]["problems"] == []
    assert (await city.data("{ viewer { permissions } }", as_=clerk))["viewer"]["permissions"] == [
        "core.case.read",
        "core.unit.read",
    ]
    revoke = f'mutation {{ roleRevoke(grantId: "{granted["person"]["roles"][0]["id"]}") {{ errors {{ code }} }} }}'
    assert (await city.data(revoke, as_=admin))["roleRevoke"]["errors"] == []
    assert (await city.data("{ viewer { permissions } }", as_=clerk))["viewer"]["permissions"] == []
    deleted = await city.data('mutation { roleDelete(key: "city.clerk") { errors { code } } }', as_=admin)
    assert deleted["roleDelete"]["errors"] == []


async def test_an_unknown_permission_is_named(city: City) -> None:
    refused = await city.data(SAVE, asked("city.clerk", "core.case.reed", "core.case.read"), as_=await admin_of(city))
    (error,) = refused["roleSave"]["errors"]
    assert (error["field"], error["code"]) == ("permissions", "permission_unknown")
    assert "core.case.reed" in error["message"]
    assert refused["roleSave"]["role"] is None


async def test_the_last_who_may_mend_roles_stays(city: City) -> None:
    admin = await admin_of(city)
    refused = await city.data(SAVE, asked("core.administrator", "core.unit.read"), as_=admin)
    assert [error["code"] for error in refused["roleSave"]["errors"]] == ["role_admin_last"]
    held = await city.data(f'{{ person(id: "{admin.id}") {{ roles {{ id }} }} }}', as_=admin)
    revoke = f'mutation {{ roleRevoke(grantId: "{held["person"]["roles"][0]["id"]}") {{ errors {{ code }} }} }}'
    assert (await city.data(revoke, as_=admin))["roleRevoke"]["errors"] == [{"code": "role_admin_last"}]
    await admin_of(city)
    assert (await city.data(revoke, as_=admin))["roleRevoke"]["errors"] == []


async def test_a_role_in_use_is_not_deleted_and_another_citys_is_unknown(city: City, another_city: City) -> None:
    admin = await admin_of(city)
    delete = 'mutation { roleDelete(key: "core.administrator") { errors { code } } }'
    assert (await city.data(delete, as_=admin))["roleDelete"]["errors"] == [{"code": "role_in_use"}]
    await city.data(SAVE, asked("city.own", "core.unit.read"), as_=admin)
    other = await admin_of(another_city)
    gone = await another_city.data('mutation { roleDelete(key: "city.own") { errors { code } } }', as_=other)
    assert gone["roleDelete"]["errors"] == [{"code": "role_unknown"}]


async def test_duties_that_conflict_are_nobodys(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    from leancity.core.identity.roles import NewGrant, grant_role, preview_role, save_role

    both = Permission(
        name="core.case.accept",
        title={"en": "Accept", "ru": "Принять"},
        by_row=True,
        conflicts_with=("core.case.assign",),
    )
    monkeypatch.setitem(permissions.KERNEL_PERMISSIONS, both.name, both)
    user = await city.user("core.case.assign")
    async with city.serving():
        await save_role("city.acceptor", "Acceptor", ["core.case.accept"])
        with pytest.raises(Refused, match="duties_conflict"):
            await grant_role(NewGrant(user_id=user.id, role="city.acceptor"))
        await save_role("city.plain", "Plain", ["core.case.read"])
        await grant_role(NewGrant(user_id=user.id, role="city.plain"))
        preview = await preview_role("city.plain", ["core.case.accept"])
        assert [consequence.conflicts for consequence in preview.consequences] == [
            (("core.case.accept", "core.case.assign"),)
        ]
        with pytest.raises(Refused, match="duties_conflict"):
            await save_role("city.plain", "Plain", ["core.case.accept"])


async def test_what_a_role_holds_of_a_module_that_was_left_stays(city: City) -> None:
    admin = await admin_of(city)
    await city.data(SAVE, asked("city.clerk", "city_problems.report.triage"), as_=admin)
    await city.leave("city_problems")
    saved = await city.data(SAVE, asked("city.clerk", "core.unit.read"), as_=admin)
    names = [each["name"] for each in saved["roleSave"]["role"]["permissions"]]
    assert names == ["core.unit.read", "city_problems.report.triage"]


async def test_a_permission_that_nobody_asks_row_by_row_has_no_scope_and_counts_citywide_only(city: City) -> None:
    admin = await admin_of(city)
    refused = await city.data(SAVE, asked("city.half", "core.role.change@own"), as_=admin)
    assert [error["code"] for error in refused["roleSave"]["errors"]] == ["permission_citywide"]
    async with city.serving():
        card = UnitCard(key="mup", title="МУП", kind=UnitKind.LEGAL_ENTITY, legal_form=LegalForm.MUP)
        entity = (await add_unit(card)).id
    within = await city.user(roles=["core.administrator"], unit_id=entity)
    assert (
        "core.role.change" not in (await city.data("{ viewer { permissions } }", as_=within))["viewer"]["permissions"]
    )
    answer = await city.graphql("{ roles { key } }", as_=within)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN", "an enterprise does not rule the city"


async def test_who_changes_accounts_can_not_become_who_may_do_more(city: City) -> None:
    clerk = await city.user("core.person.change", "core.person.read")
    chief, equal = await city.user("core.settings.change"), await city.user("core.person.read")
    change = 'mutation ($user: UUID!) { personChange(userId: $user, email: "mine@example.org") { errors { code } } }'
    answer = await city.graphql(change, {"user": str(chief.id)}, as_=clerk)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await city.data(change, {"user": str(equal.id)}, as_=clerk))["personChange"]["errors"] == []


async def test_the_last_who_may_mend_roles_is_not_shut_out(city: City) -> None:
    admin, clerk = await admin_of(city), await city.user("core.person.change")
    shut = f'mutation {{ personDeactivate(userId: "{admin.id}") {{ errors {{ code }} }} }}'
    assert (await city.data(shut, as_=clerk))["personDeactivate"]["errors"] == [{"code": "role_admin_last"}]


async def test_a_later_version_adds_to_a_citys_roles_and_brings_back_nothing(
    city: City, modules: Modules, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = await admin_of(city)
    await city.data(SAVE, asked("core.executor", "core.unit.read", "core.case.read@own"), as_=admin)
    executor = next(role for role in KERNEL_ROLES if role.key == "core.executor")
    later = dataclasses.replace(executor, permissions=(*executor.permissions, "core.case.pause@unit"))
    monkeypatch.setattr(service, "KERNEL_ROLES", (later,))
    for _ in range(2):
        async with city.serving():
            await service.add_missing_roles(modules)
        (row,) = await city.rows("select permissions from role where tenant_id = $1 and key = 'core.executor'")
        assert sorted(row["permissions"]) == ["core.case.pause@unit", "core.case.read@own", "core.unit.read"]


async def test_the_scheduler_renews_the_roles_of_a_city_that_a_later_version_finds(
    city: City, modules: Modules
) -> None:
    async with city.serving(), tenant_tx(write=True):
        await RoleRow.update({RoleRow.permissions: [], RoleRow.offered: []}).where(RoleRow.key == "core.executor")
    await keep_renewing(modules)
    (row,) = await city.rows("select permissions from role where tenant_id = $1 and key = 'core.executor'")
    assert "core.case.read@unit" in row["permissions"]
