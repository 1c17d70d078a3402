"""An issuer of our own on loopback: it checks what a good one checks, and can be told to go wrong."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

CLIENT, SECRET = "leancity", "a client's secret"


@cache
def make_key(name: str, kind: str = "RSA") -> Key:
    """Return a key that is called ``name``, made once in a run: RSA keys take their time."""
    parameters: Any = {"kid": f"{name}-{secrets.token_hex(4)}"}
    if kind == "EC":
        return ECKey.generate_key("P-256", parameters)
    if kind == "OKP":
        return OKPKey.generate_key("Ed25519", parameters)
    return RSAKey.generate_key(2048, parameters)


def half_hash(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).rstrip(b"=").decode()


def sign(claims: dict[str, Any], key: Key, alg: str, **header: Any) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)  # "EdDSA" has a newer name
        registry = JWSRegistry(algorithms=[alg], strict_check_header=False)
        return jwt.encode(over({"alg": alg, "kid": key.kid}, header), claims, key, registry=registry)


class Server:
    """An HTTP server in a thread; a subclass answers."""

    def __init__(self) -> None:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                self._answer(parse_qs(body, keep_blank_values=True, strict_parsing=bool(body)))

            def _answer(self, form: dict[str, list[str]]) -> None:
                parts = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                fields = {name: values[0] for name, values in form.items()}
                outer.counts[f"{self.command} {parts.path.rpartition('/')[2]}"] += 1
                status, headers, answer = outer.answer(
                    f"{self.command} {parts.path}", query, fields, dict(self.headers.items())
                )
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.counts: Counter[str] = Counter()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # The web process remembers issuers: a port that is used again is another issuer by its path.
        self.place = f"/{secrets.token_hex(4)}"
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{self.place}"

    def answer(
        self, asked: str, query: dict[str, str], form: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], Any]:
        raise NotImplementedError

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            thread.join()
            self._server.server_close()


class Issuer(Server):
    """OpenID Connect. ``claims``, ``metadata`` and ``answered`` overlay what it says (None takes away)."""

    def __init__(self) -> None:
        super().__init__()
        self.redirect_uri = ""
        self.key, self.alg = make_key("first"), "RS256"
        self.published: list[Key] = [self.key]
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.metadata: dict[str, Any] = {}
        self.answered: dict[str, str] = {}
        self.token: dict[str, Any] = {}
        self.token_error: tuple[int, Any] | None = None
        self.tokens_signed_by: Callable[[dict[str, Any]], str] | None = None
        self.well_known: tuple[int, dict[str, str], Any] | None = None
        self.forms: list[dict[str, str]] = []
        self.asked: list[dict[str, str]] = []
        self._codes: dict[str, dict[str, str]] = {}

    def answer(
        self, asked: str, query: dict[str, str], form: dict[str, str], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], Any]:
        match asked.removeprefix("GET ").removeprefix("POST ").removeprefix(self.place):
            case "/.well-known/openid-configuration":
                return self.well_known or (200, {}, over(self._metadata(), self.metadata))
            case "/authorize":
                return self._authorize(query)
            case "/token":
                return self._token(form, headers)
            case "/jwks":
                return 200, {}, {"keys": [key.as_dict(private=False, use="sig") for key in self.published]}
            case "/userinfo":
                return 200, {}, self.userinfo
        return 404, {}, {}

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "end_session_endpoint": f"{self.url}/end",
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "something_else": {"entirely": True},
        }

    def _authorize(self, query: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        self.asked.append(query)
        is_ours = query.get("client_id") == CLIENT and query.get("redirect_uri") == self.redirect_uri
        if not is_ours or query.get("response_type") != "code" or "openid" not in query.get("scope", "").split():
            return 400, {}, {"error": "invalid_request"}
        if not query.get("code_challenge") or query.get("code_challenge_method") != "S256" or not query.get("nonce"):
            return 400, {}, {"error": "invalid_request", "error_description": "no PKCE"}
        code = secrets.token_urlsafe(12)
        self._codes[code] = query
        back = over({"code": code, "state": query["state"]}, self.answered)
        return 302, {"Location": f"{self.redirect_uri}?{urlencode(back)}"}, {}

    def _token(self, form: dict[str, str], headers: dict[str, str]) -> tuple[int, dict[str, str], Any]:
        self.forms.append(form)
        if self.token_error is not None:
            return self.token_error[0], {}, self.token_error[1]
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        if scheme != "Basic" or unquote(base64.b64decode(given).decode()) != f"{CLIENT}:{SECRET}":
            return 401, {}, {"error": "invalid_client"}
        asked = self._codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        is_right = (
            asked is not None
            and form.get("grant_type") == "authorization_code"
            and form.get("redirect_uri") == asked["redirect_uri"]
            and challenge.rstrip(b"=").decode() == asked["code_challenge"]
        )
        if asked is None or not is_right:
            return 400, {}, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        claims = over(self.base_claims(nonce=asked["nonce"], at_hash=half_hash(access)), self.claims)
        signed = self.tokens_signed_by(claims) if self.tokens_signed_by else sign(claims, self.key, self.alg)
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": signed}
        return 200, {}, over(answer, self.token)

    def base_claims(self, **more: Any) -> dict[str, Any]:
        moment = int(time.time())
        return {
            "iss": self.url,
            "sub": "subject-1",
            "aud": CLIENT,
            "iat": moment,
            "exp": moment + 300,
            "name": "Анна Ли",
            "email": "Anna@Example.org",
            "email_verified": True,
            **more,
        }


def over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return ``below`` with ``above`` laid over it; None takes away."""
    return {name: value for name, value in {**below, **above}.items() if value is not None}
