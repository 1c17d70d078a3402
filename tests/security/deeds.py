"""Fresh arguments of every mutation, made by the platform itself, with which it is really done by who may."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from pyotp import TOTP

from leancity.core.cases.handover import hand_over
from leancity.core.cases.pauses import pause
from leancity.core.cases.relations import relate
from leancity.core.cases.tables import CaseTerm
from leancity.core.customs.history import history
from leancity.core.customs.service import change
from leancity.core.db.unit import tenant_tx
from leancity.core.figures.publishing import publish
from leancity.core.identity.access import ask_access, decide_access
from leancity.core.identity.accounts import deactivate_person, invite_person
from leancity.core.identity.code_rows import code_of
from leancity.core.identity.code_rows import key_of as key_of_code
from leancity.core.identity.codes import request_code
from leancity.core.identity.links import send_link
from leancity.core.identity.roles import NewGrant, grant_role, save_role
from leancity.core.identity.tables import Credential, ExternalIdentity, OneTimeKey, SignInCode, UserAccount
from leancity.core.identity.totp import begin_totp, confirm_totp, remove_totp
from leancity.core.identity.units import UnitCard, add_unit
from leancity.core.testing.city import USER_PASSWORD
from tests.security.actors import Actor, key_of, one, registered, signed_in
from tests.security.making import Arguments, Deed, always, fresh, on_case
from tests.security.process_analytics import ANALYTICS
from tests.security.process_figures import FIGURES
from tests.security.process_owner_reports import OWNER_REPORTS
from tests.security.process_practices import PRACTICE_DEEDS
from tests.security.process_registry import REGISTRY
from tests.security.process_running import RUNNING
from tests.security.process_versions import PROCESS_DEEDS
from tests.security.process_work import WORK
from tests.security.reports import REPORTS, is_closed, is_in_work, is_sent_to_parks, is_sorted, on_report
from tests.security.world import AREA, CATEGORY, POINT, World, own_filter, own_identity, own_token


async def offered(world: World, case: uuid.UUID) -> Arguments:
    offer = await hand_over(case, world.units["parks"])
    return {"handoverId": str(offer.id)}


async def offered_case(world: World, case: uuid.UUID) -> Arguments:
    await hand_over(case, world.units["parks"])
    return {"caseId": str(case)}


async def in_bulk(_: World, case: uuid.UUID) -> Arguments:
    return {"ids": [str(case)]}


async def related(world: World, case: uuid.UUID) -> Arguments:
    return {"relationId": str((await relate(case, world.id("other"), "related")).id)}


async def paused(_: World, case: uuid.UUID) -> Arguments:
    await pause(case, "rain")
    return {"caseId": str(case)}


async def term_of(_: World, case: uuid.UUID) -> Arguments:
    return {"termId": str((await one(CaseTerm, CaseTerm.case_id == case)).id)}


async def invited(world: World, unit: str = "roads") -> uuid.UUID:
    """Make an account of the staff, of a unit."""
    login = fresh("person")
    return await invite_person(login, "Пётр Иванов", f"{login}@example.org", world.units[unit])


def on_person(
    prepare: Callable[[uuid.UUID], Awaitable[object]] | None = None, *, key: str = "userId", **more: Any
) -> Deed:
    """Return a deed on a new person of the roads unit."""

    async def make(world: World, _: Actor) -> Arguments:
        person = await invited(world)
        if prepare is not None:
            await prepare(person)
        return {key: str(person), **more}

    return Deed(make=make)


async def published(_: World, __: Actor) -> Arguments:
    await publish("2026-02")
    return {"month": "2026-02"}


async def own_name(_world: World, _: Actor) -> Arguments:
    """Give the city a name of its own, of something that nobody reads here."""
    key = "city_problems.report/outcome/duplicate"
    await change("core.names", key, {"ru": fresh("x")})
    return {"collection": "core.names", "key": key}


async def own_change(world: World, actor: Actor) -> Arguments:
    """Make a change that can be undone."""
    named = await own_name(world, actor)
    (row,) = await history(named["collection"], named["key"], limit=1)
    return {"changeId": str(row.id)}


async def with_totp(user_id: uuid.UUID) -> list[str]:
    """Switch an account's second factor on and return its recovery codes."""
    return await confirm_totp(user_id, await enrolling(user_id))


