"""Asking the questions: over HTTP, as every client does, or in this process, where a guard can be taken out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
from graphql import GraphQLError, GraphQLSchema
from websockets.exceptions import InvalidStatus

from leancity.core.errors import Forbidden, NotSignedIn, Refused
from leancity.core.http.cookies import outgoing_cookies
from leancity.core.live import hub
from leancity.core.testing.city import City
from leancity.core.testing.plain import NO_TLS
from leancity.core.testing.socket import opened
from leancity.graphql.errors import RequestRefused, field_errors
from leancity.graphql.execution import Caller, execute, prepare
from leancity.graphql.http import Params
from leancity.graphql.schema import Schema
from leancity.graphql.socket.stream import Stream
from tests.security.actors import Actor, within_city
from tests.security.deeds import DEEDS
from tests.security.keys import Row
from tests.security.questions import Broken, Question, plain_way, question
from tests.security.ways import ROOTS, TYPES, Way
from tests.security.world import World

CALLER = Caller(may_explore=False, may_change=True, may_stream=True)
NOBODY = {"data": None, "errors": [{"path": [], "extensions": {"code": "NOT_SIGNED_IN"}}]}
Answer = Mapping[str, Any]


class MissingWay(AssertionError):
    """The schema has what nothing here leads to."""


def questions_of(schema: GraphQLSchema, rows: list[Row]) -> list[Question]:
    """Return the questions of all rows; raise ``MissingWay`` naming every line that is missing or needless."""
    found, missing = [], []
    for row in rows:
        mine = _ways(schema, row)
        if not mine:
            missing.append(f"{row.key}: add its way to tests/security/{_file_of(row)}")
        found += [question(schema, key, row, way, deed) for key, way, deed in mine]
    used = {each.key.partition(" [")[0] + _words(each.key) for each in found}
    used |= {each.deed for each in found} | {each.key for each in found}
    missing += [f"{each}: nothing of the schema is called so" for each in ({*ROOTS} | {*TYPES} | {*DEEDS}) - used]
    if missing:
        raise MissingWay("\n".join(sorted(missing)))
    return found


def _ways(schema: GraphQLSchema, row: Row) -> list[tuple[str, Way, str]]:
    if row.type == "Mutation":
        named = [name for name in DEEDS if name.partition(" ")[0] == row.fields[0]]
        return [(row.key + _words(name), Way(path=""), name) for name in named]
    if row.is_root:
        found = [(key, way, "") for key, way in ROOTS.items() if key.partition(" ")[0] == row.key]
        plain = None if found else plain_way(schema, row)
        return found if plain is None else [(row.key, plain, "")]
    named = [name for name in TYPES if name.partition(" ")[0] == row.type]
    return [(row.key + _words(name), TYPES[name], _deed_of(TYPES[name])) for name in named]


def _words(key: str) -> str:
    _, bracket, words = key.partition(" (")
    return bracket + words


def _deed_of(way: Way) -> str:
    return way.path.split()[1] if way.path.startswith("mutation ") else ""


def _file_of(row: Row) -> str:
    return "deeds.py" if row.type == "Mutation" else "ways.py"


class Door(Protocol):
    """Where a question is asked."""

    async def ask(self, actor: Actor, text: str, variables: dict[str, Any]) -> Answer: ...


@dataclass(frozen=True, kw_only=True)
class Http:
    """The web process."""

    client: httpx.AsyncClient
    city: City

    async def ask(self, actor: Actor, text: str, variables: dict[str, Any]) -> Answer:
        if text.startswith("subscription"):
            return await self._first_event(actor, text)
        answer = await self.request(actor, "POST", "/graphql", json={"query": text, "variables": variables})
        if answer.status_code == 401:
            return NOBODY
        result: Answer = answer.json()
        if "data" not in result:
            raise Broken(f"{text}: {result}")
        return result

    async def request(self, actor: Actor, method: str, path: str, **more: Any) -> httpx.Response:
        return await self.client.request(method, path, headers=_headers(actor), **more)

    async def _first_event(self, actor: Actor, text: str) -> Answer:
        """Ask on a socket, which answers at once that it listens, or why it does not."""
        headers = {"Origin": f"http://{self.city.host}", **_headers(actor)}
        try:
            async with opened(self.city.host, self.city.platform.port, headers) as socket:
                await socket.initialise()
                await socket.begin(text)
                message = await socket.receive()
        except InvalidStatus as refused:
            if refused.response.status_code != 401:
                raise
            return NOBODY
        payload: Any = message["payload"]
        return _refused(payload) if message["type"] == "error" else payload


@asynccontextmanager
async def over_http(world: World) -> AsyncIterator[Http]:
    """Speak to the web process as a client of our city."""
    address = f"http://127.0.0.1:{world.city.platform.port}"
    async with httpx.AsyncClient(
        base_url=address, headers={"Host": world.city.host}, timeout=60, verify=NO_TLS
    ) as client:
        yield Http(client=client, city=world.city)


def _headers(actor: Actor) -> dict[str, str]:
    return {} if actor.secret is None else {"Authorization": f"Bearer {actor.secret}"}


def _refused(errors: list[dict[str, Any]]) -> Answer:
    return {"data": None, "errors": [{"path": [], **error} for error in errors]}


@dataclass(frozen=True, kw_only=True)
class InProcess:
    """The schema itself, behind the city and the principal that the door would enter."""

    schema: Schema
    world: World

    async def ask(self, actor: Actor, text: str, variables: dict[str, Any]) -> Answer:
        if actor.principal is None:
            return NOBODY
        async with within_city(self.world.city, actor.principal):
            if text.startswith("subscription"):
                return await self._first_event(Params(query=text))
            with outgoing_cookies(secure=False):
                params = Params(query=text, variables=variables)
                return await execute(self.schema, params, prepare(self.schema, params, CALLER))

    async def _first_event(self, params: Params) -> Answer:
        platform = self.world.city.platform
        await hub.start(platform.redis_url, platform.environment["REDIS_PREFIX"])
        try:
            stream = await Stream.open(self.schema, params, prepare(self.schema, params, CALLER))
            async with aclosing(stream.events):
                return await stream.executed(await anext(stream.events)) or NOBODY
        except RequestRefused as refused:
            return _refused(refused.errors)
        except (Refused, Forbidden, NotSignedIn) as refused:
            return _refused(field_errors(GraphQLError(str(refused), original_error=refused)))
        finally:
            await hub.stop()


def is_personal(question: Question) -> bool:
    """Tell whether asking changes the actor's own account, on which others of their questions depend."""
    return bool(question.deed) and (DEEDS[question.deed].is_own or DEEDS[question.deed].ends_session)


@dataclass(kw_only=True)
class Desk:
    """Asks questions at a door and keeps the arguments of a mutation until they were used up."""

    world: World
    door: Door
    _kept: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def ask(self, question: Question, name: str) -> Answer:
        """Ask as the actor of that name."""
        actor, world = self.world.actors[name], self.world
        if not question.deed:
            return await self.door.ask(actor, world.filled(question.text), {})
        deed = DEEDS[question.deed]
        arguments = None if deed.is_own else self._kept.get(question.key)
        if arguments is None:
            try:
                async with within_city(world.city):
                    arguments = self._kept[question.key] = await deed.make(world, actor)
            except Refused as refused:
                raise Broken(f"the arguments of {question.deed} can't be made") from refused
        answer = await self.door.ask(actor, question.text, arguments)
        if deed.ends_session:
            await world.renew(actor)
        if question.cell(answer, world.ids) != "-":
            self._kept.pop(question.key, None)
        return answer
