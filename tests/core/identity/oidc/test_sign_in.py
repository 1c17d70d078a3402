"""Signing in at an issuer: the way that works, accounts that are made, links."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.http.cookies import session_cookie
from leancity.core.identity.credentials import open_credential
from leancity.core.identity.tables import IdentityProvider, UserAccount
from leancity.core.moment import now
from leancity.core.testing.city import City, TestUser
from tests.core.identity.oidc.browser import KEY, Browser, parameters
from tests.core.identity.oidc.conftest import MakeCity, Place
from tests.core.identity.oidc.issuer import CLIENT, make_key

LINK = {"Sec-Fetch-Site": "same-origin"}
LINKED = "{ externalIdentities { id providerKey providerTitle } }"
UNLINK = 'mutation {{ externalIdentityUnlink(id: "{id}") {{ id errors {{ code }} }} }}'


async def with_password(place: Place) -> tuple[Browser, TestUser]:
    """Return a browser in which somebody with a password has signed in."""
    user, browser = await place.city.user(), Browser(place.city)
    async with place.city.serving():
        secret = await open_credential("session", user_id=user.id, expires_at=now() + timedelta(hours=1))
    browser.cookies[session_cookie(secure=True)] = secret
    return browser, user


async def account(city: City, login: str) -> Any:
    (row,) = await city.rows("select * from user_account where tenant_id = $1 and login = $2", login)
    return row


async def change(city: City, values: dict[Any, Any]) -> None:
    async with city.serving(), tenant_tx(write=True):
        await UserAccount.update(values, force=True)


async def creating(city: City, kind: str) -> None:
    async with city.serving(), tenant_tx(write=True):
        await IdentityProvider.update({IdentityProvider.creates: kind}, force=True)


async def test_a_first_sign_in_makes_an_account_and_the_next_finds_it(place: Place) -> None:
    answer = await place.browser.sign_in("?next=/cases%3Fstate%3Dopen")
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases?state=open")
    assert answer.headers["cache-control"] == "no-store"
    viewer = await place.browser.viewer()
    assert (viewer["isSignedIn"], viewer["name"]) == (True, "Анна Ли")
    made = await account(place.city, "anna@example.org")
    assert (str(made["id"]), made["kind"], made["email"]) == (viewer["id"], "resident", "anna@example.org")
    assert made["password_hash"] == "" and made["created_at"] is not None
    actions = await place.actions()
    assert {"core.user.created", "core.external_identity.linked", "core.session.opened"} <= set(actions)

    another = Browser(place.city)
    place.issuer.claims = {"email": "new@example.org", "name": "Анна Пак"}
    assert (await another.sign_in()).headers["location"] == "/"
    assert (await another.viewer())["id"] == viewer["id"], "it is the subject that counts"
    assert await place.identities() == [("subject-1", made["id"])]


async def test_what_goes_out_is_bound_and_comes_to_nobody_twice(place: Place) -> None:
    asked = parameters(await place.browser.out())
    assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid email profile")
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert asked["redirect_uri"] == f"https://{place.city.host}/auth/{KEY}/callback"
    again = parameters(await place.browser.out())
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) >= 43 and asked[name] != again[name]
    (row, _) = await place.city.rows("select * from oidc_flow where tenant_id = $1")
    kept = " ".join(map(str, row.values()))
    assert asked["state"] not in kept and asked["nonce"] not in kept
    assert not any(value in kept for value in place.browser.cookies.values())


async def test_two_tabs_do_not_end_each_others_sign_in(place: Place) -> None:
    first, second = await place.browser.out(), await place.browser.out()
    for address in (second, first):
        assert (await place.browser.get(await place.browser.there(address))).status_code == 303


@pytest.mark.parametrize(("alg", "kind"), [("PS256", "RSA"), ("ES256", "EC"), ("EdDSA", "OKP")])
async def test_other_signatures_are_taken(place: Place, alg: str, kind: str) -> None:
    place.issuer.key, place.issuer.alg = make_key(alg, kind), alg
    place.issuer.published = [make_key("first"), place.issuer.key]
    place.issuer.claims = {"at_hash": None}
    assert (await place.browser.sign_in()).status_code == 303


async def test_several_audiences_with_us_as_the_authorized_party(place: Place) -> None:
    place.issuer.claims = {"aud": ["others", CLIENT], "azp": CLIENT}
    assert (await place.browser.sign_in()).status_code == 303


async def test_a_clock_may_be_a_little_wrong(place: Place) -> None:
    moment = int(now().timestamp())
    place.issuer.claims = {"iat": moment + 30, "exp": moment - 30}
    assert (await place.browser.sign_in()).status_code == 303


async def test_the_address_may_be_in_the_userinfo_only(place: Place) -> None:
    place.issuer.claims = {"email": None, "email_verified": None}
    place.issuer.userinfo = {"sub": "subject-1", "email": "there@example.org", "email_verified": True}
    assert (await place.browser.sign_in()).status_code == 303
    await account(place.city, "there@example.org")


async def test_userinfo_of_somebody_else_is_not_taken(place: Place) -> None:
    place.issuer.claims = {"email": None, "email_verified": None}
    place.issuer.userinfo = {"sub": "subject-2", "email": "there@example.org", "email_verified": True}
    assert await place.refusal() == "oidc_token_invalid"


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": "true"}, {"email": "no address"}])
async def test_an_address_that_is_not_confirmed_makes_no_account(place: Place, claims: dict[str, Any]) -> None:
    place.issuer.claims = claims
    assert await place.refusal() == "oidc_email_unverified"
    assert await place.identities() == []


async def test_an_account_is_never_taken_over_by_its_address(place: Place) -> None:
    user = await place.city.user()
    await change(place.city, {UserAccount.login: "anna@example.org", UserAccount.email: "anna@example.org"})
    answer = await place.browser.sign_in()
    assert (answer.status_code, answer.json()["code"]) == (422, "oidc_login_taken")
    assert await place.sessions() == [] and await place.identities() == []
    assert user.id == (await account(place.city, "anna@example.org"))["id"]


async def test_without_creating_only_who_is_linked_comes_in(place: Place) -> None:
    await creating(place.city, "")
    assert await place.refusal() == "oidc_account_unknown"
    browser, user = await with_password(place)
    place.issuer.claims = {"email_verified": None, "email": None}
    session = browser.session
    answer = await browser.sign_in("?link=1&next=/profile", **LINK)
    assert (answer.status_code, answer.headers["location"]) == (303, "/profile")
    assert browser.session == session, "linking changes no session"
    assert await place.identities() == [("subject-1", user.id)]
    assert (await browser.sign_in("?link=1", **LINK)).status_code == 303, "it is linked already"
    assert (await place.browser.sign_in()).status_code == 303
    assert (await place.browser.viewer())["id"] == str(user.id)


async def test_staff_is_made_where_the_provider_is_for_staff(place: Place) -> None:
    await creating(place.city, "staff")
    await place.browser.sign_in()
    assert (await account(place.city, "anna@example.org"))["kind"] == "staff"


async def test_what_is_linked_to_another_account_stays_there(place: Place) -> None:
    await place.browser.sign_in()
    linked = await place.identities()
    browser, _ = await with_password(place)
    answer = await browser.sign_in("?link=1", **LINK)
    assert answer.json()["code"] == "oidc_identity_taken"
    assert await place.identities() == linked


async def test_only_a_session_of_ones_own_links_and_only_from_here(place: Place) -> None:
    answer = await place.browser.get(f"/auth/{KEY}/start?link=1", **LINK)
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    token = (await place.city.user()).token
    answer = await Browser(place.city).get(f"/auth/{KEY}/start?link=1", Authorization=f"Bearer {token}", **LINK)
    assert answer.status_code == 403, "a token is no session"
    browser, _ = await with_password(place)
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {}, {"Referer": f"https://{place.city.host}.evil.test/"}):
        answer = await browser.get(f"/auth/{KEY}/start?link=1", **headers)
        assert answer.json()["code"] == "oidc_flow_unknown"
    assert (await browser.get(f"/auth/{KEY}/start?link=1", Referer=f"https://{place.city.host}/me")).status_code == 303


async def test_who_has_signed_out_meanwhile_links_nothing(place: Place) -> None:
    browser, _ = await with_password(place)
    back = await browser.there(await browser.out("?link=1", **LINK))
    await browser.ask("mutation { signOut { errors { code } } }")
    answer = await browser.get(back)
    assert answer.json()["code"] == "oidc_link_signed_out"
    assert await place.identities() == [] and browser.session == ""


@pytest.mark.parametrize("closed", [{UserAccount.is_active: False}, {UserAccount.erased_at: now()}])
async def test_a_closed_account_stays_closed(place: Place, closed: dict[Any, Any]) -> None:
    await place.browser.sign_in()
    await change(place.city, closed)
    browser = Browser(place.city)
    assert (await browser.sign_in()).json()["code"] == "oidc_account_closed"
    assert browser.session == ""


async def test_the_session_before_is_closed(place: Place) -> None:
    browser, user = await with_password(place)
    before = browser.session
    assert await place.sessions() == [user.id]
    await browser.sign_in()
    assert browser.session not in {"", before}
    assert user.id not in await place.sessions() and len(await place.sessions()) == 1


async def test_one_sees_and_unlinks_ones_own(place: Place, make_city: MakeCity) -> None:
    browser, _ = await with_password(place)
    await browser.sign_in("?link=1", **LINK)
    (linked,) = await browser.ask(LINKED)
    assert (linked["providerKey"], linked["providerTitle"]) == (KEY, "Вход")
    elsewhere = Place(city=await make_city(), issuer=place.issuer, browser=place.browser)
    for somebody, _ in (await with_password(place), await with_password(elsewhere)):
        assert await somebody.ask(LINKED) == []
        assert (await somebody.ask(UNLINK.format(id=linked["id"])))["errors"] == [{"code": "not_found"}]
    assert await browser.ask(UNLINK.format(id=linked["id"])) == {"id": linked["id"], "errors": []}
    assert await browser.ask(LINKED) == [] and await place.identities() == []
    assert "core.external_identity.unlinked" in await place.actions()


async def test_the_only_way_in_is_not_unlinked(place: Place) -> None:
    await place.browser.sign_in()
    (linked,) = await place.browser.ask(LINKED)
    answer = await place.browser.ask(UNLINK.format(id=linked["id"]))
    assert answer["errors"] == [{"code": "oidc_last_identity"}]
    assert len(await place.identities()) == 1


async def test_signing_out_goes_on_to_the_issuer(place: Place) -> None:
    await place.browser.sign_in()
    away = await place.browser.get(f"/auth/{KEY}/logout", **{"Sec-Fetch-Site": "cross-site"})
    assert away.status_code == 422 and place.browser.session
    out = await place.browser.get(f"/auth/{KEY}/logout", **LINK)
    assert out.headers["location"].startswith(f"{place.issuer.url}/end?")
    assert parameters(out.headers["location"])["post_logout_redirect_uri"] == f"https://{place.city.host}/"
    assert place.browser.session == "" and await place.sessions() == []


async def test_strangers_see_where_to_sign_in_and_another_city_has_its_own(place: Place, make_city: MakeCity) -> None:
    query = "{ signInProviders { key title startPath } }"
    shown = [{"key": KEY, "title": "Вход", "startPath": f"/auth/{KEY}/start"}]
    assert await place.browser.ask(query) == shown
    another = Browser(await make_city())
    assert await another.ask(query) == []
    assert (await another.get(f"/auth/{KEY}/start")).status_code == 404
