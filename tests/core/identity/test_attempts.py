"""Wrong passwords are counted before they are looked at, and lock."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from leancity.core.errors import Refused
from leancity.core.http.client import Client, address_of, asked_by, browser_of, network_of
from leancity.core.identity.attempts import ACCOUNT, ADDRESS, count_attempt
from leancity.core.identity.sessions import sign_in
from leancity.core.testing.city import USER_PASSWORD, City
from tests.core.identity.browser import FIREFOX, Browser, codes

AGE = "update sign_in_attempts set since = since - $2::interval, locked_until = locked_until - $2::interval"


async def guess(browser: Browser, login: str, times: int) -> list[str]:
    return [code for _ in range(times) for code in codes(await browser.sign_in(login, "wrong guess"))]


async def counted(city: City) -> list[int]:
    rows = await city.rows("select failures from sign_in_attempts where tenant_id = $1 order by failures")
    return [row["failures"] for row in rows]


async def test_ten_failures_lock_an_account_for_the_right_password_too(city: City) -> None:
    user, browser = await city.user(), Browser(city)
    assert await guess(browser, user.login, 11) == ["sign_in_failed"] * ACCOUNT.tries + ["sign_in_locked"]
    (error,) = (await browser.sign_in(user.login))["errors"]
    assert (error["field"], error["code"]) == (None, "sign_in_locked")
    assert error["message"] == "Too many failed attempts. Try again in 15 min"
    assert await browser.is_signed_in() is False
    other = await city.user()
    assert codes(await browser.sign_in(other.login)) == [], "another account of the same address is not locked"


async def test_a_login_that_nobody_has_is_locked_alike(city: City) -> None:
    browser = Browser(city)
    assert await guess(browser, "nobody", 11) == ["sign_in_failed"] * ACCOUNT.tries + ["sign_in_locked"]
    assert await guess(browser, " NoBody ", 1) == ["sign_in_locked"], "however it is typed"


async def test_the_lock_ends_and_the_count_begins_anew(city: City) -> None:
    user, browser = await city.user(), Browser(city)
    await guess(browser, user.login, 10)
    await city.rows(f"{AGE} where tenant_id = $1 returning 1", ACCOUNT.within)
    assert await guess(browser, user.login, 1) == ["sign_in_failed"]
    assert await counted(city) == [1, 1]
    assert codes(await browser.sign_in(user.login)) == []


async def test_success_clears_the_account_and_takes_one_from_the_address(city: City) -> None:
    user, browser = await city.user(), Browser(city)
    await guess(browser, user.login, 9)
    await guess(browser, "somebody", 3)
    assert codes(await browser.sign_in(user.login)) == []
    assert await counted(city) == [3, 12], "the address keeps every failure"
    await guess(browser, user.login, 9)
    assert codes(await browser.sign_in(user.login)) == [], "the tenth try is allowed and takes its lock back"


async def test_many_guesses_at_once_are_no_more_than_one_after_another(city: City) -> None:
    user = await city.user()
    answers = await asyncio.gather(*(Browser(city).sign_in(user.login, f"guess {n}") for n in range(40)))
    found = [code for answer in answers for code in codes(answer)]
    assert found.count("sign_in_failed") == ACCOUNT.tries
    assert found.count("sign_in_locked") == 30


async def test_an_address_is_locked_after_fifty_and_locks_no_more_accounts(city: City) -> None:
    """In process: the web process sees one address here."""
    user = await city.user()

    async def tried(address: str, login: str, password: str) -> str:
        with asked_by(Client(address=address)):
            try:
                await sign_in(login, password)
            except Refused as refusal:
                return refusal.problems[0].code
            return "in"

    async with city.serving(as_stranger=True):
        for number in range(ADDRESS.tries):
            with asked_by(Client(address="192.0.2.7")):
                await count_attempt(f"login {number}")
        before = await counted(city)
        assert await tried("192.0.2.7", user.login, USER_PASSWORD) == "sign_in_locked"
        assert await counted(city) == before, "what is refused for the address counts for no account"
        assert await tried("192.0.2.8", user.login, USER_PASSWORD) == "in"
        assert await tried("2001:db8::1", user.login, "wrong guess") == "sign_in_failed"


async def test_the_table_holds_neither_logins_nor_addresses_and_is_cleaned(city: City) -> None:
    user, browser = await city.user(), Browser(city)
    await guess(browser, user.login, 2)
    rows: list[Any] = await city.rows("select key from sign_in_attempts where tenant_id = $1")
    assert all(len(row["key"]) == 64 and user.login not in row["key"] for row in rows)
    await city.rows("update sign_in_attempts set since = since - interval '2 days' where tenant_id = $1 returning 1")
    assert codes(await browser.sign_in(user.login)) == []
    assert len(await city.rows("select 1 from sign_in_attempts where tenant_id = $1")) <= 1


async def test_refusals_are_recorded(city: City) -> None:
    user = await city.user()
    await guess(Browser(city), user.login, 1)
    query = "select outcome, actor_kind from audit_event where tenant_id = $1 and action = 'core.session.open'"
    rows = await city.rows(query)
    for _ in range(50):
        if rows:
            break
        await asyncio.sleep(0.2)
        rows = await city.rows(query)
    assert [tuple(row) for row in rows] == [("refused", "stranger")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("203.0.113.1", "", "203.0.113.1"),
        ("203.0.113.1", "198.51.100.9", "203.0.113.1"),
        ("10.0.0.1", "198.51.100.9", "198.51.100.9"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.9, 10.0.0.2", "198.51.100.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.9:4711", "198.51.100.9"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
    ],
)
def test_the_clients_address_is_the_last_hop_that_is_not_ours(peer: str, forwarded: str, expected: str) -> None:
    assert address_of(peer, forwarded, lambda address: address.startswith("10.")) == expected


def test_addresses_of_one_customer_count_as_one() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"


def test_browsers_in_a_few_words() -> None:
    assert browser_of(FIREFOX) == "Firefox, Linux"
    edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0"
    assert browser_of(edge) == "Edge, Windows"
    assert browser_of("python-httpx/0.28") == "python-httpx"
    assert browser_of("<script>") == ""
