"""Subscriptions: how they run on a socket, how they are guarded, what stops the start."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from types import ModuleType
from typing import Any

import pytest
import strawberry
from graphql import parse
from structlog.testing import capture_logs

from leancity.core.errors import StartupError
from leancity.core.identity.principal import Kind, Principal, acting_as
from leancity.core.identity.scopes import everywhere
from leancity.core.plugins.manager import Modules, installed_modules
from leancity.core.tenancy.context import Tenant, enter
from leancity.core.testing.city import City
from leancity.core.testing.socket import Socket
from leancity.graphql.api import field, subscription
from leancity.graphql.check import check_contributions
from leancity.graphql.http import Params
from leancity.graphql.schema import build_schema
from leancity.graphql.socket.stream import Stream
from leancity.graphql.socket.terms import Terms
from tests.graphql import wire
from tests.graphql.wire import READ, Endpoint

ALL = "number units double who secret"


async def told(socket: Socket, id_: str) -> list[Any]:
    """Return what an operation answers until it ends: its results, and its errors where it ends with them."""
    results = []
    while (message := await socket.receive())["type"] == "next":
        assert message["id"] == id_
        results.append(message["payload"])
    assert message["id"] == id_
    return results if message["type"] == "complete" else [*results, message["payload"]]


async def test_events_come_until_the_source_ends(town: City) -> None:
    user = await town.user(READ)
    async with Endpoint().socket(town, user) as socket:
        id_ = await socket.begin(f"subscription ($n: Int!) {{ cityTicks(until: $n, every: 0) {{ {ALL} }} }}", {"n": 3})
        results = await told(socket, id_)
    assert [result["data"]["cityTicks"] for result in results] == [
        {"number": number, "units": 0, "double": 2 * number, "who": user.principal.name, "secret": None}
        for number in range(3)
    ]
    assert {error["extensions"]["code"] for result in results for error in result["errors"]} == {"FORBIDDEN"}
    assert wire.LOADED == [1, 1, 1]
    assert wire.SOURCES == []


async def test_operations_run_beside_each_other(town: City) -> None:
    async with Endpoint().socket(town, await town.user(READ)) as socket:
        ticks = await socket.begin("subscription { cityTicks(every: 0.01) { number } }")
        slow = await socket.begin("{ cityTicks { wait(seconds: 0.3) } }")
        quick = await socket.begin("{ city { slug } }")
        ended: list[str] = []
        while len(ended) < 2:
            message = await socket.receive()
            if message["type"] == "complete":
                ended.append(message["id"])
        assert ended == [quick, slow]
        await socket.send("complete", id=ticks)
        await socket.send("complete", id="unknown")
        await asyncio.sleep(0.2)
        assert wire.SOURCES == []
        again = await socket.begin("{ city { slug } }")
        while (message := await socket.receive())["id"] == ticks:
            assert message["type"] == "next", "what was on its way"
        assert message["id"] == again


async def test_a_mutation_that_has_begun_goes_on(town: City) -> None:
    async with Endpoint().socket(town) as socket:
        id_ = await socket.begin("mutation { cityTicksWait(seconds: 0.2) { done } }")
        while not wire.MUTATED:  # noqa: ASYNC110 - the mutation is the product's to call
            await asyncio.sleep(0.01)
        await socket.send("complete", id=id_)
        assert "errors" not in await socket.graphql("{ city { slug } }")
    await asyncio.sleep(0.3)
    assert wire.MUTATED == ["begun", "done"]


async def test_an_id_in_use_closes_the_socket(town: City) -> None:
    for query in ("subscription { cityTicks(every: 9) { number } }", "{ cityTicks { wait(seconds: 9) } }"):
        async with Endpoint().socket(town, await town.user(READ)) as socket:
            for _ in range(2):
                await socket.send("subscribe", id="one", payload={"query": query})
            code, reason, _ = await socket.closed()
            assert (code, reason) == (4409, "Subscriber for one already exists")


async def test_an_id_that_has_ended_may_be_used_again(town: City) -> None:
    async with Endpoint().socket(town) as socket:
        for _ in range(3):
            await socket.send("subscribe", id="one", payload={"query": "{ city { slug } }"})
            assert len(await told(socket, "one")) == 1


async def test_no_more_than_twenty_at_once(town: City) -> None:
    async with Endpoint().socket(town) as socket:
        waiting = [await socket.begin("{ cityTicks { wait(seconds: 9) } }") for _ in range(20)]
        refused = await socket.begin("{ city { slug } }")
        message = await socket.receive()
        assert (message["id"], message["type"]) == (refused, "error")
        assert message["payload"][0]["extensions"] == {"code": "TOO_MANY_OPERATIONS"}
        await socket.send("complete", id=waiting[0])
        await asyncio.sleep(0.1)
        assert "errors" not in await socket.graphql("{ city { slug } }")


async def test_what_a_source_raises_ends_it(town: City) -> None:
    async with Endpoint().socket(town) as socket:
        with capture_logs() as logs:
            first, errors = await told(socket, await socket.begin("subscription { cityTicksBroken { number } }"))
        assert first == {"data": {"cityTicksBroken": {"number": 0}}}
        assert errors[0]["extensions"]["code"] == "INTERNAL"
        assert "hunter2" not in str(errors) and "graphql_field_failed" in {log["event"] for log in logs}
        id_ = await socket.begin("subscription { cityTicksBroken(refused: true) { number } }")
        assert (await told(socket, id_))[1][0]["extensions"] == {"code": "NOT_FOUND"}


async def test_a_subscription_asks_for_its_permission(town: City) -> None:
    query = "subscription { cityTicks { number } }"
    for user, code in ((None, "NOT_SIGNED_IN"), (await town.user("core.case.read"), "FORBIDDEN")):
        async with Endpoint().socket(town, user) as socket:
            (errors,) = await told(socket, await socket.begin(query))
            assert [error["extensions"]["code"] for error in errors] == [code]
            assert wire.SOURCES == []


async def test_who_may_not_see_a_module_sees_no_subscription_of_it(town: City) -> None:
    await town.leave("city_ticks")
    async with Endpoint().socket(town) as socket:
        answer = await socket.graphql("subscription { cityTicksBroken { number } }")
        assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_the_limits_of_http_hold(town: City) -> None:
    aliases = " ".join(f"a{number}: slug" for number in range(31))
    async with Endpoint().socket(town) as socket:
        answer = await socket.graphql(f"{{ city {{ {aliases} }} }}")
        assert answer["errors"][0]["extensions"]["code"] == "QUERY_TOO_MANY_ALIASES"


async def test_http_does_not_run_subscriptions(ticks_are_installed: None) -> None:
    from leancity.graphql.errors import RequestRefused
    from leancity.graphql.execution import Caller, prepare

    schema = build_schema(installed_modules(), frozenset({"city_ticks"}))
    params = Params(query="subscription { cityTicksBroken { number } }")
    with pytest.raises(RequestRefused) as refused:
        prepare(schema, params, Caller(may_explore=True, may_change=True))
    assert refused.value.errors[0]["extensions"] == {"code": "SUBSCRIPTION_BY_HTTP"}


async def test_a_silent_client_is_pinged_and_then_closed(town: City) -> None:
    async with Endpoint(Terms(keep_alive=0.1)).socket(town) as socket:
        for _ in range(4):
            assert await socket.receive() == {"type": "ping"}
            await socket.send("pong")
        begun = time.monotonic()
        code, _, _ = await socket.closed()
        assert code == 4499 and time.monotonic() - begun < 2


def who(*permissions: str) -> Principal:
    return Principal(kind=Kind.USER, locale="en", grants=everywhere(permissions))


async def test_the_guards_are_asked_again_at_each_event(ticks_are_installed: None) -> None:
    """The second lock: what a socket hangs on is compared before, and ends it."""
    schema = build_schema(installed_modules(), frozenset({"city_ticks"}))
    query = "subscription { cityTicks(every: 0) { number } }"
    city = Tenant(
        id=1, slug="a", title="A", zone="UTC", locale="en", is_suspended=False, modules=frozenset({"city_ticks"})
    )
    bare = Tenant(**{**vars(city), "modules": frozenset()})
    with enter(city), acting_as(who(READ)):
        stream = await Stream.open(schema, Params(query=query), parse(query))
        event = await anext(stream.events)
        assert await stream.executed(event) == {"data": {"cityTicks": {"number": 0}}}
        with acting_as(who("core.case.read")):
            answer = await stream.executed(event)
        await stream.events.aclose()
    assert answer is not None
    assert (answer["data"], answer["errors"][0]["extensions"]["code"]) == ({"cityTicks": None}, "FORBIDDEN")
    with enter(bare), acting_as(who(READ)):
        answer = await stream.executed(event)
    assert answer is not None and answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


@strawberry.type
class ParkingSpot:
    id: int = 1


@strawberry.type
class ParkingWithoutPrefix:
    @subscription(public="test")
    async def freed(self) -> AsyncGenerator[ParkingSpot, None]:
        yield ParkingSpot()


@strawberry.type
class ParkingUnguarded:
    @strawberry.subscription
    async def parking_freed(self) -> AsyncGenerator[ParkingSpot, None]:
        yield ParkingSpot()


@strawberry.type
class ParkingUnknown:
    @subscription(permission="parking.spot.see")
    async def parking_freed(self) -> AsyncGenerator[ParkingSpot, None]:
        yield ParkingSpot()


@strawberry.type
class ParkingField:
    @field(public="test")
    async def parking_freed(self) -> ParkingSpot:
        return ParkingSpot()


@strawberry.type
class ParkingNoStream:
    @subscription(public="test")
    async def parking_freed(self) -> ParkingSpot:
        return ParkingSpot()


@strawberry.type
class Spot:
    id: int = 1


@strawberry.type
class ParkingForeign:
    @subscription(public="test")
    async def parking_freed(self) -> AsyncGenerator[Spot, None]:
        yield Spot()


@pytest.mark.parametrize(
    ("root", "message"),
    [
        (ParkingWithoutPrefix, "parking: the subscription 'freed' must start with 'parking_'"),
        (ParkingUnguarded, "ParkingUnguarded.parking_freed declares neither a permission nor why it is public"),
        (ParkingUnknown, "no such permission: 'parking.spot.see'"),
        (ParkingField, "'parking_freed' must be an async generator"),
        (ParkingNoStream, "'parking_freed' must be an async generator"),
        (ParkingForeign, "the GraphQL type 'Spot' must start with 'Parking'"),
    ],
)
def test_a_wrong_subscription_stops_the_start(plugin: Callable[..., ModuleType], root: type, message: str) -> None:
    with pytest.raises(StartupError, match=message):
        check_contributions(Modules({"parking": plugin("parking", subscription=root)}))
