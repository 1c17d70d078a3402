"""Attacks on signing in, through the web's door: guessing, planted and stolen secrets, other sites' pages."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from litestar.datastructures import Headers

from leancity.core.http.csrf import is_cross_site
from leancity.core.testing.city import USER_PASSWORD, City, TestUser
from leancity.core.testing.plain import NO_TLS
from leancity.core.testing.platform import _wait
from tests.core.identity.browser import COOKIE, SIGN_IN, Browser, codes
from tests.core.identity.test_sessions import CHANGE, NEW
from tests.core.identity.test_tokens import REVOKE, made, with_token

VIEWER = "{ viewer { isSignedIn } }"
SIGN_OUT = "mutation { signOut { errors { code } } }"


async def test_thirty_guesses_in_one_operation_are_no_more_than_ten(city: City) -> None:
    user = await city.user()
    guesses = " ".join(
        f'a{n}: signIn(login: "{user.login}", password: "guess {n}") {{ errors {{ code }} }}' for n in range(29)
    )
    right = f'z: signIn(login: "{user.login}", password: "{USER_PASSWORD}") {{ errors {{ code }} }}'
    browser = Browser(city)
    answer = await browser.post(f"mutation {{ {guesses} {right} }}")
    found = [codes(payload) for payload in answer.json()["data"].values()]
    assert found == [["sign_in_failed"]] * 10 + [["sign_in_locked"]] * 20, "the right one among them is not found"
    assert "set-cookie" not in answer.headers


async def test_parallel_operations_of_many_guesses(city: City) -> None:
    user = await city.user()
    guesses = " ".join(
        f'a{n}: signIn(login: "{user.login}", password: "guess {n}") {{ errors {{ code }} }}' for n in range(10)
    )
    query = f"mutation {{ {guesses} }}"
    answers = await asyncio.gather(*(Browser(city).post(query) for _ in range(5)))
    found = [code for answer in answers for payload in answer.json()["data"].values() for code in codes(payload)]
    assert (found.count("sign_in_failed"), found.count("sign_in_locked")) == (10, 40)


async def test_the_lock_tells_nothing_of_who_exists(city: City) -> None:
    user, gone = await city.user(), await city.user()
    chief = await city.user("core.person.change")
    await city.data(f'mutation {{ personDeactivate(userId: "{gone.id}") {{ errors {{ code }} }} }}', as_=chief)
    told = []
    for login in (user.login, gone.login, "nobody"):
        answers = [(await Browser(city).sign_in(login, "wrong guess")) for _ in range(11)]
        told.append(answers)
    assert told[0] == told[1] == told[2]


async def test_a_planted_session_is_not_the_one_that_is_signed_in_to(city: City) -> None:
    attacker, victim = await city.user(), await city.user()
    planted = Browser(city)
    await planted.sign_in(attacker.login)
    before = planted.cookie
    browser = Browser(city, before)
    assert codes(await browser.sign_in(victim.login)) == []
    assert browser.cookie != before, "a fresh secret"
    assert await Browser(city, before).is_signed_in() is False, "and the one that came along is closed"
    made_up = Browser(city, "chosen-by-the-attacker")
    await made_up.sign_in(victim.login)
    assert made_up.cookie != "chosen-by-the-attacker"


async def test_the_cookie_can_be_set_by_no_other_host(city: City) -> None:
    user, browser = await city.user(), Browser(city)
    answer = await browser.post(SIGN_IN, {"login": user.login, "password": USER_PASSWORD})
    line = answer.headers["set-cookie"]
    assert line.startswith("__Host-leancity_session=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(line.split("; ")) and "Domain" not in line
    plain = await browser.post(VIEWER, headers={"Cookie": f"leancity_session={browser.cookie}"})
    assert plain.json()["data"]["viewer"]["isSignedIn"] is False, "a name that a neighbour could set is not read"


FORGED: dict[str, Mapping[str, str | None]] = {
    "another site's page": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "a page of a sister city": {"Sec-Fetch-Site": "same-site", "Origin": None},
    "it says our origin too": {"Sec-Fetch-Site": "cross-site"},
    "an old browser, another origin": {"Sec-Fetch-Site": None, "Origin": "https://evil.example"},
    "a sandboxed frame": {"Sec-Fetch-Site": None, "Origin": "null"},
    "our host as its beginning": {"Sec-Fetch-Site": None, "Origin": "https://HOST.evil.example"},
    "our host with another port": {"Sec-Fetch-Site": None, "Origin": "https://HOST:8443"},
    "our host as its user": {"Sec-Fetch-Site": None, "Origin": "https://HOST@evil.example"},
    "a cookie and no word of where from": {"Sec-Fetch-Site": None, "Origin": None},
    "an authorization that is no token": {"Sec-Fetch-Site": "cross-site", "Authorization": "Basic eDp4"},
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_forged_request_is_refused(city: City, name: str) -> None:
    user, browser = await city.user(), Browser(city)
    await browser.sign_in(user.login)
    headers = {key: value and value.replace("HOST", city.host) for key, value in FORGED[name].items()}
    answer = await browser.post(SIGN_OUT, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
    assert await browser.is_signed_in() is True


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": None},
        {"Sec-Fetch-Site": None, "Origin": "http://HOST"},
        {"Sec-Fetch-Site": None, "Origin": "https://HOST:443"},
        {"Sec-Fetch-Site": None, "Origin": "https://HOST:8000", "Host": "HOST:8000"},
    ],
)
async def test_our_own_page_is_let_through(city: City, headers: dict[str, str | None]) -> None:
    user, browser = await city.user(), Browser(city)
    await browser.sign_in(user.login)
    sent = {key: value and value.replace("HOST", city.host) for key, value in headers.items()}
    answer = await browser.post(SIGN_OUT, headers=sent)
    assert answer.json() == {"data": {"signOut": {"errors": []}}}


async def test_nobody_is_signed_in_by_another_sites_page(city: City) -> None:
    """Login CSRF: there is no cookie yet, and the victim would work in the attacker's account."""
    attacker, browser = await city.user(), Browser(city)
    variables = {"login": attacker.login, "password": USER_PASSWORD}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": None, "Origin": "https://evil.example"}):
        answer = await browser.post(SIGN_IN, variables, headers=headers)
        assert answer.status_code == 403 and "set-cookie" not in answer.headers