async def enrolling(user_id: uuid.UUID) -> str:
    """Begin to enrol an account anew and return the app's first code."""
    await remove_totp(user_id)
    return TOTP((await begin_totp(await one(UserAccount, UserAccount.id == user_id))).secret).now()


async def administrator_there(world: World, _: Actor) -> Arguments:
    person = await invited(world)
    await grant_role(NewGrant(user_id=person, role="core.administrator"))
    return {"userId": str(person), "email": f"{fresh('x')}@example.org"}


async def grant(world: World, _: Actor) -> Arguments:
    given = await grant_role(NewGrant(user_id=await invited(world), role="nothing"))
    return {"grantId": str(given.id)}


async def empty_role(_: World, __: Actor) -> Arguments:
    return {"key": (await save_role(fresh("role"), "Role", [])).key}


async def access_asked(_: World, __: Actor) -> Arguments:
    return {"id": str((await ask_access("ivan", "an error", 1)).id), "isGranted": True}


async def access_granted(_: World, __: Actor) -> Arguments:
    access = await ask_access("ivan", "an error", 1)
    await decide_access(access.id, is_granted=True)
    return {"id": str(access.id)}


async def new_unit(_: World, __: Actor) -> Arguments:
    unit = await add_unit(UnitCard(key=fresh("unit"), title="Unit"))
    return {"id": str(unit.id), "input": {"key": unit.key, "title": "Another title"}}


async def invitation(world: World, _: Actor) -> Arguments:
    return {"key": await key_of(await invited(world)), "password": "a new and long one"}


async def reset(world: World, _: Actor) -> Arguments:
    person = await invited(world)
    async with tenant_tx(write=True):
        await OneTimeKey.delete().where(OneTimeKey.user_id == person)
    await send_link("password_reset", person)
    return {"key": await key_of(person), "password": "a new and long one"}


async def registration(_: World, __: Actor) -> Arguments:
    return {"key": await registered(f"{fresh('x')}@example.org"), "password": USER_PASSWORD}


async def code_sent(_: World, __: Actor) -> Arguments:
    """Ask for a code as a new resident does, and read it as they do in the letter."""
    address = f"{fresh('x')}@example.org"
    await request_code(address)
    return {"address": address, "code": code_of((await one(SignInCode, SignInCode.key == key_of_code(address))).id)}


async def my_filter(_: World, actor: Actor) -> Arguments:
    return {"filterId": str(await own_filter(actor))}


async def my_filter_renamed(world: World, actor: Actor) -> Arguments:
    return {**await my_filter(world, actor), "name": fresh("filter")}


async def my_token(_: World, actor: Actor) -> Arguments:
    if not actor.has_account:
        return {"id": str(uuid.uuid4())}
    await own_token(actor)
    mine = (Credential.user_id == actor.user_id) & (Credential.title == "own")
    return {"id": str((await one(Credential, mine)).id)}


async def my_session(world: World, actor: Actor) -> Arguments:
    if not actor.has_account:
        return {"id": str(uuid.uuid4())}
    another = await signed_in(world.city, actor.name, actor.user_id)
    return {"id": str(another.principal and another.principal.session_id)}


async def my_identity(world: World, actor: Actor) -> Arguments:
    if not actor.has_account:
        return {"id": str(uuid.uuid4())}
    await own_identity(world, actor)
    return {"id": str((await one(ExternalIdentity, ExternalIdentity.user_id == actor.user_id)).id)}


async def beginning(_: World, actor: Actor) -> Arguments:
    await remove_totp(actor.user_id)
    return {"password": USER_PASSWORD}


