"""Signing in and out by cookie; the viewer; the organisation."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Any

import httpx

from leancity.core.db.unit import tenant_tx
from leancity.core.http.cookies import session_cookie
from leancity.core.identity.tables import UserAccount
from leancity.core.testing.city import USER_PASSWORD, City, TestUser
from tests.graphql.kernel.conftest import Office

COOKIE = session_cookie(secure=True)
SIGN_IN = """mutation ($login: String!, $password: String!) { signIn(login: $login, password: $password) {
  errors { field code message } viewer { id isSignedIn name unit { key } permissions } } }"""
SIGN_OUT = "mutation { signOut { errors { code } } }"
VIEWER = "{ viewer { isSignedIn name } }"


async def posted(city: City, query: str, *, cookie: str = "", locale: str = "en", **variables: Any) -> httpx.Response:
    headers = {"Accept-Language": locale}
    if cookie:
        headers |= {"Cookie": f"{COOKIE}={cookie}", "Origin": f"https://{city.host}"}
    return await city.request("POST", "/graphql", headers=headers, json={"query": query, "variables": variables})


def cookie_of(answer: httpx.Response) -> Any:
    return SimpleCookie(answer.headers["set-cookie"])[COOKIE]


async def left(office: Office, user: TestUser) -> None:
    async with office.city.serving(), tenant_tx(write=True):
        await UserAccount.update({UserAccount.is_active: False}).where(UserAccount.id == user.id)


async def test_signing_in_sets_a_cookie_that_works_until_signing_out(office: Office) -> None:
    city, user = office.city, office.dispatcher
    answer = await posted(city, SIGN_IN, login=f" {user.login.upper()} ", password=USER_PASSWORD)
    payload = answer.json()["data"]["signIn"]
    assert payload["errors"] == []
    assert payload["viewer"]["id"] == str(user.id)
    assert (payload["viewer"]["isSignedIn"], payload["viewer"]["name"]) == (True, user.principal.name)
    assert payload["viewer"]["unit"] == {"key": "roads"}
    assert payload["viewer"]["permissions"] == sorted(user.principal.permissions)

    cookie = cookie_of(answer)
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", str(12 * 60 * 60))
    assert cookie.value not in answer.text, "the secret is the cookie's alone"
    seen = await posted(city, VIEWER, cookie=cookie.value)
    assert seen.json()["data"]["viewer"] == {"isSignedIn": True, "name": user.principal.name}

    out = await posted(city, SIGN_OUT, cookie=cookie.value)
    assert out.json()["data"]["signOut"] == {"errors": []}
    assert (cookie_of(out).value, cookie_of(out)["max-age"]) == ("", "0")
    after = await posted(city, VIEWER, cookie=cookie.value)
    assert after.json()["data"]["viewer"] == {"isSignedIn": False, "name": ""}
    keys = await city.rows("select kind from credential where tenant_id = $1 and user_id = $2", user.id)
    assert [row["kind"] for row in keys] == ["token"], "the token stays"


async def test_signing_out_closes_one_session_and_no_token(office: Office) -> None:
    user = office.dispatcher
    first, second = [
        cookie_of(await posted(office.city, SIGN_IN, login=user.login, password=USER_PASSWORD)).value for _ in range(2)
    ]
    await posted(office.city, SIGN_OUT, cookie=first)
    assert (await posted(office.city, VIEWER, cookie=second)).json()["data"]["viewer"]["isSignedIn"] is True
    await office.ask(SIGN_OUT)
    assert (await office.ask(VIEWER))["isSignedIn"] is True
    stranger = await posted(office.city, SIGN_OUT, cookie="stale")
    assert cookie_of(stranger)["max-age"] == "0"


async def test_a_wrong_password_and_an_unknown_login_are_answered_alike(office: Office) -> None:
    gone = await office.city.user()
    await left(office, gone)
    tried = [
        (office.dispatcher.login, "wrong"),
        ("nobody", USER_PASSWORD),
        (gone.login, USER_PASSWORD),
        ("", ""),
        ("no\0body", "\0"),
    ]
    answers = []
    for login, password in tried:
        answer = await posted(office.city, SIGN_IN, locale="ru", login=login, password=password)
        assert "set-cookie" not in answer.headers
        answers.append(answer.json())
    error = {"field": "password", "code": "sign_in_failed", "message": "Неверный логин или пароль"}
    assert answers == [{"data": {"signIn": {"errors": [error], "viewer": None}}}] * len(tried)


async def test_another_citys_password_opens_nothing_here(office: Office, another_city: City) -> None:
    answer = await posted(another_city, SIGN_IN, login=office.dispatcher.login, password=USER_PASSWORD)
    assert answer.json()["data"]["signIn"]["errors"][0]["code"] == "sign_in_failed"


async def test_units_and_who_works_there(office: Office) -> None:
    colleague = await office.city.user("core.case.read", unit_id=office.dispatcher.principal.unit_id)
    gone = await office.city.user(unit_id=office.dispatcher.principal.unit_id)
    await left(office, gone)
    units = await office.ask("{ units { id key title parentId users { id } } }")
    assert [(unit["key"], unit["title"]) for unit in units] == [("roads", "Дороги"), ("parks", "Ёлки и парки")]
    assert {user["id"] for user in units[0]["users"]} == {str(colleague.id), str(office.dispatcher.id)}
    unit = await office.ask(f'{{ unit(id: "{office.parks}") {{ key users {{ id name }} }} }}')
    assert unit == {"key": "parks", "users": [{"id": str(office.gardener.id), "name": office.gardener.principal.name}]}


async def test_who_may_not_see_units_does_not(office: Office) -> None:
    for query in (
        "{ units { key } }",
        f'{{ unit(id: "{office.parks}") {{ key }} }}',
        "{ viewer { unit { users { id } } } }",
    ):
        answer = await office.city.graphql(query, as_=office.gardener)
        assert answer["errors"][0]["extensions"] == {"code": "FORBIDDEN", "permission": "core.unit.read"}
