"""Sockets that ask at the same time share a look at the directory, and none gets an answer older than its question."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from leancity.core.identity.credentials import close_credentials
from leancity.core.identity.tables import Credential
from leancity.core.testing.city import City
from leancity.graphql.socket import looks as looking
from leancity.graphql.socket.bound import Bound
from leancity.graphql.socket.looks import Looks, Seen


async def test_one_look_for_all_who_ask_at_once(
    city: City, another_city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    look = looking.seen

    async def counted(*given: Any) -> Seen:
        asked.append(len(given[2]))
        return await look(*given)

    monkeypatch.setattr(looking, "seen", counted)
    users = [await city.user("core.case.read") for _ in range(5)]
    bounds = []
    for user in users:
        async with city.serving(as_=user):
            bounds += [Bound.here()] * 10
    async with another_city.serving(as_stranger=True):
        stranger = Bound.here()
    looks = Looks()
    *found, (there, nobody) = await asyncio.gather(*(looks.of(bound) for bound in [*bounds, stranger]))
    assert sorted(asked) == [0, 5]
    assert [person and person.user_id for _, person in found] == [user.id for user in users for _ in range(10)]
    assert there is not None and there.id == another_city.tenant.id and nobody is None
    assert (await looks.of(replace(bounds[0], tenant_id=0))) == (None, None)


async def test_who_asks_during_a_look_gets_the_next(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    user = await city.user("core.case.read")
    async with city.serving(as_=user):
        bound = Bound.here()
    has_looked, goes_on = asyncio.Event(), asyncio.Event()
    look = looking.seen

    async def slow(*given: Any) -> Seen:
        found = await look(*given)
        has_looked.set()
        await goes_on.wait()
        return found

    monkeypatch.setattr(looking, "seen", slow)
    looks = Looks()
    first = asyncio.create_task(looks.of(bound))
    await has_looked.wait()
    async with city.serving():
        await close_credentials(Credential.user_id == user.id)
    second = asyncio.create_task(looks.of(bound))
    await asyncio.sleep(0)
    goes_on.set()
    assert (await first)[1] is not None
    assert (await second)[1] is None, "it was asked after the credential was closed"
