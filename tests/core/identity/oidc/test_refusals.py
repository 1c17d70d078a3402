"""What an issuer, or somebody who poses as one, can send us: refused, recorded, and nobody is signed in."""

from __future__ import annotations

import asyncio
import json
import time
from base64 import urlsafe_b64encode
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import OctKey, RSAKey

from leancity.core.testing.plain import NO_TLS
from tests.core.identity.oidc.browser import Browser, parameters, with_parameters
from tests.core.identity.oidc.conftest import Place, provide
from tests.core.identity.oidc.issuer import CLIENT, SECRET, Issuer, make_key, sign

INVALID, UNAVAILABLE, MISCONFIGURED = (
    "oidc_token_invalid",
    "oidc_provider_unavailable",
    "oidc_provider_misconfigured",
)

CLAIMS: list[tuple[str, dict[str, Any]]] = [
    ("another nonce", {"nonce": "another"}),
    ("a nonce that is no text", {"nonce": ["another"]}),
    ("no nonce", {"nonce": None}),
    ("another issuer", {"iss": "https://elsewhere.example"}),
    ("no issuer", {"iss": None}),
    ("for somebody else", {"aud": "others"}),
    ("for nobody", {"aud": None}),
    ("for several, by nobody", {"aud": [CLIENT, "others"]}),
    ("for us, by somebody else", {"azp": "others"}),
    ("over", {"exp": int(time.time()) - 120}),
    ("without an end", {"exp": None}),
    ("with an end that is no number", {"exp": "tomorrow"}),
    ("not yet made", {"iat": int(time.time()) + 3600}),
    ("made nobody knows when", {"iat": None}),
    ("not yet valid", {"nbf": int(time.time()) + 3600}),
    ("of another access token", {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    ("of nobody", {"sub": None}),
    ("of an empty name", {"sub": " "}),
    ("of a number", {"sub": 1}),
    ("of what can't be kept", {"sub": "a\0b"}),
    ("of a name too long", {"sub": "x" * 256}),
]


@pytest.mark.parametrize("claims", [claims for _, claims in CLAIMS], ids=[name for name, _ in CLAIMS])
async def test_an_id_token_that_is_not_ours_and_of_now(place: Place, claims: dict[str, Any]) -> None:
    place.issuer.claims = claims
    assert await place.refusal() == INVALID
    assert await place.identities() == []


def _unsigned(claims: dict[str, Any]) -> str:
    return f"{_text({'alg': 'none'})}.{_text(claims)}."


def _by_the_public_key(claims: dict[str, Any]) -> str:
    key = make_key("first")
    assert isinstance(key, RSAKey)
    secret = OctKey.import_key(urlsafe_b64encode(key.as_pem(private=False)).decode())
    header = {"alg": "HS256", "kid": key.kid}
    return jws.serialize_compact(header, _json(claims), secret, algorithms=["HS256"])


def _changed(claims: dict[str, Any]) -> str:
    header, _, signature = sign(claims, make_key("first"), "RS256").split(".")
    return f"{header}.{_text({**claims, 'sub': 'another'})}.{signature}"


def _without_a_known_key(claims: dict[str, Any]) -> str:
    return sign(claims, make_key("unknown"), "RS256")


def _by_another_key(claims: dict[str, Any]) -> str:
    return sign(claims, make_key("unknown"), "RS256", kid=make_key("first").kid)


def _with_a_key_in_its_header(claims: dict[str, Any]) -> str:
    key = make_key("unknown")
    return sign(claims, key, "RS256", kid=make_key("first").kid, jwk=key.as_dict(private=False))


def _critical(claims: dict[str, Any]) -> str:
    key = make_key("first")
    assert isinstance(key, RSAKey) and key.private_key is not None
    header = {"alg": "RS256", "kid": key.kid, "crit": ["x"], "x": 1}
    text = f"{_text(header)}.{_text(claims)}"
    signature = key.private_key.sign(text.encode(), PKCS1v15(), SHA256())
    return f"{text}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _text(value: Any) -> str:
    return urlsafe_b64encode(_json(value)).decode().rstrip("=")


@pytest.mark.parametrize(
    "signed",
    [
        _unsigned,
        _by_the_public_key,
        _changed,
        _without_a_known_key,
        _by_another_key,
        _with_a_key_in_its_header,
        _critical,
        lambda claims: "a.b.c",
        lambda claims: "W10.W10.W10",
        lambda claims: "x" * 200_000,
        lambda claims: 5,
        lambda claims: None,
    ],
)
async def test_an_id_token_that_the_issuer_has_not_signed(place: Place, signed: Any) -> None:
    place.issuer.tokens_signed_by = signed
    assert await place.refusal() == INVALID


async def test_a_signature_that_the_provider_is_not_set_up_for(place: Place) -> None:
    place.issuer.alg = "RS512"
    assert await place.refusal() == INVALID


async def test_keys_that_have_changed_are_fetched_anew_and_not_too_often(place: Place) -> None:
    issuer = place.issuer
    assert (await place.browser.sign_in()).status_code == 303
    assert (await Browser(place.city).sign_in()).status_code == 303
    assert issuer.counts["GET jwks"] == 1, "they are kept"
    issuer.key = make_key("second")
    issuer.published = [issuer.key]
    assert (await Browser(place.city).sign_in()).status_code == 303
    assert issuer.counts["GET jwks"] == 2
    issuer.key = make_key("unknown")  # and it is not published
    for _ in range(3):
        answer = await Browser(place.city).sign_in()
        assert answer.json()["code"] == INVALID
    assert issuer.counts["GET jwks"] == 2, "an invented kid does not make us ask again and again"


async def test_a_set_without_the_key(place: Place) -> None:
    place.issuer.published = [make_key("second")]
    assert await place.refusal() == INVALID
    place.issuer.published = []
    assert await place.refusal() == INVALID


@pytest.mark.parametrize(
    "error",
    [
        (400, {"error": "invalid_grant"}),
        (200, {"error": "server_error"}),
        (500, {"error": "x"}),
        (302, {}),
        (200, []),
        (200, b"<html>"),
        (200, b" " * 300_000 + b"{}"),
        (200, b"[" * 200_000),
    ],
    ids=str,
)
async def test_a_token_endpoint_that_fails(place: Place, error: tuple[int, Any]) -> None:
    place.issuer.token_error = error
    assert await place.refusal() in {UNAVAILABLE, INVALID}


@pytest.mark.parametrize("token", [{"access_token": None}, {"id_token": None}, {"access_token": "ы"}])
async def test_an_answer_without_a_token(place: Place, token: dict[str, Any]) -> None:
    place.issuer.token = token
    assert await place.refusal() in {UNAVAILABLE, INVALID}


@pytest.mark.parametrize(
    ("metadata", "code"),
    [
        ({"issuer": "https://elsewhere.example"}, MISCONFIGURED),
        ({"code_challenge_methods_supported": ["plain"]}, MISCONFIGURED),
        ({"code_challenge_methods_supported": []}, MISCONFIGURED),
        ({"token_endpoint": "http://192.0.2.1/token"}, MISCONFIGURED),
        ({"jwks_uri": "file:///etc/passwd"}, MISCONFIGURED),
        ({"token_endpoint": None}, UNAVAILABLE),
        ({"jwks_uri": 1}, UNAVAILABLE),
    ],
)
async def test_metadata_that_is_not_trusted(place: Place, metadata: dict[str, Any], code: str) -> None:
    place.issuer.metadata = metadata
    answer = await place.browser.get("/auth/sso/start")
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert "location" not in answer.headers and place.browser.cookies == {}


@pytest.mark.parametrize(
    "well_known",
    [
        (404, {}, {}),
        (302, {"Location": "/elsewhere"}, {}),
        (200, {}, b"<html>"),
        (200, {}, b" " * 300_000 + b"{}"),
        (200, {"Content-Encoding": "gzip"}, b"x"),
    ],
    ids=str,
)
async def test_metadata_that_does_not_come(place: Place, well_known: tuple[int, dict[str, str], Any]) -> None:
    place.issuer.well_known = well_known
    answer = await place.browser.get("/auth/sso/start")
    assert answer.json()["code"] == UNAVAILABLE
    assert place.issuer.counts["GET elsewhere"] == 0
    place.issuer.well_known = None
    assert (await place.browser.sign_in()).status_code == 303, "a failure is not kept"


async def test_an_issuer_that_lists_no_challenges_is_sent_one_all_the_same(place: Place) -> None:
    place.issuer.metadata = {"code_challenge_methods_supported": None}
    assert (await place.browser.sign_in()).status_code == 303


async def test_the_issuer_itself_refuses_who_goes_without_a_challenge(place: Place) -> None:
    address = await place.browser.out()
    async with httpx.AsyncClient(verify=NO_TLS) as client:
        for name in ("code_challenge", "code_challenge_method"):
            assert (await client.get(with_parameters(address, **{name: None}))).status_code == 400
        other = with_parameters(address, redirect_uri=f"https://{place.city.host}/auth/sso/callback/")
        assert (await client.get(other)).status_code == 400


async def test_a_code_is_taken_once_and_with_its_verifier_only(place: Place) -> None:
    assert (await place.browser.sign_in()).status_code == 303
    (form,) = place.issuer.forms
    stolen = await place.browser.there(await place.browser.out())
    async with httpx.AsyncClient(auth=(CLIENT, SECRET), verify=NO_TLS) as client:
        replayed = await client.post(f"{place.issuer.url}/token", data=form)
        without = await client.post(f"{place.issuer.url}/token", data={**form, "code": _code_of(stolen)})
    assert (replayed.status_code, without.status_code) == (400, 400)
    another = Browser(place.city)
    back = await another.there(await another.out())
    answer = await another.get(with_parameters(back, code=form["code"]))
    assert answer.json()["code"] == UNAVAILABLE and another.session == ""


def _code_of(back: str) -> str:
    return parameters(back)["code"]


async def test_a_client_that_the_issuer_does_not_know(place: Place) -> None:
    issuer = Issuer()
    with issuer.running():
        await provide(place.city, issuer, key="other", client_secret="wrong", creates="resident")
        issuer.redirect_uri = f"https://{place.city.host}/auth/other/callback"
        answer = await place.browser.sign_in(key="other")
    assert answer.json()["code"] == UNAVAILABLE and place.browser.session == ""


async def test_refusals_are_recorded(place: Place) -> None:
    place.issuer.claims = {"nonce": "another"}
    assert await place.refusal() == INVALID
    query = "select action, subject from audit_event where tenant_id = $1 and outcome = 'refused'"
    rows = await place.city.rows(query)
    for _ in range(100):  # they are written once a second
        if rows:
            break
        await asyncio.sleep(0.1)
        rows = await place.city.rows(query)
    assert [tuple(row) for row in rows] == [("core.oidc.refused", "identity_provider")]


async def test_a_refusal_is_told_in_the_readers_language(place: Place) -> None:
    place.issuer.claims = {"nonce": "another"}
    for locale, begins in (("ru", "Ответу сервиса входа"), ("en", "The provider's answer")):
        answer = await place.browser.get(
            await place.browser.there(await place.browser.out()), **{"Accept-Language": locale}
        )
        assert answer.json()["title"].startswith(begins)
