"""A city of one test: its accounts, its API over HTTP, its services in process, its jobs."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
import httpx

from leancity.core.audit import desk
from leancity.core.db.unit import tenant_tx
from leancity.core.identity.credentials import open_credential
from leancity.core.identity.principal import Principal, acting_as, stranger, system
from leancity.core.identity.rights import principal_of
from leancity.core.identity.secrets import hash_password
from leancity.core.identity.service import add_user
from leancity.core.identity.tables import RoleRow
from leancity.core.jobs.run import run_job
from leancity.core.moment import now
from leancity.core.plugins.manager import installed_modules
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.tenancy.limits import TenantKind
from leancity.core.tenancy.lookup import tenant_by_id
from leancity.core.tenancy.service import NewCity, create_city, leave, subscribe
from leancity.core.tenancy.tables import Due
from leancity.core.testing.plain import NO_TLS
from leancity.core.testing.platform import Platform

if TYPE_CHECKING:
    from leancity.core.testing.socket import Socket

_TICKS = "select id from job where tenant_id = $1 and name = 'core.schedule' and state = 'waiting'"
USER_PASSWORD = "correct horse"  # noqa: S105

_hashed: list[str] = []


async def _user_hash() -> str:
    """Return the hash of ``USER_PASSWORD``, made once: it is what production makes, at its price, for all accounts."""
    if not _hashed:
        _hashed.append(await hash_password(USER_PASSWORD))
    return _hashed[0]


@dataclass(frozen=True, kw_only=True)
class TestUser:
    """An account with a token. ``principal`` is how services see it."""

    __test__ = False

    login: str
    token: str
    principal: Principal

    @property
    def id(self) -> uuid.UUID:
        if self.principal.user_id is None:
            raise AssertionError("an account has an id")
        return self.principal.user_id


class City:
    """A fresh city. Requests go over HTTP to the web process; ``serving`` is for calling services in the test."""

    def __init__(self, platform: Platform, tenant: Tenant) -> None:
        self.platform = platform
        self.tenant = tenant
        self.host = f"{tenant.slug}.test"

    async def user(self, *permissions: str, roles: Iterable[str] = (), unit_id: uuid.UUID | None = None) -> TestUser:
        """Make an account with just these permissions, or with roles."""
        login = f"user-{secrets.token_hex(4)}"
        async with self.serving():
            keys = list(roles)
            if permissions:
                key = f"core.{login}"
                async with tenant_tx(write=True):
                    await RoleRow(key=key, title=key, permissions=list(permissions)).save()
                keys.append(key)
            user_id = await add_user(
                login, f"Name of {login}", await _user_hash(), keys, unit_id, email=f"{login}@example.org"
            )
            expires_at = now() + timedelta(hours=1)
            token = await open_credential("token", user_id=user_id, expires_at=expires_at, title="test")
        return await self._as(login, token)

    async def signed_in(self, user: TestUser) -> TestUser:
        """Open a session of an account, for what no token may do. Its secret is sent as a token is, not as a cookie."""
        async with self.serving():
            expires_at = now() + timedelta(hours=1)
            secret = await open_credential("session", user_id=user.id, expires_at=expires_at, title="test")
        return await self._as(user.login, secret)

    async def again(self, user: TestUser) -> TestUser:
        """Read anew what an account may do, after roles or units were changed."""
        return await self._as(user.login, user.token)

    async def _as(self, login: str, secret: str) -> TestUser:
        async with self.serving():
            principal = await principal_of(secret)
        if principal is None:
            raise AssertionError("the secret opens nothing")
        return TestUser(login=login, token=secret, principal=principal)

    @asynccontextmanager
    async def serving(self, as_: TestUser | None = None, *, as_stranger: bool = False) -> AsyncIterator[Tenant]:
        """Enter the city as the platform itself, as an account, or as a stranger."""
        await self.refresh()
        principal = as_.principal if as_ else system(self.tenant.locale)
        with enter(self.tenant), acting_as(stranger(self.tenant.locale) if as_stranger else principal):
            try:
                async with desk.passage():
                    yield self.tenant
            finally:
                await desk.flush()  # what was refused; a web process does it in the background

    async def refresh(self) -> None:
        """Read the city's modules and state anew."""
        self.tenant = await tenant_by_id(self.tenant.id) or self.tenant

    async def subscribe(self, *modules: str) -> None:
        self.tenant = await subscribe(installed_modules(), self.tenant.slug, modules)

    async def leave(self, *modules: str) -> None:
        self.tenant = await leave(installed_modules(), self.tenant.slug, modules)

    async def request(
        self, method: str, path: str, *, as_: TestUser | None = None, headers: dict[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """Ask the web process for something of this city."""
        sent = {"Host": self.host, **(headers or {})}
        if as_ is not None:
            sent["Authorization"] = f"Bearer {as_.token}"
        address = f"http://127.0.0.1:{self.platform.port}"
        async with httpx.AsyncClient(base_url=address, timeout=30, verify=NO_TLS) as client:
            return await client.request(method, path, headers=sent, **more)

    async def graphql(
        self, query: str, variables: dict[str, Any] | None = None, *, as_: TestUser | None = None, locale: str = "en"
    ) -> dict[str, Any]:
        """Run an operation and return the whole answer: ``data`` and ``errors``."""
        body = {"query": query, "variables": variables or {}}
        answer = await self.request("POST", "/graphql", as_=as_, json=body, headers={"Accept-Language": locale})
        result: dict[str, Any] = answer.json()
        return result

    async def data(
        self, query: str, variables: dict[str, Any] | None = None, *, as_: TestUser | None = None, locale: str = "en"
    ) -> dict[str, Any]:
        """Run an operation that must succeed and return its ``data``."""
        result = await self.graphql(query, variables, as_=as_, locale=locale)
        if "errors" in result:
            raise AssertionError(result["errors"])
        data: dict[str, Any] = result["data"]
        return data

    @asynccontextmanager
    async def socket(
        self,
        as_: TestUser | None = None,
        *,
        headers: dict[str, str] | None = None,
        initialised: bool = True,
        subprotocol: str = "graphql-transport-ws",
    ) -> AsyncIterator[Socket]:
        """Open a socket of this city in the web process; ``initialised``: with its connection acknowledged."""
        from leancity.core.testing.socket import opened  # its client comes with the extra ``dev``

        sent = {"Origin": f"http://{self.host}", **(headers or {})}
        if as_ is not None:
            sent["Authorization"] = f"Bearer {as_.token}"
        async with opened(self.host, self.platform.port, sent, subprotocol) as socket:
            if initialised:
                await socket.initialise()
            yield socket

    async def rows(self, sql: str, *values: Any) -> list[asyncpg.Record]:
        """Return what a statement with ``tenant_id = $1`` (``values`` follow) finds, past any service."""
        connection = await asyncpg.connect(self.platform.app_url)
        try:
            async with connection.transaction():
                await connection.execute("select leancity_enter($1)", self.tenant.id)
                return list(await connection.fetch(sql, self.tenant.id, *values))
        finally:
            await connection.close()

    async def run_jobs(self, *, all_due: bool = False, schedules: bool = False) -> int:
        """Run this city's due jobs in process and return how many; ``all_due`` takes those of the future too.

        What only waits for a moment of a schedule is left alone unless ``schedules`` is asked for.
        """
        due = Due.select(Due.id).where((Due.tenant_id == self.tenant.id) & (Due.kind == "job"))
        if not all_due:
            due = due.where(Due.run_at <= now())
        ids = [row["id"] for row in await due.order_by(Due.run_at, Due.id)]
        if not schedules:
            ticks = {row["id"] for row in await self.rows(_TICKS)}
            ids = [each for each in ids if each not in ticks]
        for each in ids:
            await run_job(self.tenant.id, each, early=all_due)
        return len(ids)


async def new_city(
    platform: Platform,
    modules: Iterable[str],
    *,
    zone: str = "Asia/Sakhalin",
    locale: str = "ru",
    kind: TenantKind = TenantKind.CITY,
) -> City:
    """Make a city of its own for a test."""
    slug = f"city-{secrets.token_hex(5)}"
    new = NewCity(
        slug=slug, title=slug, zone=zone, locale=locale, hosts=(f"{slug}.test",), modules=tuple(modules), kind=kind
    )
    return City(platform, await create_city(installed_modules(), new))
