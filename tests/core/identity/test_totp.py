"""The second factor: switching it on and off, codes that come once, recovery."""

from __future__ import annotations

from typing import Any

from pyotp import TOTP

from leancity.core.moment import now
from leancity.core.testing.city import USER_PASSWORD, City, TestUser
from tests.core.identity.browser import Browser, codes

BEGIN = "mutation ($password: String!) { totpBegin(password: $password) { errors { field code } secret uri } }"
CONFIRM = "mutation ($code: String!) { totpConfirm(code: $code) { errors { field code } recoveryCodes } }"
DISABLE = """mutation ($password: String!, $code: String!) {
  totpDisable(password: $password, code: $code) { errors { field code } } }"""
RESET = "mutation ($id: UUID!) { personTotpReset(userId: $id) { errors { field code } } }"
VIEWER = "{ viewer { hasTotp mustEnrolTotp permissions } }"


def code_of(secret: str, step: int = 0) -> str:
    return TOTP(secret).at(now(), counter_offset=step)


async def enrolled(browser: Browser, user: TestUser) -> tuple[str, list[str]]:
    """Sign in, switch the second factor on, return its secret and the recovery codes. Uses the code of now."""
    assert codes(await browser.sign_in(user.login)) == []
    secret = (await browser.do(BEGIN, password=USER_PASSWORD))["secret"]
    confirmed = await browser.do(CONFIRM, code=code_of(secret))
    assert confirmed["errors"] == []
    return secret, confirmed["recoveryCodes"]


async def test_from_beginning_to_end(city: City) -> None:
    user, browser = await city.user(), Browser(city)
    await browser.sign_in(user.login)
    assert (await browser.do(BEGIN, password="wrong"))["errors"] == [{"field": "password", "code": "password_wrong"}]
    begun = await browser.do(BEGIN, password=USER_PASSWORD)
    assert begun["uri"].startswith(f"otpauth://totp/{city.tenant.slug}:{user.login}?secret={begun['secret']}")
    assert (await browser.do(VIEWER))["hasTotp"] is False, "begun is not on"
    assert codes(await Browser(city).sign_in(user.login)) == []
    assert (await browser.do(CONFIRM, code="000000x"))["errors"] == [{"field": "code", "code": "totp_wrong"}]
    recovery = (await browser.do(CONFIRM, code=code_of(begun["secret"])))["recoveryCodes"]
    assert len(set(recovery)) == 10
    assert (await browser.do(VIEWER))["hasTotp"] is True
    assert codes(await browser.do(BEGIN, password=USER_PASSWORD)) == ["totp_on"]
    assert codes(await browser.do(CONFIRM, code=code_of(begun["secret"]))) == ["totp_not_begun"]

    fresh = Browser(city)
    assert (await fresh.sign_in(user.login))["errors"][0]["code"] == "totp_required"
    assert fresh.cookie == "", "the right password alone opens nothing"
    assert codes(await fresh.sign_in(user.login, "wrong guess")) == ["sign_in_failed"], "no code is asked for before"
    assert codes(await fresh.sign_in(user.login, code=code_of(begun["secret"], 1))) == []

    assert codes(await browser.do(DISABLE, password=USER_PASSWORD, code="123456")) == ["totp_wrong"]
    assert codes(await browser.do(DISABLE, password="wrong", code=recovery[0])) == ["password_wrong"]
    assert codes(await browser.do(DISABLE, password=USER_PASSWORD, code=recovery[0])) == []
    assert codes(await Browser(city).sign_in(user.login)) == []
    stored = await city.rows("select totp_secret from user_account where tenant_id = $1 and id = $2", user.id)
    assert stored[0]["totp_secret"] == ""
    assert await city.rows("select 1 from recovery_code where tenant_id = $1 and user_id = $2", user.id) == []


