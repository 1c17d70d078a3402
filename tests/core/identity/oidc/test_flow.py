"""A way back belongs to one browser, one city, one provider and ten minutes, once."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.oidc.addresses import local_path, wrong_address
from leancity.core.identity.tables import OidcFlow
from leancity.core.moment import now
from tests.core.identity.oidc.browser import KEY, Browser, with_parameters
from tests.core.identity.oidc.conftest import MakeCity, Place, provide
from tests.core.identity.oidc.issuer import Issuer

UNKNOWN = "oidc_flow_unknown"


async def refused(browser: Browser, back: str, code: str = UNKNOWN) -> None:
    """Go back by ``back``, which must be refused."""
    before = browser.session
    answer = await browser.get(back)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert browser.session == before


async def test_the_way_back_is_gone_once(place: Place) -> None:
    back = await place.browser.there(await place.browser.out())
    assert (await place.browser.get(back)).status_code == 303
    await refused(place.browser, back)
    assert len(await place.sessions()) == 1 and len(place.issuer.forms) == 1


async def test_it_is_gone_once_though_the_cookie_is_kept(place: Place) -> None:
    back = await place.browser.there(await place.browser.out())
    cookies = dict(place.browser.cookies)
    await place.browser.get(back)
    again = Browser(place.city)
    again.cookies = cookies
    await refused(again, back)


async def test_another_browser_is_refused_and_spoils_it(place: Place) -> None:
    back = await place.browser.there(await place.browser.out())
    await refused(Browser(place.city), back)
    await refused(place.browser, back)
    assert await place.sessions() == [] and place.issuer.forms == []


async def test_a_browser_with_a_sign_in_of_its_own_is_another_one(place: Place) -> None:
    back = await place.browser.there(await place.browser.out())
    other = Browser(place.city)
    await other.out()
    await refused(other, back)


async def test_another_city_does_not_know_it(place: Place, make_city: MakeCity) -> None:
    city = await make_city()
    await provide(city, place.issuer, creates="resident")
    back = await place.browser.there(await place.browser.out())
    other = Browser(city)
    other.cookies = dict(place.browser.cookies)
    await refused(other, back)
    assert (await place.browser.get(back)).status_code == 303, "there it changed nothing"


async def test_another_provider_does_not_take_it(place: Place) -> None:
    issuer = Issuer()
    with issuer.running():
        await provide(place.city, issuer, key="other", creates="resident")
        back = await place.browser.there(await place.browser.out())
        await refused(place.browser, back.replace(f"/{KEY}/", "/other/"))
    assert issuer.counts == {} and place.issuer.forms == []


async def test_after_ten_minutes_it_is_over(place: Place) -> None:
    back = await place.browser.there(await place.browser.out())
    (row,) = await place.city.rows("select expires_at from oidc_flow where tenant_id = $1")
    assert timedelta(minutes=9) < row["expires_at"] - now() <= timedelta(minutes=10)
    async with place.city.serving(), tenant_tx(write=True):
        await OidcFlow.update({OidcFlow.expires_at: now() - timedelta(seconds=1)}, force=True)
    await refused(place.browser, back)


async def test_old_ones_are_swept_out(place: Place) -> None:
    await place.browser.out()
    async with place.city.serving(), tenant_tx(write=True):
        await OidcFlow.update({OidcFlow.expires_at: now() - timedelta(seconds=1)}, force=True)
    await place.browser.out()
    assert len(await place.city.rows("select id from oidc_flow where tenant_id = $1")) == 1


@pytest.mark.parametrize("changed", [{"state": "another"}, {"state": None}, {"code": None}, {"code": "x" * 3000}])
async def test_parts_that_are_missing_or_not_ours(place: Place, changed: dict[str, str | None]) -> None:
    await refused(place.browser, with_parameters(await place.browser.there(await place.browser.out()), **changed))


async def test_a_parameter_that_stands_there_twice(place: Place) -> None:
    back = await place.browser.there(await place.browser.out())
    await refused(place.browser, f"{back}&code=another")
    back = await place.browser.there(await place.browser.out())
    await refused(place.browser, f"{back}&iss={place.issuer.url}&iss=https://elsewhere.example")


async def test_the_answer_of_another_issuer(place: Place) -> None:
    place.issuer.answered = {"iss": "https://elsewhere.example"}
    assert await place.refusal() == UNKNOWN
    assert place.issuer.forms == [], "its code goes nowhere"
    place.issuer.answered = {"iss": place.issuer.url}
    assert (await place.browser.sign_in()).status_code == 303


async def test_an_issuer_that_says_it_always_names_itself_must(place: Place) -> None:
    place.issuer.metadata = {"authorization_response_iss_parameter_supported": True}
    assert await place.refusal() == UNKNOWN


@pytest.mark.parametrize(
    ("error", "code"), [("access_denied", "oidc_cancelled"), ("<script>", "oidc_provider_refused")]
)
async def test_an_error_instead_of_a_code(place: Place, error: str, code: str) -> None:
    back = with_parameters(await place.browser.there(await place.browser.out()), error=error)
    answer = await place.browser.get(back)
    assert answer.json()["code"] == code and error not in answer.text
    await refused(place.browser, with_parameters(back, error=None))


async def test_an_error_without_a_state_says_nothing(place: Place) -> None:
    await refused(place.browser, f"/auth/{KEY}/callback?error=access_denied")


ELSEWHERE = [
    "//evil.test",
    "///evil.test",
    "/\\evil.test",
    "\\\\evil.test",
    "https://evil.test",
    "https:evil.test",
    "javascript:alert(1)",
    "evil.test",
    "/\t/evil.test",
    "/\n/evil.test",
    "/a\r\nSet-Cookie: x=y",
    "\t//evil.test",
    " //evil.test",
    "/a b",
    "/\u2028/evil.test",
    "/\0",
    "",
    "/auth/sso/start",
    "/" + "a" * 2000,
]


@pytest.mark.parametrize("path", ELSEWHERE)
async def test_next_does_not_lead_elsewhere(place: Place, path: str) -> None:
    answer = await place.browser.sign_in(f"?next={quote(path, safe='')}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_next_is_a_path_of_this_site() -> None:
    assert [local_path(path) for path in ELSEWHERE] == ["/"] * len(ELSEWHERE)
    assert local_path("/дела?номер=1#x") == "/%D0%B4%D0%B5%D0%BB%D0%B0?%D0%BD%D0%BE%D0%BC%D0%B5%D1%80=1#x"
    assert local_path("/a%2Fb?c=d&e=//f") == "/a%2Fb?c=d&e=//f"


@pytest.mark.parametrize(
    ("address", "is_good", "is_good_for_loopback"),
    [
        ("https://sso.example.org/realms/city", True, True),
        ("http://sso.example.org", False, False),
        ("http://127.0.0.1:8080/x", False, True),
        ("http://[::1]:8080", False, True),
        ("http://localhost:8080", False, True),
        ("https://localhost", False, True),
        ("http://localhost.evil.test", False, False),
        ("http://127.0.0.1@evil.test", False, False),
        ("https://user@sso.example.org", False, False),
        ("https://sso.example.org/#x", False, False),
        ("https://sso.example.org/ x", False, False),
        ("https://", False, False),
        ("ftp://sso.example.org", False, False),
        ("https://[::1", False, False),
        ("https://sso.example.org:port", False, False),
        ("", False, False),
    ],
)
def test_which_addresses_the_server_speaks_to(address: str, is_good: bool, is_good_for_loopback: bool) -> None:
    assert (not wrong_address(address, may_be_loopback=False)) is is_good
    assert (not wrong_address(address, may_be_loopback=True)) is is_good_for_loopback


@pytest.mark.parametrize("host", ["evil.test", "CITY:99999999", "CITY/x"])
async def test_a_host_that_is_not_the_citys(place: Place, host: str) -> None:
    sent = host.replace("CITY", place.city.host)
    answer = await place.city.request("GET", f"/auth/{KEY}/start", headers={"Host": sent})
    assert answer.status_code in {400, 404}
