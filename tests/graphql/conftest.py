"""A module of the tests' own, ``city_notes``, and the endpoint serving it."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Annotated, Any

import httpx
import pytest
import pytest_asyncio
import strawberry
from litestar import Litestar
from litestar.testing import AsyncTestClient
from litestar.types import ASGIApp, Receive, Scope, Send

from leancity.core.config import Config
from leancity.core.errors import Forbidden, Problem, Refused, refuse
from leancity.core.i18n.catalogue import _installed
from leancity.core.identity.principal import Kind, Principal, acting_as, system
from leancity.core.identity.scopes import everywhere
from leancity.core.identity.tables import OrgUnit
from leancity.core.identity.units import create_unit
from leancity.core.jobs.registry import jobs
from leancity.core.log import request_ids
from leancity.core.plugins import manager
from leancity.core.plugins.contributions import GraphQLTypes, Manifest, Permission
from leancity.core.plugins.hooks import hookimpl
from leancity.core.plugins.manager import Modules, installed_modules
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.testing.city import City
from leancity.graphql.api import (
    JSON,
    Connection,
    Context,
    GeoPoint,
    GeoPointInput,
    Keyset,
    Payload,
    connection,
    field,
    loader,
    mutation,
)
from leancity.graphql.plugin import route_handlers

SCHEMA = __name__
Lazy = Annotated["CityNotesNote", strawberry.lazy(SCHEMA)]


async def units_by_id(ids: list[uuid.UUID]) -> Sequence[OrgUnit | None]:
    BATCHES.append(len(ids))
    rows = await OrgUnit.objects().where(OrgUnit.id.is_in(ids))
    found = {row.id: row for row in rows}
    return [found.get(id_) for id_ in ids]


BATCHES: list[int] = []
COUNTS: list[int] = []


@strawberry.type
class CityNotesNote:
    id: uuid.UUID
    key: str
    title: str
    parent_id: strawberry.Private[uuid.UUID | None]

    @field(public="the list that leads here is guarded")
    async def parent(self, info: strawberry.Info[Context, None]) -> Lazy | None:
        if self.parent_id is None:
            return None
        row = await loader(info, "city_notes.unit", units_by_id).load(self.parent_id)
        return None if row is None else note(row)

    @field(permission="city_notes.note.audit")
    async def secret(self) -> str:
        return "a secret"

    @field(public="the list that leads here is guarded")
    async def notes(self, first: int | None = None, after: str | None = None) -> Connection[Lazy]:
        return await notes(first, after)


def note(row: OrgUnit) -> CityNotesNote:
    return CityNotesNote(id=row.id, key=row.key, title=row.title, parent_id=row.parent_id)


async def notes(first: int | None = None, after: str | None = None) -> Connection[CityNotesNote]:
    async def fetch(limit: int, after: Keyset | None) -> Sequence[OrgUnit]:
        query = OrgUnit.objects().order_by(OrgUnit.key).order_by(OrgUnit.id).limit(limit)
        if after is not None:
            query = query.where((OrgUnit.key > after[0]) | ((OrgUnit.key == after[0]) & (OrgUnit.id > after[1])))
        return await query

    async def count() -> int:
        COUNTS.append(1)
        return int(await OrgUnit.count())

    return await connection(
        "city_notes.notes",
        keyset=(str, uuid.UUID),
        first=first,
        after=after,
        fetch=fetch,
        count=count,
        key=lambda row: (row.key, row.id),
        node=note,
    )


@strawberry.type
class CityNotesQuery:
    notes = field(permission="city_notes.note.read")(notes)

    @field(public="test")
    def hello(self, name: str = "you") -> str:
        return f"hello {name}"

    @field(public="test")
    async def broken(self) -> str | None:
        raise RuntimeError("password=hunter2")

    @field(public="test")
    async def denied(self) -> str | None:
        raise Forbidden("city_notes.note.read")

    @field(public="test")
    async def refused(self) -> str | None:
        raise Refused(Problem(code="required", field="note_title"), Problem(code="not_found"))

    @field(public="test")
    def moment(self, at: datetime) -> datetime:
        return at

    @field(public="test")
    def echo(self, value: JSON) -> JSON:
        return value

    @field(public="test")
    def point(self, at: GeoPointInput) -> GeoPoint:
        return GeoPoint(lat=at.lat, lon=at.lon)

    @field(public="test")
    def tags(self) -> list[GeoPoint]:
        return []


@strawberry.input
class CityNotesAddInput:
    key: str
    title: str
    parent_id: uuid.UUID | None = None


@strawberry.type
class CityNotesAddPayload(Payload):
    note: CityNotesNote | None = None


@strawberry.type
class CityNotesMutation:
    @mutation(permission="city_notes.note.add")
    async def city_notes_add(self, input: CityNotesAddInput) -> CityNotesAddPayload:
        if not input.title:
            raise refuse("required", "note_title")
        with acting_as(system("en")):  # the example has no service of its own
            id_ = await create_unit(input.key, input.title, input.parent_id)
        return CityNotesAddPayload(
            note=CityNotesNote(id=id_, key=input.key, title=input.title, parent_id=input.parent_id)
        )

    @mutation(public="test")
    async def city_notes_break(self) -> CityNotesAddPayload:
        raise RuntimeError("password=hunter2")


@dataclass(frozen=True, kw_only=True)
class Example:
    """The parts of the example that tests look into."""

    modules: Modules
    batches: list[int]
    counts: list[int]


def make_plugin(
    name: str,
    *,
    query: type | None = None,
    mutation: type | None = None,
    subscription: type | None = None,
    extra: tuple[type, ...] = (),
    permissions: Iterable[str] = (),
    requires: tuple[str, ...] = (),
) -> ModuleType:
    """Return a plug-in contributing these types."""
    plugin = ModuleType(name)
    declared = [Permission(name=permission, title={"en": permission}) for permission in permissions]

    @hookimpl
    def register_module() -> Manifest:
        title = {"en": name}
        return Manifest(name=name, title=title, summary=title, kind="module", version="1", requires=requires)

    @hookimpl
    def register_graphql() -> GraphQLTypes:
        return GraphQLTypes(query=query, mutation=mutation, subscription=subscription, extra=extra)

    @hookimpl
    def register_permissions() -> list[Permission]:
        return declared

    for hook in (register_module, register_graphql, register_permissions):
        setattr(plugin, hook.__name__, hook)
    return plugin


@pytest.fixture
def plugin() -> Callable[..., ModuleType]:
    return make_plugin


@pytest.fixture
def example() -> Example:
    BATCHES.clear()
    COUNTS.clear()
    permissions = [f"city_notes.note.{verb}" for verb in ("read", "add", "audit")]
    module = make_plugin("city_notes", query=CityNotesQuery, mutation=CityNotesMutation, permissions=permissions)
    return Example(modules=Modules({"city_notes": module}), batches=BATCHES, counts=COUNTS)


TENANT = Tenant(
    id=1,
    slug="polis",
    title="Polis",
    zone="Asia/Sakhalin",
    locale="ru",
    is_suspended=False,
    modules=frozenset({"city_notes"}),
)


class Visitors:
    """Stands where the door stands: ``X-City`` names the modules, ``X-User`` the permissions, by comma."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode(): value.decode() for name, value in scope.get("headers", ())}
        modules = frozenset(filter(None, headers.get("x-city", "city_notes").split(",")))
        tenant = Tenant(**{**vars(TENANT), "modules": modules})
        user = headers.get("x-user")
        principal = Principal(
            kind=Kind.STRANGER if user is None else Kind.USER,
            user_id=None if user is None else uuid.UUID(int=1),
            name="" if user is None else "Anna",
            grants={} if user is None else everywhere(filter(None, user.split(","))),
            locale=headers.get("accept-language", "en"),
        )
        with request_ids(headers.get("x-request-id", ""), ""), enter(tenant), acting_as(principal):
            await self.app(scope, receive, send)


