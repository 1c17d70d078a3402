"""ESIA as far as it is known from its open clients, with RSA instead of GOST, on loopback."""

from __future__ import annotations

import base64
import secrets
import time
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import Key, RSAKey

from leancity.core.moment import now
from tests.core.identity.oidc.issuer import Server, make_key, over, sign

ISSUER = "http://esia.gosuslugi.ru/"
SYSTEM = "CITY01"
HASH = "A1" * 32
OID = 1000299353

SIGNER = """
import sys
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
import os
assert "LEANCITY_SECRET_KEY" not in os.environ and "DATABASE_URL" not in os.environ
key = load_pem_private_key(open(sys.argv[1], "rb").read(), None)
sys.stdout.buffer.write(key.sign(sys.stdin.buffer.read(), PKCS1v15(), SHA256()))
"""
"""The operator's signer: a program with a key of its own."""


def system_key() -> RSAKey:
    """Return the key of our system, whose certificate ESIA knows."""
    key = make_key("system")
    assert isinstance(key, RSAKey)
    return key


def esia_key() -> RSAKey:
    """Return the key that ESIA signs id tokens with."""
    key = make_key("esia")
    assert isinstance(key, RSAKey)
    return key


class Gosuslugi(Server):
    """``claims``, ``person`` and ``token`` overlay what it says (None takes away)."""

    def __init__(self) -> None:
        super().__init__()
        self.redirect_uri = ""
        self.key: Key = esia_key()
        self.claims: dict[str, Any] = {}
        self.person: dict[str, Any] = {}
        self.token: dict[str, Any] = {}
        self.contacts: list[dict[str, Any]] = []
        self.refused: list[str] = []
        self._codes: dict[str, str] = {}
        self._access: set[str] = set()
        self._states: set[str] = set()

    def options(self, **more: Any) -> dict[str, Any]:
        """Return what an operator sets up for this ESIA."""
        options = {
            "client_certificate_hash": HASH,
            "public_key": esia_key().as_pem(private=False).decode(),
            "authorize_url": f"{self.url}/v2/ac",
            "token_url": f"{self.url}/v3/te",
            "persons_url": f"{self.url}/prns",
            "logout_url": f"{self.url}/Logout",
        }
        return over(options, more)

    def answer(
        self, asked: str, query: dict[str, str], form: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], Any]:
        match asked.replace(self.place, ""):
            case "GET /v2/ac":
                return self._authorize(query)
            case "POST /v3/te":
                return self._give_token(form)
        if headers.get("Authorization", "").removeprefix("Bearer ") not in self._access:
            return 401, {}, {"code": "ESIA-005010"}
        if asked.endswith(f"/prns/{OID}"):
            person = {"firstName": "Анна", "lastName": "Ли", "middleName": "Петровна", "trusted": True}
            return 200, {}, over(person, self.person)
        if asked.endswith(f"/prns/{OID}/ctts") and query == {"embed": "(elements)"}:
            return 200, {}, {"elements": self.contacts}
        return 404, {}, {}

    def _authorize(self, query: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        wrong = self._wrong(query)
        if query.get("response_type") != "code" or query.get("access_type") != "online":
            wrong = "ESIA-007002"
        if wrong:
            self.refused.append(wrong)
            return 400, {}, {"code": wrong}
        code = secrets.token_urlsafe(12)
        self._codes[code] = query["scope"]
        return 302, {"Location": f"{self.redirect_uri}?{urlencode({'code': code, 'state': query['state']})}"}, {}

    def _give_token(self, form: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        wrong = self._wrong(form, form.get("code", ""))
        if self._codes.pop(form.get("code", ""), None) != form.get("scope"):
            wrong = "ESIA-007004"
        if form.get("grant_type") != "authorization_code" or form.get("token_type") != "Bearer":
            wrong = "ESIA-007014"
        if wrong:
            self.refused.append(wrong)
            return 400, {}, {"error": "invalid_request", "error_description": wrong}
        access, moment = secrets.token_urlsafe(16), int(time.time())
        self._access.add(access)
        claims = {
            "iss": ISSUER,
            "aud": SYSTEM,
            "sub": OID,
            "urn:esia:sbj_id": OID,
            "iat": moment,
            "exp": moment + 300,
            "auth_time": moment,
        }
        signed = sign(over(claims, self.claims), self.key, "RS256", kid=None, sbt="id", ver=1)
        answer = {"access_token": access, "id_token": signed, "state": form["state"], "token_type": "Bearer"}
        return 200, {}, over({**answer, "expires_in": 3600}, self.token)

    def _wrong(self, given: dict[str, str], code: str = "") -> str:
        """Return ESIA's code for what is wrong with a request, "" for nothing; a state is taken once."""
        if given.get("client_id") != SYSTEM or given.get("client_certificate_hash") != HASH:
            return "ESIA-007053"
        if given.get("redirect_uri") != self.redirect_uri or given["state"] in self._states:
            return "ESIA-007015"
        self._states.add(given["state"])
        made = datetime.strptime(given["timestamp"], "%Y.%m.%d %H:%M:%S %z")
        if not given["timestamp"].endswith(" +0300") or abs((now() - made).total_seconds()) > 60:
            return "ESIA-007009"
        text = "".join(given[name] for name in ("client_id", "scope", "timestamp", "state", "redirect_uri")) + code
        padded = given["client_secret"] + "=" * (-len(given["client_secret"]) % 4)
        try:
            system_key().public_key.verify(base64.urlsafe_b64decode(padded), text.encode(), PKCS1v15(), SHA256())
        except InvalidSignature:
            return "ESIA-007005"
        return ""
