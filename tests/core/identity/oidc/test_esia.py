"""Signing in through Gosuslugi: a web process with a signer, and an ESIA that verifies what it signs."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import pytest_asyncio

from leancity.core.identity.oidc.providers import NewProvider, add_provider
from leancity.core.testing.city import City
from leancity.core.testing.platform import Platform, _free_port, _wait
from tests.core.identity.oidc.browser import Browser, parameters
from tests.core.identity.oidc.conftest import MakeCity
from tests.core.identity.oidc.gosuslugi import HASH, ISSUER, OID, SIGNER, SYSTEM, Gosuslugi, system_key
from tests.core.identity.oidc.issuer import make_key

KEY = "esia"
CONFIRMED = {"type": "EML", "vrfStu": "VERIFIED", "value": "Anna@Example.org"}


@pytest.fixture(scope="module")
def signing(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A web process beside the others', with the setting ESIA_SIGNER."""
    folder = tmp_path_factory.mktemp("signer with a blank")
    script, key = folder / "sign.py", folder / "key.pem"
    script.write_text(SIGNER)
    key.write_bytes(system_key().as_pem(private=True))
    command = shlex.join([sys.executable, str(script), str(key)])
    port = _free_port()
    with platform.process("web", LEANCITY_PORT=str(port), ESIA_SIGNER=command):
        _wait(port)
        yield dataclasses.replace(platform, port=port)


@pytest.fixture
def esia() -> Iterator[Gosuslugi]:
    made = Gosuslugi()
    with made.running():
        yield made


@dataclasses.dataclass(frozen=True, kw_only=True)
class Town:
    """A city whose residents come from Gosuslugi."""

    city: City
    esia: Gosuslugi
    browser: Browser

    async def refusal(self) -> str:
        answer = await self.browser.sign_in(key=KEY)
        assert answer.status_code == 422 and self.browser.session == ""
        assert await self.city.rows("select id from credential where tenant_id = $1") == []
        return str(answer.json()["code"])

    async def accounts(self) -> list[Any]:
        return await self.city.rows("select * from user_account where tenant_id = $1")


async def provide(city: City, esia: Gosuslugi, **options: Any) -> None:
    new = NewProvider(
        key=KEY,
        title="Госуслуги",
        dialect="esia",
        client_id=SYSTEM,
        creates="resident",
        options=esia.options(**options),
    )
    async with city.serving():
        await add_provider(new)


@pytest_asyncio.fixture
async def bare_town(signing: Platform, make_city: MakeCity, esia: Gosuslugi) -> Town:
    city = City(signing, (await make_city()).tenant)
    esia.redirect_uri = f"https://{city.host}/auth/{KEY}/callback"
    return Town(city=city, esia=esia, browser=Browser(city))


@pytest_asyncio.fixture
async def town(bare_town: Town) -> Town:
    await provide(bare_town.city, bare_town.esia)
    return bare_town


async def test_a_person_comes_in_with_name_and_address(town: Town) -> None:
    town.esia.contacts = [{"type": "MBT", "vrfStu": "VERIFIED", "value": "+7"}, CONFIRMED]
    answer = await town.browser.sign_in("?next=/my", key=KEY)
    assert (answer.status_code, answer.headers["location"]) == (303, "/my"), town.esia.refused
    (account,) = await town.accounts()
    assert (account["login"], account["name"], account["kind"]) == ("anna@example.org", "Ли Анна Петровна", "resident")
    (identity,) = await town.city.rows("select * from external_identity where tenant_id = $1")
    assert (identity["subject"], identity["user_id"]) == (str(OID), account["id"])
    again = Browser(town.city)
    assert (await again.sign_in(key=KEY)).status_code == 303
    assert (await again.viewer())["id"] == str(account["id"])
    assert town.esia.refused == []


async def test_a_person_without_a_confirmed_address_is_called_by_the_oid(town: Town) -> None:
    town.esia.contacts = [{**CONFIRMED, "vrfStu": "NOT_VERIFIED"}]
    await town.browser.sign_in(key=KEY)
    (account,) = await town.accounts()
    assert (account["login"], account["email"]) == (f"esia:{OID}", "")


