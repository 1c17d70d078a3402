"""A browser as far as signing in needs one: cookies, and following the way out and back."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from leancity.core.testing.city import City
from leancity.core.testing.plain import NO_TLS

VIEWER = "{ viewer { id isSignedIn name } }"
KEY = "sso"


class Browser:
    """Somebody before the city's site."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.cookies: dict[str, str] = {}

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Go to a page of the site; ``locale`` and the like are headers."""
        answer = await self.city.request("GET", path, headers=self._headers(headers))
        self._keep(answer)
        return answer

    async def ask(self, query: str) -> Any:
        """Return what the only root field answers to a page of the site."""
        headers = self._headers({"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"})
        answer = await self.city.request("POST", "/graphql", headers=headers, json={"query": query})
        self._keep(answer)
        body = answer.json()
        assert "errors" not in body, body
        (value,) = body["data"].values()
        return value

    async def viewer(self) -> Any:
        return await self.ask(VIEWER)

    async def out(self, query: str = "", *, key: str = KEY, **headers: str) -> str:
        """Begin a sign-in and return where it leads."""
        answer = await self.get(f"/auth/{key}/start{query}", **headers)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def there(self, address: str) -> str:
        """Sign in at the issuer, who asks nothing; return the way back as a path of the site."""
        async with httpx.AsyncClient(verify=NO_TLS) as client:
            answer = await client.get(address)
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["location"])
        assert f"{parts.scheme}://{parts.netloc}" == f"https://{self.city.host}"
        return f"{parts.path}?{parts.query}"

    async def sign_in(self, query: str = "", *, key: str = KEY, **headers: str) -> httpx.Response:
        """Go the whole way and return the site's last answer."""
        return await self.get(await self.there(await self.out(query, key=key, **headers)))

    @property
    def session(self) -> str:
        return next((value for name, value in self.cookies.items() if name.endswith("leancity_session")), "")

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {**({"Cookie": cookie} if cookie else {}), **more}

    def _keep(self, answer: httpx.Response) -> None:
        for line in answer.headers.get_list("set-cookie"):
            pair, *attributes = line.split("; ")
            name, _, value = pair.partition("=")
            assert {"HttpOnly", "SameSite=Lax", "Path=/", "Secure"} <= set(attributes)
            if "Max-Age=0" in attributes:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value


def with_parameters(path: str, **changed: str | None) -> str:
    """Return an address with other parameters; None takes one away."""
    parts = urlsplit(path)
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    merged = {name: value for name, value in {**given, **changed}.items() if value is not None}
    return parts._replace(query=urlencode(merged)).geturl()


def parameters(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
