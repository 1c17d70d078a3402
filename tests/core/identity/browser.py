"""A browser before the city's page: keeps the session's cookie and says where its requests come from."""

from __future__ import annotations

from collections.abc import Mapping
from http.cookies import SimpleCookie
from typing import Any

import httpx

from leancity.core.http.cookies import session_cookie
from leancity.core.testing.city import USER_PASSWORD, City

COOKIE = session_cookie(secure=True)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0"
SIGN_IN = """mutation ($login: String!, $password: String!, $code: String! = "") {
  signIn(login: $login, password: $password, code: $code) { errors { field code message } viewer { id } } }"""


class Browser:
    """Speaks to one city. ``headers`` replace what it would send by itself, None leaves a header out."""

    def __init__(self, city: City, cookie: str = "") -> None:
        self.city = city
        self.cookie = cookie

    async def post(
        self, query: str, variables: Mapping[str, Any] | None = None, headers: Mapping[str, str | None] | None = None
    ) -> httpx.Response:
        sent: dict[str, str | None] = {
            "User-Agent": FIREFOX,
            "Accept-Language": "en",
            "Origin": f"https://{self.city.host}",
            "Sec-Fetch-Site": "same-origin",
            "Cookie": f"{COOKIE}={self.cookie}" if self.cookie else None,
            **(headers or {}),
        }
        answer = await self.city.request(
            "POST",
            "/graphql",
            headers={name: value for name, value in sent.items() if value is not None},
            json={"query": query, "variables": dict(variables or {})},
        )
        if "set-cookie" in answer.headers:
            self.cookie = SimpleCookie(answer.headers["set-cookie"])[COOKIE].value
        return answer

    async def do(self, query: str, **variables: Any) -> Any:
        """Return what the only root field answers."""
        result = (await self.post(query, variables)).json()
        assert "errors" not in result, result
        (answer,) = result["data"].values()
        return answer

    async def sign_in(self, login: str, password: str = USER_PASSWORD, code: str = "") -> Any:
        return await self.do(SIGN_IN, login=login, password=password, code=code)

    async def is_signed_in(self) -> bool:
        signed_in: bool = (await self.do("{ viewer { isSignedIn } }"))["isSignedIn"]
        return signed_in


def codes(payload: Any) -> list[str]:
    """Return the codes of a payload's errors."""
    return [error["code"] for error in payload["errors"]]
