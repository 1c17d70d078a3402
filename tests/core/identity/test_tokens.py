"""API tokens: for some of one's permissions, for a time, and never for credentials."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from leancity.core.moment import now
from leancity.core.testing.city import USER_PASSWORD, City, TestUser
from tests.core.identity.browser import Browser, codes
from tests.core.identity.test_totp import code_of, enrolled

CREATE = """mutation ($title: String!, $permissions: [String!], $days: Int!) {
  tokenCreate(title: $title, permissions: $permissions, days: $days) { errors { field code message } token } }"""
MINE = "{ myTokens { id title permissions expiresAt usedAt } }"
REVOKE = "mutation ($id: UUID!) { tokenRevoke(id: $id) { errors { field code } } }"
VIEWER = "{ viewer { isSignedIn permissions } }"


async def made(browser: Browser, **more: Any) -> Any:
    return await browser.do(CREATE, **{"title": "export", "permissions": ["core.unit.read"], "days": 30, **more})


async def with_token(city: City, token: str, query: str = VIEWER) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return (await city.request("POST", "/graphql", headers=headers, json={"query": query})).json()


async def test_made_seen_used_and_revoked(city: City) -> None:
    user, browser = await city.user("core.unit.read", "core.person.read"), Browser(city)
    await browser.sign_in(user.login)
    payload = await made(browser)
    assert payload["errors"] == []
    token = payload["token"]
    seen = (await with_token(city, token))["data"]["viewer"]
    assert seen == {"isSignedIn": True, "permissions": ["core.unit.read"]}
    (mine,) = [each for each in await browser.do(MINE) if each["title"] == "export"]
    assert mine["permissions"] == ["core.unit.read"] and mine["usedAt"] is not None
    assert now().isoformat()[:10] < mine["expiresAt"][:10] <= (now() + timedelta(days=31)).isoformat()[:10]
    assert codes(await browser.do(REVOKE, id=mine["id"])) == []
    assert (await with_token(city, token))["code"] == "not_signed_in"
    assert codes(await browser.do(REVOKE, id=mine["id"])) == ["not_found"]
    other = await city.user()
    for row in await city.rows("select id from credential where tenant_id = $1 and user_id = $2", other.id):
        assert codes(await browser.do(REVOKE, id=str(row["id"]))) == ["not_found"], "another person's"


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"title": " "}, "title", "required"),
        ({"title": "x" * 101}, "title", "too_long"),
        ({"days": 0}, "days", "token_days_invalid"),
        ({"days": 367}, "days", "token_days_invalid"),
        ({"permissions": ["core.unit.read", "core.role.change"]}, "permissions", "permission_not_held"),
        ({"permissions": ["no.such.thing"]}, "permissions", "permission_not_held"),
    ],
)
async def test_what_does_not_fit_is_refused(city: City, given: dict[str, Any], field: str, code: str) -> None:
    user, browser = await city.user("core.unit.read"), Browser(city)
    await browser.sign_in(user.login)
    payload = await made(browser, **given)
    assert [(error["field"], error["code"]) for error in payload["errors"]] == [(field, code)]
    assert payload["token"] is None


async def test_all_are_those_of_today_and_what_is_taken_is_taken_from_the_token(city: City) -> None:
    user, browser = await city.user("core.unit.read", "core.person.read"), Browser(city)
    await browser.sign_in(user.login)
    token = (await made(browser, permissions=None))["token"]
    nothing = (await made(browser, permissions=[]))["token"]
    change = "update role set permissions = $2 where tenant_id = $1 and key = $3 returning 1"
    await city.rows(change, ["core.unit.read", "core.role.change"], f"core.{user.login}")
    assert (await with_token(city, token))["data"]["viewer"]["permissions"] == ["core.unit.read"]
    assert (await with_token(city, nothing))["data"]["viewer"]["permissions"] == []


@pytest.mark.parametrize(
    "query",
    [
        "{ mySessions { id } }",
        "{ myTokens { id } }",
        'mutation { tokenCreate(title: "x", days: 1) { errors { code } } }',
        'mutation { tokenRevoke(id: "ID") { errors { code } } }',
        'mutation { sessionClose(id: "ID") { errors { code } } }',
        "mutation { sessionsCloseOthers { errors { code } } }",
        f'mutation {{ passwordChange(current: "{USER_PASSWORD}", new: "a better horse") {{ errors {{ code }} }} }}',
        f'mutation {{ totpBegin(password: "{USER_PASSWORD}") {{ errors {{ code }} }} }}',
        'mutation { totpConfirm(code: "123456") { errors { code } } }',
        f'mutation {{ totpDisable(password: "{USER_PASSWORD}", code: "123456") {{ errors {{ code }} }} }}',
        'mutation { personTotpReset(userId: "ID") { errors { code } } }',
    ],
)
async def test_a_token_manages_no_credentials(city: City, query: str) -> None:
    user = await city.user("core.person.change")
    answer = await city.graphql(query.replace("ID", str(user.principal.credential_id)), as_=user)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


def command(city: City, user: TestUser, *more: str, **environment: str) -> tuple[int, str, str]:
    """Run ``leancity token create`` and return exit code, output and errors."""
    platform = city.platform
    before = dict(platform.environment)
    platform.environment.update(environment)
    try:
        done = platform.command(
            "token", "create", "--city", city.tenant.slug, "--user", user.login, *more, check=False
        )  # fmt: skip
    finally:
        platform.environment.clear()
        platform.environment.update(before)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


async def test_the_command_asks_for_the_password(city: City) -> None:
    user = await city.user("core.unit.read", "core.person.read")
    code, out, errors = command(city, user)
    assert (code, out) == (1, ""), errors
    code, out, errors = command(city, user, LEANCITY_PASSWORD="wrong")
    assert (code, out, errors) == (1, "", "leancity: password: The login or the password is wrong")
    code, out, _ = command(city, user, "--json", LEANCITY_PASSWORD=USER_PASSWORD)
    assert code == 0
    seen = await with_token(city, json.loads(out)["token"])
    assert seen["data"]["viewer"]["permissions"] == ["core.person.read", "core.unit.read"]
    code, out, _ = command(city, user, "--permission", "core.unit.read", LEANCITY_PASSWORD=USER_PASSWORD)
    assert (await with_token(city, out))["data"]["viewer"]["permissions"] == ["core.unit.read"]
    code, _, errors = command(city, user, "--permission", "core.role.change", LEANCITY_PASSWORD=USER_PASSWORD)
    assert code == 1 and errors.startswith("leancity: permissions: ")
    sessions = await city.rows("select 1 from credential where tenant_id = $1 and kind = 'session'")
    assert sessions == [], "the session that proved it is closed again"


async def test_the_command_asks_for_the_second_factor(city: City) -> None:
    user = await city.user("core.unit.read")
    secret, _ = await enrolled(Browser(city), user)
    code, out, _ = command(city, user, LEANCITY_PASSWORD=USER_PASSWORD)
    assert (code, out) == (1, "")
    code, out, _ = command(city, user, LEANCITY_PASSWORD=USER_PASSWORD, LEANCITY_CODE=code_of(secret, 1))
    assert code == 0 and len(out) > 30