async def my_code(_: World, actor: Actor) -> Arguments:
    return {"code": await enrolling(actor.user_id) if actor.has_account else "000000"}


async def my_totp(_: World, actor: Actor) -> Arguments:
    code = (await with_totp(actor.user_id))[0] if actor.has_account else "x"
    return {"password": USER_PASSWORD, "code": code}


async def password(_: World, actor: Actor) -> Arguments:
    await remove_totp(actor.user_id)
    return {"current": USER_PASSWORD, "new": USER_PASSWORD}


DEEDS: dict[str, Deed] = {
    **REPORTS,
    **WORK,
    **PROCESS_DEEDS,
    **PRACTICE_DEEDS,
    **REGISTRY,
    **RUNNING,
    **FIGURES,
    **ANALYTICS,
    **OWNER_REPORTS,
    "caseAssign": on_case(userId=lambda world: world.ids["clerk"]),
    "caseAttach": on_case(fileId=lambda world: str(world.photo.id), claim=lambda world: world.photo.claim),
    "caseBulkAssign": on_case(in_bulk, userId=lambda world: world.ids["clerk"]),
    "caseBulkHandOver": on_case(in_bulk, receiverId=lambda world: world.ids["parks"]),
    "caseBulkMove": on_case(in_bulk, transition="sort"),
    "caseComment": on_case(body="x"),
    "caseExtend": on_case(term_of, reason="x", amount=1, unit="WORKING_DAYS"),
    "caseFilterDelete": Deed(make=my_filter, is_own=True),
    "caseFilterRename": Deed(make=my_filter_renamed, is_own=True),
    "caseFilterSave": always(lambda _: {"name": fresh("filter"), "filter": {}}),
    "caseHandOver": on_case(receiverId=lambda world: world.ids["parks"]),
    "caseHandOverAccept": on_case(offered),
    "caseHandOverReturn": on_case(offered, reason="x"),
    "caseHandOverWithdraw": on_case(offered),
    "caseMove": on_case(transition="sort"),
    "caseMove (offered to the parks)": on_case(offered_case, transition="sort"),
    "casePause": on_case(reason="x"),
    "caseRelate": on_case(otherId=lambda world: world.ids["case"], kind="RELATED"),
    "caseRelate (to one of the parks)": on_case(otherId=lambda world: world.ids["parks_case"], kind="RELATED"),
    "caseResume": on_case(paused),
    "caseUnrelate": on_case(related),
    "cityProblemsClose": on_report(is_in_work, outcome="not_fixed"),
    "cityProblemsModerate": on_report(text="x", isShown=False),
    "cityProblemsPhotoVisibility": on_report(fileId=lambda world: str(world.photo.id), isPublic=False),
    "cityProblemsRefuse": on_report(outcome="not_ours", note="x"),
    "cityProblemsReopen": on_report(is_closed, note="x"),
    "cityProblemsReport": always(
        lambda _: {"input": {"point": {"lat": POINT[0], "lon": POINT[1]}, "category": CATEGORY, "text": "x"}}
    ),
    "cityProblemsSend": on_report(is_sorted, unitId=lambda world: world.ids["parks"]),
    "cityProblemsSendBack": on_report(is_sent_to_parks, reason="x"),
    "cityProblemsSort": on_report(),
    "cityProblemsTake": on_report(is_sent_to_parks),
    "cityProblemsTryRoute": always(lambda _: {"input": {"draft": {"unit": "roads"}, "limit": 10}}),
    "customChange": always(lambda _: {"collection": "core.branding", "key": "", "values": {"tagline": fresh("x")}}),
    "customReset": Deed(make=own_name),
    "customUndo": Deed(make=own_change),
    "emailConfirm": Deed(make=registration),
    "externalIdentityUnlink": Deed(make=my_identity, is_own=True),
    "figuresPublish": always(lambda _: {"month": "2026-01"}),
    "figuresWithdraw": Deed(make=published),
    "fileUploadBegin": always(lambda _: {"name": "hole.jpg", "size": 1000}),
    "invitationAccept": Deed(make=invitation),
    "notificationPreferencesChange": always(
        lambda _: {"modes": [{"key": "core.closed", "channel": "EMAIL", "mode": "AT_ONCE"}]}
    ),
    "notificationRuleAdd": always(
        lambda _: {"input": {"title": "x", "event": "closed", "audience": "unit_head", "channels": ["INAPP"]}}
    ),
    "notificationRuleChange": always(lambda _: {"key": "core.closed", "isOn": True}),
    "notificationRuleReset": always(lambda _: {"key": "core.closed"}),
    "notificationsRead": always(lambda world: {"ids": [world.ids["case"]]}),
    "operatorAccessDecide": Deed(make=access_asked),
    "operatorAccessEnd": Deed(make=access_granted),
    "profileChange": always(lambda _: {"phone": "+7 924 000-00-00"}),
    "passwordChange": Deed(make=password, is_own=True, ends_session=True),
    "passwordReset": Deed(make=reset),
    "passwordResetRequest": always(lambda _: {"loginOrEmail": fresh("nobody")}),
    "personActivate": on_person(deactivate_person),
    "personChange": on_person(name="Another name"),
    "personChange (of an administrator)": Deed(make=administrator_there),
    "personDeactivate": on_person(),
    "personErase": on_person(key="personId", reason="No. 2"),
    "personInvite": always(
        lambda world: {
            "login": fresh("guest"),
            "name": "Guest",
            "email": f"{fresh('guest')}@example.org",
            "unitId": world.ids["roads"],
        }
    ),
    "personTotpReset": on_person(with_totp),
    "residentRegister": always(
        lambda _: {"email": f"{fresh('x')}@example.org", "name": "Anna", "password": USER_PASSWORD}
    ),
    "roleDelete": Deed(make=empty_role),
    "roleGrant": on_person(role="nothing"),
    "roleRevoke": Deed(make=grant),
    "roleSave": always(lambda _: {"key": fresh("role"), "title": "Role", "permissions": []}),
    "sessionClose": Deed(make=my_session, is_own=True),
    "sessionsCloseOthers": Deed(make=my_session, is_own=True),
    "settingsChange": always(lambda _: {"changes": {"cityProblems": {"mostPhotos": 6}}}),
    "settingsChange (core)": always(lambda _: {"changes": {"core": {"isTotpRequired": False}}}),
    "signIn": Deed(
        make=always(lambda world: {"login": world.ids["colleague_login"], "password": USER_PASSWORD}).make,
        ends_session=True,
    ),
    "signInByCode": Deed(make=code_sent, ends_session=True),
    "signInCodeRequest": always(lambda _: {"address": f"{fresh('x')}@example.org"}),
    "signOut": Deed(make=always(lambda _: {}).make, ends_session=True),
    "territorySave": always(lambda _: {"key": "centre", "title": "Centre", "area": AREA}),
    "tokenCreate": always(lambda _: {"title": "x", "days": 1, "permissions": []}),
    "tokenRevoke": Deed(make=my_token, is_own=True),
    "totpBegin": Deed(make=beginning, is_own=True),
    "totpConfirm": Deed(make=my_code, is_own=True),
    "totpDisable": Deed(make=my_totp, is_own=True),
    "unitAdd": always(lambda _: {"input": {"key": fresh("unit"), "title": "Unit"}}),
    "unitChange": Deed(make=new_unit),
    "workDayClear": always(lambda _: {"day": "2026-12-30"}),
    "workDaySet": always(lambda _: {"day": "2026-12-30", "kind": "HOLIDAY", "reason": "x"}),
    "workHoursSet": always(lambda _: {"weekly": ["09:00-13:00 14:00-18:00"] * 5 + ["", ""]}),
}
"""A mutation may stand here more than once, told apart by words in brackets: each is a row of the file."""