async def test_a_form_of_another_site_gets_nowhere(city: City) -> None:
    user, browser = await city.user(), Browser(city)
    await browser.sign_in(user.login)
    cookie = {"Cookie": f"{COOKIE}={browser.cookie}"}
    evil = {**cookie, "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    forged: tuple[tuple[str, dict[str, Any]], ...] = (
        ("/graphql", {"data": {"query": SIGN_OUT}}),
        ("/graphql", {"content": f'{{"query": "{SIGN_OUT}"}}', "headers": {"Content-Type": "text/plain"}}),
        ("/files", {"files": {"file": ("x.jpg", b"x", "image/jpeg")}}),
        ("/nowhere", {"data": {"a": "b"}}),
    )
    for path, sent in forged:
        arguments = {**sent, "headers": {**evil, **sent.get("headers", {})}}
        answer = await city.request("POST", path, **arguments)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site"), path
    assert await browser.is_signed_in() is True


async def test_a_link_from_another_site_still_opens_the_page(city: City) -> None:
    user, browser = await city.user(), Browser(city)
    await browser.sign_in(user.login)
    headers = {"Cookie": f"{COOKIE}={browser.cookie}", "Sec-Fetch-Site": "cross-site"}
    answer = await city.request("GET", "/graphql", headers=headers, params={"query": VIEWER})
    assert answer.json()["data"]["viewer"]["isSignedIn"] is True
    changed = await city.request("GET", "/graphql", headers=headers, params={"query": SIGN_OUT})
    assert changed.status_code == 405 and await browser.is_signed_in() is True, "and it changes nothing"