Client = httpx.AsyncClient


async def _serving(modules: Modules, environment: str) -> AsyncIterator[Any]:
    app = Litestar(
        route_handlers=route_handlers(modules, Config(environment=environment)),
        middleware=[Visitors],
        openapi_config=None,
    )
    async with AsyncTestClient(app) as client:
        del client.headers["accept"]
        yield client


@pytest_asyncio.fixture
async def client(example: Example) -> AsyncIterator[Any]:
    """The endpoint as in production."""
    async for serving in _serving(example.modules, "production"):
        yield serving


@pytest_asyncio.fixture
async def dev_client(example: Example) -> AsyncIterator[Any]:
    """The endpoint as in development."""
    async for serving in _serving(example.modules, "development"):
        yield serving


@pytest.fixture
def ticks_are_installed(platform: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install the module of ``wire`` beside ours, as its entry point would; the web process does not know it."""
    from tests.graphql import wire

    ticks = make_plugin(
        "city_ticks",
        query=wire.CityTicksQuery,
        mutation=wire.CityTicksMutation,
        subscription=wire.CityTicksSubscription,
        permissions=(wire.READ, wire.AUDIT),
    )
    found = {**manager.discover("*"), "city_ticks": ticks}
    caches = (installed_modules, jobs, _installed)
    monkeypatch.setattr(manager, "discover", lambda allowed: found)
    for cache in caches:
        cache.cache_clear()
    for noted in (wire.SOURCES, wire.MUTATED, wire.LOADED):
        noted.clear()
    yield
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


@pytest_asyncio.fixture
async def town(ticks_are_installed: None, make_city: Callable[..., Awaitable[City]]) -> City:
    """A city with the module of ``wire``."""
    return await make_city("city_problems", "city_ticks")
