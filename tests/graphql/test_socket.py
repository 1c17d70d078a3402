"""GraphQL over WebSocket, in the web process: the protocol, and what refuses a handshake."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from leancity.core.tenancy.service import set_suspended
from leancity.core.testing.city import City
from leancity.core.testing.platform import _free_port, _wait
from leancity.core.testing.socket import opened

VIEWER = "{ viewer { isSignedIn name } }"


async def viewer(socket: Any) -> dict[str, Any]:
    answer = await socket.graphql(VIEWER)
    seen: dict[str, Any] = answer["data"]["viewer"]
    return seen


async def test_queries_and_mutations_are_answered_as_over_http(city: City) -> None:
    user = await city.user("core.case.read")
    async with city.socket(user) as socket:
        assert await viewer(socket) == {"isSignedIn": True, "name": user.principal.name}
        answer = await socket.graphql("query ($id: UUID!) { case(id: $id) { id } units { id } }", {"id": str(user.id)})
        assert answer["data"] == {"case": None, "units": None}
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]
        refused = await socket.graphql("{ nothing }")
        assert [error["extensions"]["code"] for error in refused["errors"]] == ["GRAPHQL_VALIDATION_FAILED"]
        mutation = 'mutation { signIn(login: "nobody", password: "x") { errors { code } } }'
        assert (await socket.graphql(mutation))["data"]["signIn"]["errors"]


async def test_a_token_may_come_with_the_first_message(city: City, another_city: City) -> None:
    user = await city.user()
    async with city.socket(initialised=False) as socket:
        await socket.initialise({"authorization": f"Bearer {user.token}"})
        assert (await viewer(socket))["name"] == user.principal.name
    for secret in ("Bearer wrong", "Bearer ", "Basic x", f"Bearer {(await another_city.user()).token}"):
        async with city.socket(initialised=False) as socket:
            await socket.send("connection_init", payload={"authorization": secret})
            assert (await socket.closed())[0] == 4403


async def test_a_stranger_stays_one(city: City) -> None:
    async with city.socket() as socket:
        assert await viewer(socket) == {"isSignedIn": False, "name": ""}
        assert (await socket.graphql("{ units { id } }"))["errors"][0]["extensions"]["code"] == "NOT_SIGNED_IN"
        assert (await socket.graphql("{ __schema { types { name } } }"))["errors"][0]["extensions"] == {
            "code": "INTROSPECTION_DISABLED"
        }


async def test_pings_are_answered_with_what_they_bring(city: City) -> None:
    async with city.socket(initialised=False) as socket:
        await socket.send("ping")
        assert await socket.receive() == {"type": "pong"}
        await socket.send("ping", payload={"a": 1})
        assert await socket.receive() == {"type": "pong", "payload": {"a": 1}}
        await socket.send("pong")
        await socket.initialise()


SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": VIEWER}}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (["{"], 4400),
        (["[]"], 4400),
        (['{"type": "nothing"}'], 4400),
        (['{"type": "subscribe", "id": "1"}'], 4400),
        (['{"type": "subscribe", "id": "", "payload": {"query": "{ a }"}}'], 4400),
        (['{"type": "subscribe", "id": "1", "payload": {"query": 1}}'], 4400),
        (['{"type": "connection_init", "payload": 1}'], 4400),
        ([b'{"type": "ping"}'], 4400),
        ([json.dumps(SUBSCRIBE)], 4401),
        (['{"type": "connection_init"}'] * 2, 4429),
        (['{"type": "ping", "payload": {"a": "' + "a" * 1_000_000 + '"}}'], 1009),
    ],
)
async def test_what_breaks_the_protocol_closes_the_socket(city: City, sent: list[str | bytes], code: int) -> None:
    async with city.socket(initialised=False) as socket:
        for message in sent:
            await socket.connection.send(message)
        assert (await socket.closed())[0] == code


async def test_another_protocol_is_not_spoken(city: City) -> None:
    async with opened(city.host, city.platform.port, {}, "graphql-ws") as socket:
        assert (await socket.closed())[0] == 4406


async def test_who_says_nothing_is_not_waited_for(city: City) -> None:
    async with city.socket(initialised=False) as socket:
        code, _, seconds = await socket.closed()
        assert code == 4408 and seconds > 4


async def test_a_refused_handshake_is_answered_as_a_request_would_be(city: City) -> None:
    async def refused(**headers: str) -> tuple[int, str]:
        with pytest.raises(InvalidStatus) as refusal:
            async with city.socket(headers=headers):
                pass
        answer = refusal.value.response
        assert answer.headers["x-request-id"]
        return answer.status_code, json.loads(answer.body)["code"]

    assert await refused(Authorization="Bearer wrong") == (401, "not_signed_in")
    assert (await refused(Cookie="__Host-leancity_session=x", Origin="http://evil.example"))[0] == 403
    with pytest.raises(InvalidStatus) as unknown:
        async with opened("nowhere.example", city.platform.port, {}):
            pass
    assert unknown.value.response.status_code == 404
    await set_suspended(city.tenant.slug, True)
    assert await refused() == (503, "city_suspended")


async def test_twenty_sockets_of_one_credential_are_enough(city: City) -> None:
    user, other = await city.user(), await city.user()
    opening = [city.socket(user) for _ in range(20)]
    await asyncio.gather(*(each.__aenter__() for each in opening))
    with pytest.raises(InvalidStatus) as refused:
        async with city.socket(user):
            pass
    assert refused.value.response.status_code == 503
    async with city.socket(initialised=False) as socket:
        await socket.send("connection_init", payload={"authorization": f"Bearer {user.token}"})
        assert (await socket.closed())[0] == 1013
    async with city.socket(other):
        pass
    await asyncio.gather(*(each.__aexit__(None, None, None) for each in opening))
    async with city.socket(user):
        pass


@pytest.mark.long
async def test_a_server_that_stops_says_so(city: City) -> None:
    port = _free_port()
    with city.platform.process("web", LEANCITY_PORT=str(port)) as process:
        await asyncio.to_thread(_wait, port)
        async with opened(city.host, port, {}) as first, opened(city.host, port, {}) as second:
            await first.initialise()
            process.send_signal(signal.SIGTERM)
            answers = await asyncio.gather(first.closed(), second.closed())
            assert [code for code, _, _ in answers] == [1012, 1012]
        assert await asyncio.to_thread(process.wait, 10) == 0
