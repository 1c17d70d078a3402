"""Invitations, forgotten passwords, residents' own accounts: links that open one thing, once, for a time."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from leancity.core.errors import Refused
from leancity.core.http.client import Client, asked_by
from leancity.core.identity.recovery import request_password_reset
from leancity.core.identity.residents import register_resident
from leancity.core.identity.units import create_unit
from leancity.core.testing.city import USER_PASSWORD, City
from leancity.core.testing.mailbox import Mailbox
from tests.core.identity.browser import Browser, codes

INVITE = """mutation ($login: String!, $name: String!, $email: String!, $unitId: UUID) {
  personInvite(login: $login, name: $name, email: $email, unitId: $unitId) { errors { field code } userId } }"""
ACCEPT = """mutation ($key: String!, $password: String!) {
  invitationAccept(key: $key, password: $password) { errors { field code } login } }"""
FORGOTTEN = "mutation ($who: String!) { passwordResetRequest(loginOrEmail: $who) { errors { field code } } }"
RESET = """mutation ($key: String!, $password: String!) {
  passwordReset(key: $key, password: $password) { errors { field code } } }"""
REGISTER = """mutation ($email: String!, $name: String!, $password: String!) {
  residentRegister(email: $email, name: $name, password: $password) { errors { field code } } }"""
CONFIRM = """mutation ($key: String!, $password: String!) {
  emailConfirm(key: $key, password: $password) { errors { field code } } }"""
NEW = "a better horse"


def address() -> str:
    return f"somebody-{secrets.token_hex(4)}@example.org"


async def invite(city: City, **more: Any) -> Any:
    chief = await city.user("core.person.change")
    wish = {"login": "Ivanova", "name": "Ирина Иванова", "email": "Ivanova@example.org", **more}
    return (await city.graphql(INVITE, wish, as_=chief))["data"]["personInvite"]


async def register(city: City, email: str, password: str = USER_PASSWORD) -> Any:
    return await Browser(city).do(REGISTER, email=email, name="Пётр", password=password)


async def test_an_invitation(city: City, mailbox: Mailbox) -> None:
    async with city.serving():
        unit = await create_unit("roads", "Дороги")
    invited = await invite(city, unitId=str(unit))
    assert invited["errors"] == []
    browser = Browser(city)
    assert codes(await browser.sign_in("ivanova", "")) == ["sign_in_failed"], "there is no password yet"
    await city.run_jobs()
    (letter,) = mailbox.to("ivanova@example.org")
    assert letter["Subject"] == f"{city.tenant.title}: приглашение"
    key = mailbox.key("ivanova@example.org")
    assert f"https://{city.host}/account/invitation#{key}" in letter.get_content()
    assert (await browser.do(ACCEPT, key=key, password="short"))["errors"][0]["code"] == "password_too_short"
    assert (await browser.do(ACCEPT, key=key, password="ivanova@example.org"))["errors"][0]["code"] == (
        "password_is_name"
    )
    assert await browser.do(ACCEPT, key=key, password=NEW) == {"errors": [], "login": "ivanova"}
    assert codes(await browser.sign_in("ivanova", NEW)) == []
    assert codes(await browser.do(ACCEPT, key=key, password=NEW)) == ["link_invalid"], "once"
    assert codes(await browser.do(RESET, key=key, password=NEW)) == ["link_invalid"], "nor for anything else"


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"login": " "}, "login", "required"),
        ({"login": "x" * 101}, "login", "too_long"),
        ({"login": "pending:1"}, "login", "login_taken"),
        ({"name": ""}, "name", "required"),
        ({"email": "x@example.org\r\nBcc: y@example.org"}, "email", "email_invalid"),
        ({"email": "x@example.org, y@example.org"}, "email", "email_invalid"),
        ({"unitId": "00000000-0000-0000-0000-000000000000"}, "unitId", "not_found"),
    ],
)
async def test_an_invitation_that_does_not_fit(city: City, given: dict[str, Any], field: str, code: str) -> None:
    assert (await invite(city, **given))["errors"] == [{"field": field, "code": code}]
    assert await city.rows("select 1 from job where tenant_id = $1 and name = 'core.send_mail'") == []


async def test_a_login_that_is_taken_and_a_unit_out_of_reach(city: City) -> None:
    user = await city.user()
    assert codes(await invite(city, login=user.login)) == ["login_taken"]
    async with city.serving():
        ours, theirs = await create_unit("roads", "Дороги"), await create_unit("parks", "Парки")
    head = await city.user("core.person.change@unit", unit_id=ours)
    wish = {"login": "new", "name": "x", "email": "x@example.org"}
    refused = await city.graphql(INVITE, {**wish, "unitId": str(theirs)}, as_=head)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    nowhere = await city.graphql(INVITE, wish, as_=head)
    assert nowhere["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert codes((await city.graphql(INVITE, {**wish, "unitId": str(ours)}, as_=head))["data"]["personInvite"]) == []
    far = await city.user(unit_id=theirs)
    query = f'mutation {{ personDeactivate(userId: "{far.id}") {{ errors {{ code }} }} }}'
    assert (await city.graphql(query, as_=head))["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_a_forgotten_password(city: City, mailbox: Mailbox) -> None:
    user, browser, stolen = await city.user(), Browser(city), Browser(city)
    email = f"{user.login}@example.org"
    await stolen.sign_in(user.login)
    for who in ("nobody", "nobody@example.org", user.login.upper(), f" {email} "):
        assert await browser.do(FORGOTTEN, who=who) == {"errors": []}, "the answer never tells"
    await city.run_jobs()
    letters = mailbox.to(email)
    assert len(letters) == 1, "of two links the older opens nothing, so it is not sent"
    key = mailbox.key(email)
    assert codes(await browser.do(RESET, key="x" * 64, password=NEW)) == ["link_invalid"]
    assert codes(await browser.do(RESET, key=key, password=NEW)) == []
    assert codes(await browser.do(RESET, key=key, password="another horse")) == ["link_invalid"]
    assert await stolen.is_signed_in() is False
    assert codes(await browser.sign_in(user.login)) == ["sign_in_failed"]
    assert codes(await browser.sign_in(user.login, NEW)) == []
    assert (await city.data("{ viewer { isSignedIn } }", as_=user))["viewer"]["isSignedIn"] is True, "tokens stay"


async def test_a_link_grows_old_and_ends_with_the_account(city: City, mailbox: Mailbox) -> None:
    user, browser = await city.user(), Browser(city)
    email = f"{user.login}@example.org"
    await browser.do(FORGOTTEN, who=user.login)
    await city.run_jobs()
    key = mailbox.key(email)
    await city.rows("update one_time_key set expires_at = now() where tenant_id = $1 returning 1")
    assert codes(await browser.do(RESET, key=key, password=NEW)) == ["link_invalid"]
    await browser.do(FORGOTTEN, who=user.login)
    await city.run_jobs()
    chief = await city.user("core.person.change")
    query = f'mutation {{ person%s(userId: "{user.id}") {{ errors {{ code }} }} }}'
    assert codes((await city.data(query % "Deactivate", as_=chief))["personDeactivate"]) == []
    assert codes(await browser.do(RESET, key=mailbox.key(email), password=NEW)) == ["link_invalid"]
    assert (await city.request("GET", "/graphql", as_=user)).status_code == 401, "and so is every token"
    assert codes(await browser.sign_in(user.login)) == ["sign_in_failed"]
    assert codes((await city.data(query % "Activate", as_=chief))["personActivate"]) == []
    assert codes(await browser.sign_in(user.login)) == []
    assert codes(
        (await city.data(query.replace(str(user.id), str(chief.id)) % "Deactivate", as_=chief))["personDeactivate"]
    ) == ["account_own"]


async def test_at_most_three_letters_an_hour_and_twenty_wishes_an_address(city: City) -> None:
    user, browser = await city.user(), Browser(city)
    for _ in range(6):
        assert await browser.do(FORGOTTEN, who=user.login) == {"errors": []}
    jobs = await city.rows("select 1 from job where tenant_id = $1 and name = 'core.send_mail'")
    assert len(jobs) == 3
    for number in range(14):
        assert await browser.do(FORGOTTEN, who=f"nobody {number}") == {"errors": []}
    assert codes(await browser.do(FORGOTTEN, who="one more")) == ["too_many_requests"]
    async with city.serving(as_stranger=True):
        with asked_by(Client(address="192.0.2.77")):
            await request_password_reset("one more")


async def test_a_resident_opens_an_account_and_confirms_it(city: City, mailbox: Mailbox) -> None:
    email, browser = address(), Browser(city)
    assert await register(city, f" {email.upper()} ") == {"errors": []}
    assert codes(await browser.sign_in(email)) == ["sign_in_failed"], "not before it is confirmed"
    await city.run_jobs()
    key = mailbox.key(email)
    assert codes(await browser.do(CONFIRM, key=key, password="not it at all")) == ["password_wrong"]
    assert codes(await browser.do(CONFIRM, key=key, password=USER_PASSWORD)) == []
    assert codes(await browser.do(CONFIRM, key=key, password=USER_PASSWORD)) == ["link_invalid"]
    assert codes(await browser.sign_in(email)) == []
    assert await browser.do("{ viewer { isResident permissions } }") == {"isResident": True, "permissions": []}

    assert await register(city, email) == {"errors": []}, "the same answer"
    await city.run_jobs()
    assert "уже есть" in mailbox.to(email)[-1].get_content() or "already" in mailbox.to(email)[-1].get_content()


async def test_a_stranger_can_not_register_somebodys_address_for_themselves(city: City, mailbox: Mailbox) -> None:
    email, browser = address(), Browser(city)
    await register(city, email, "the stranger's own")
    await city.run_jobs()
    strangers = mailbox.key(email)
    await register(city, email, "the owner's own")
    await city.run_jobs()
    owners = mailbox.key(email)
    assert codes(await browser.do(CONFIRM, key=strangers, password="the owner's own")) == ["password_wrong"]
    assert codes(await browser.do(CONFIRM, key=owners, password="the owner's own")) == []
    assert codes(await browser.do(CONFIRM, key=strangers, password="the stranger's own")) == ["link_invalid"]
    assert codes(await browser.sign_in(email, "the stranger's own")) == ["sign_in_failed"]
    assert codes(await browser.sign_in(email, "the owner's own")) == []


async def test_a_resident_has_nothing_of_the_staffs_whatever_they_were_granted(city: City) -> None:
    user = await city.user("core.person.change", "core.unit.read")
    await city.rows("update user_account set kind = 'resident' where tenant_id = $1 and id = $2 returning 1", user.id)
    assert (await city.data("{ viewer { permissions } }", as_=user))["viewer"]["permissions"] == []


async def test_the_unconfirmed_are_forgotten(city: City, mailbox: Mailbox) -> None:
    email = address()
    await register(city, email)
    await city.rows("update user_account set created_at = now() - interval '8 days' where tenant_id = $1 returning 1")
    await register(city, address())
    assert await city.rows("select 1 from user_account where tenant_id = $1 and email = $2", email) == []


async def test_a_city_may_close_registration(city: City) -> None:
    chief = await city.user("core.settings.change")
    change = """mutation { settingsChange(changes: {core: {residentsMayRegister: false}}) {
      errors { code } } }"""
    await city.data(change, as_=chief)
    assert codes(await register(city, address())) == ["registration_closed"]


async def test_without_a_mail_server_what_needs_one_is_refused(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SMTP_URL")
    async with city.serving(as_stranger=True):
        with pytest.raises(Refused, match="mail_unconfigured"):
            await request_password_reset("nobody")
        with pytest.raises(Refused, match="mail_unconfigured"):
            await register_resident(address(), "Пётр", USER_PASSWORD)