async def test_a_script_with_a_token_needs_no_origin(city: City) -> None:
    user = await city.user()
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example"}
    answer = await city.request("POST", "/graphql", as_=user, headers=headers, json={"query": VIEWER})
    assert answer.json()["data"]["viewer"]["isSignedIn"] is True


@pytest.mark.parametrize(
    ("headers", "has_cookie", "refused"),
    [
        ({"origin": "https://evil.example"}, True, True),
        ({"origin": "https://evil.example"}, False, True),
        ({"origin": "https://city.test"}, True, False),
        ({}, True, True),
        ({}, False, False),
    ],
)
def test_a_websockets_handshake_is_asked_too(headers: dict[str, str], has_cookie: bool, refused: bool) -> None:
    assert is_cross_site("", Headers(headers), "city.test", has_cookie=has_cookie) is refused


async def test_a_stolen_token_ends_with_its_revocation_and_does_no_more_than_it_was_made_for(
    city: City, another_city: City
) -> None:
    user, browser = await city.user("core.unit.read", "core.person.change"), Browser(city)
    await browser.sign_in(user.login)
    stolen = (await made(browser))["token"]
    assert (await with_token(another_city, stolen))["code"] == "not_signed_in", "in another city"
    victim = await city.user()
    beyond = f'mutation {{ personDeactivate(userId: "{victim.id}") {{ errors {{ code }} }} }}'
    assert (await with_token(city, stolen, beyond))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    longer = 'mutation { tokenCreate(title: "mine", days: 366) { token } }'
    assert (await with_token(city, stolen, longer))["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    for row in await city.rows("select id from credential where tenant_id = $1 and title = 'export'"):
        await browser.do(REVOKE, id=str(row["id"]))
    assert (await with_token(city, stolen))["code"] == "not_signed_in"


async def test_a_stolen_session_ends_with_a_new_password(city: City, another_city: City) -> None:
    user, browser = await city.user(), Browser(city)
    await browser.sign_in(user.login)
    stolen = browser.cookie
    assert await Browser(another_city, stolen).is_signed_in() is False
    assert await Browser(city, stolen).is_signed_in() is True
    await browser.do(CHANGE, current=USER_PASSWORD, new=NEW)
    assert await Browser(city, stolen).is_signed_in() is False
    assert (await with_token(city, stolen))["code"] == "not_signed_in"
    assert await browser.is_signed_in() is True


async def test_a_sign_in_that_was_under_way_does_not_outlive_the_new_password(city: City) -> None:
    """The old password is verified while it is being changed: no session of it may be left."""
    user, browser = await city.user(), Browser(city)
    await browser.sign_in(user.login)
    others = [Browser(city) for _ in range(6)]
    await asyncio.gather(
        browser.do(CHANGE, current=USER_PASSWORD, new=NEW), *(other.sign_in(user.login) for other in others)
    )
    assert [await other.is_signed_in() for other in others] == [False] * 6


@pytest.mark.long
async def test_behind_a_proxy_the_client_counts_and_not_the_proxy(city: City) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {"LEANCITY_PORT": str(port), "TRUSTED_PROXIES": "127.0.0.1/32"}
    users: list[TestUser] = [await city.user() for _ in range(2)]
    with city.platform.process("web", **environment):
        await asyncio.to_thread(_wait, port)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, verify=NO_TLS) as client:

            async def sign_in(address: str, login: str, password: str) -> list[str]:
                headers = {"Host": "inside", "X-Forwarded-Host": city.host, "X-Forwarded-For": address}
                variables = {"login": login, "password": password}
                body = {"query": SIGN_IN, "variables": variables}
                answer = await client.post("/graphql", json=body, headers={**headers, "Origin": f"https://{city.host}"})
                return codes(answer.json()["data"]["signIn"])

            for number in range(50):
                # What the client itself put before the proxy's word counts nothing.
                await sign_in(f"10.9.9.{number}, 198.51.100.1", f"nobody {number}", "wrong guess")
            assert await sign_in("198.51.100.1", users[0].login, USER_PASSWORD) == ["sign_in_locked"]
            assert await sign_in("198.51.100.2", users[0].login, USER_PASSWORD) == []
