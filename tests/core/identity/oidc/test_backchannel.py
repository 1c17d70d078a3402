"""Signing out at the issuer's word."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.core.identity.oidc.browser import KEY, Browser
from tests.core.identity.oidc.conftest import Place
from tests.core.identity.oidc.issuer import make_key, over, sign

EVENTS: dict[str, dict[str, Any]] = {"http://schemas.openid.net/event/backchannel-logout": {}}


async def tell(place: Place, key: Any = None, **claims: Any) -> int:
    base = place.issuer.base_claims(events=EVENTS, jti="1", name=None, email=None, email_verified=None)
    token = sign(over(base, claims), key or place.issuer.key, "RS256", typ="logout+jwt")
    answer = await place.city.request("POST", f"/auth/{KEY}/backchannel-logout", data={"logout_token": token})
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code


async def test_every_session_of_the_account_is_closed_and_no_others(place: Place) -> None:
    await place.browser.sign_in()
    await Browser(place.city).sign_in()
    place.issuer.claims = {"sub": "subject-2", "email": "boris@example.org"}
    other = Browser(place.city)
    await other.sign_in()
    assert len(await place.sessions()) == 3
    assert await tell(place) == 200
    assert len(await place.sessions()) == 1
    assert (await other.viewer())["isSignedIn"] and not (await place.browser.viewer())["isSignedIn"]
    assert await tell(place) == 200, "again, and there is nothing to close"
    assert await tell(place, sub="nobody") == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"events": None},
        {"events": {"other": {}}},
        {"events": []},
        {"nonce": "x"},
        {"iss": "https://elsewhere.example"},
        {"aud": "others"},
        {"iat": int(time.time()) - 3600},
        {"iat": None},
        {"jti": None},
        {"sub": None, "sid": "1"},
    ],
)
async def test_what_is_no_logout_token_of_ours_and_of_now(place: Place, claims: dict[str, Any]) -> None:
    await place.browser.sign_in()
    assert await tell(place, **claims) == 400
    assert len(await place.sessions()) == 1


async def test_what_the_issuer_has_not_signed(place: Place) -> None:
    await place.browser.sign_in()
    assert await tell(place, make_key("unknown")) == 400
    for body in ({}, {"logout_token": "a.b.c"}, {"logout_token": ""}):
        answer = await place.city.request("POST", f"/auth/{KEY}/backchannel-logout", data=body)
        assert answer.status_code == 400
    assert len(await place.sessions()) == 1