async def test_a_code_is_taken_once_and_only_about_now(city: City) -> None:
    user, browser = await city.user(), Browser(city)
    secret, _ = await enrolled(browser, user)
    fresh = Browser(city)
    assert codes(await fresh.sign_in(user.login, code=code_of(secret, -1))) == ["totp_wrong"], (
        "older than the one taken"
    )
    assert codes(await fresh.sign_in(user.login, code=code_of(secret, 3))) == ["totp_wrong"]
    code = code_of(secret, 1)
    assert codes(await fresh.sign_in(user.login, code=f" {code[:3]} {code[3:]}")) == []
    assert codes(await fresh.sign_in(user.login, code=code)) == ["totp_wrong"], "seen over somebody's shoulder"
    assert codes(await fresh.sign_in(user.login, code=code_of(secret, -1))) == ["totp_wrong"], "nor an older one"


async def test_a_recovery_code_works_once(city: City) -> None:
    user, browser = await city.user(), Browser(city)
    _, recovery = await enrolled(browser, user)
    fresh = Browser(city)
    assert codes(await fresh.sign_in(user.login, code=recovery[3].replace("-", "").upper())) == []
    assert codes(await fresh.sign_in(user.login, code=recovery[3])) == ["totp_wrong"]
    assert codes(await fresh.sign_in(user.login, code=recovery[4])) == []
    kept = await city.rows("select key from recovery_code where tenant_id = $1 and user_id = $2", user.id)
    assert not {row["key"] for row in kept} & set(recovery)


async def test_guessed_codes_lock_and_the_right_password_does_not_help(city: City) -> None:
    user, browser = await city.user(), Browser(city)
    await enrolled(browser, user)
    fresh, answers = Browser(city), []
    for number in range(12):
        answers += codes(await fresh.sign_in(user.login, code=f"{number:06}"))
        answers += codes(await fresh.sign_in(user.login))
    assert answers.count("totp_wrong") == 10
    assert answers[-1] == "sign_in_locked"


async def test_an_administrator_takes_a_lost_factor_off(city: City, another_city: City) -> None:
    user, chief, clerk = await city.user(), await city.user("core.person.change"), await city.user()
    await enrolled(Browser(city), user)

    async def reset(who: TestUser, of: TestUser) -> Any:
        return await city.graphql(RESET, {"id": str(of.id)}, as_=who)

    assert (await reset(await city.signed_in(clerk), user))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await reset(chief, user))["errors"][0]["extensions"]["code"] == "FORBIDDEN", "a token may not"
    session = await city.signed_in(chief)
    stranger = await another_city.user()
    assert codes((await reset(session, stranger))["data"]["personTotpReset"]) == ["not_found"]
    assert codes((await reset(session, chief))["data"]["personTotpReset"]) == ["account_own"]
    assert codes((await reset(session, clerk))["data"]["personTotpReset"]) == ["totp_not_begun"]
    assert codes((await reset(session, user))["data"]["personTotpReset"]) == []
    assert codes(await Browser(city).sign_in(user.login)) == []
    recorded = await city.rows(
        "select actor_id from audit_event where tenant_id = $1 and action = 'core.totp.reset' and subject_id = $2",
        user.id,
    )
    assert [row["actor_id"] for row in recorded] == [chief.id]


async def test_where_the_city_asks_for_it_nothing_is_permitted_without(city: City) -> None:
    chief = await city.user("core.settings.change", "core.unit.read")
    browser = Browser(city)
    await browser.sign_in(chief.login)
    change = "mutation { settingsChange(changes: {core: {isTotpRequired: true}}) { errors { code } } }"
    assert codes(await browser.do(change)) == []
    assert await browser.do(VIEWER) == {"hasTotp": False, "mustEnrolTotp": True, "permissions": []}
    assert (await city.graphql("{ units { key } }", as_=chief))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    secret = (await browser.do(BEGIN, password=USER_PASSWORD))["secret"]
    assert codes(await browser.do(CONFIRM, code=code_of(secret))) == []
    viewer = await browser.do(VIEWER)
    assert viewer["permissions"] == ["core.settings.change", "core.unit.read"] and viewer["mustEnrolTotp"] is False
