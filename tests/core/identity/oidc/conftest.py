"""A city with a provider, and the issuer behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from leancity.core.identity.oidc.providers import NewProvider, add_provider
from leancity.core.testing.city import City
from tests.core.identity.oidc.browser import KEY, Browser
from tests.core.identity.oidc.issuer import CLIENT, SECRET, Issuer

MakeCity = Callable[..., Awaitable[City]]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A city, its provider's issuer, and a browser."""

    city: City
    issuer: Issuer
    browser: Browser

    async def refusal(self, query: str = "") -> str:
        """Go the whole way, which must end in a refusal that signs nobody in; return its code."""
        before = self.browser.session
        answer = await self.browser.sign_in(query)
        assert answer.headers["content-type"].startswith("application/problem+json"), answer.text
        assert answer.status_code in {401, 422}, answer.text
        assert self.browser.session == before
        if not before:
            assert await self.sessions() == []
        return str(answer.json()["code"])

    async def sessions(self) -> list[Any]:
        rows = await self.city.rows("select user_id from credential where tenant_id = $1 and kind = 'session'")
        return [row["user_id"] for row in rows]

    async def identities(self) -> list[tuple[str, Any]]:
        rows = await self.city.rows("select subject, user_id from external_identity where tenant_id = $1")
        return [(row["subject"], row["user_id"]) for row in rows]

    async def actions(self) -> list[str]:
        rows = await self.city.rows("select action from audit_event where tenant_id = $1 and outcome = 'done'")
        return [row["action"] for row in rows]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    with made.running():
        yield made


async def provide(city: City, issuer: Issuer, **more: Any) -> None:
    """Make the provider, as the operator's command does."""
    given: dict[str, Any] = {"key": KEY, "title": "Вход", "client_id": CLIENT, "client_secret": SECRET}
    async with city.serving():
        await add_provider(NewProvider(**{**given, "issuer": issuer.url, **more}))


@pytest_asyncio.fixture
async def place(make_city: MakeCity, issuer: Issuer) -> Place:
    """Residents get an account at their first sign-in."""
    city = await make_city()
    issuer.redirect_uri = f"https://{city.host}/auth/{KEY}/callback"
    await provide(city, issuer, creates="resident")
    return Place(city=city, issuer=issuer, browser=Browser(city))