async def test_what_goes_out_is_signed_and_of_the_version_that_runs(town: Town) -> None:
    asked = parameters(await town.browser.out(key=KEY))
    assert asked["client_certificate_hash"] == HASH and asked["scope"] == "openid fullname email"
    assert len(asked["state"]) == 36 and "code_challenge" not in asked
    assert "=" not in asked["client_secret"] and "+" not in asked["client_secret"]
    again = parameters(await town.browser.out(key=KEY))
    assert asked["state"] != again["state"] and asked["client_secret"] != again["client_secret"]


async def test_the_way_back_is_bound_as_everywhere(town: Town) -> None:
    back = await town.browser.there(await town.browser.out(key=KEY))
    assert (await Browser(town.city).get(back)).json()["code"] == "oidc_flow_unknown"
    assert (await town.browser.get(back)).json()["code"] == "oidc_flow_unknown"


async def test_a_simplified_account_is_not_enough(town: Town) -> None:
    town.esia.person = {"trusted": False}
    assert await town.refusal() == "esia_untrusted"
    assert await town.accounts() == []


async def test_a_city_may_take_simplified_accounts(bare_town: Town) -> None:
    await provide(bare_town.city, bare_town.esia, require_trusted=False)
    bare_town.esia.person = {"trusted": False}
    assert (await bare_town.browser.sign_in(key=KEY)).status_code == 303


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://esia.gosuslugi.ru/"},
        {"aud": "OTHER"},
        {"exp": 1},
        {"iat": None},
        {"sub": None, "urn:esia:sbj_id": None},
        {"sub": 1000299354},
        {"sub": "../../x", "urn:esia:sbj_id": None},
    ],
)
async def test_an_id_token_that_is_not_ours(town: Town, claims: dict[str, Any]) -> None:
    town.esia.claims = claims
    assert await town.refusal() == "oidc_token_invalid"


async def test_an_id_token_that_esia_has_not_signed(town: Town) -> None:
    town.esia.key = make_key("unknown")
    assert await town.refusal() == "oidc_token_invalid"


@pytest.mark.parametrize("token", [{"state": "another"}, {"state": None}, {"id_token": None}, {"access_token": None}])
async def test_a_token_answer_that_is_not_to_our_question(town: Town, token: dict[str, Any]) -> None:
    town.esia.token = token
    assert await town.refusal() == "oidc_token_invalid"


async def test_an_access_token_that_opens_nothing(town: Town) -> None:
    town.esia.token = {"access_token": "another"}
    assert await town.refusal() == "oidc_provider_unavailable"


async def test_without_the_key_to_verify_nobody_is_sent_out(bare_town: Town) -> None:
    await provide(bare_town.city, bare_town.esia, public_key=None)
    answer = await bare_town.browser.get(f"/auth/{KEY}/start")
    assert (answer.status_code, answer.json()["code"]) == (422, "esia_key_missing")


async def test_without_a_signer_nobody_is_sent_out(town: Town, platform: Platform) -> None:
    answer = await Browser(City(platform, town.city.tenant)).get(f"/auth/{KEY}/start")
    assert (answer.status_code, answer.json()["code"]) == (422, "esia_signer_failed")


async def test_signing_out_goes_on_to_gosuslugi(town: Town) -> None:
    await town.browser.sign_in(key=KEY)
    out = await town.browser.get(f"/auth/{KEY}/logout", **{"Sec-Fetch-Site": "same-origin"})
    wanted = {"client_id": SYSTEM, "redirect_url": f"https://{town.city.host}/"}
    assert out.headers["location"].startswith(f"{town.esia.url}/Logout?")
    assert parameters(out.headers["location"]) == wanted and town.browser.session == ""


async def test_the_real_addresses_stand_where_none_are_given(town: Town) -> None:
    rows = await town.city.rows("select issuer, options from identity_provider where tenant_id = $1")
    assert rows[0]["issuer"] == ISSUER
