"""One schema per set of modules: normalised, built once, the latest kept."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from types import ModuleType

import pytest

from leancity.core.plugins.manager import Modules
from leancity.graphql.cache import SchemaCache
from leancity.graphql.schema import Schema, build_schema


@pytest.fixture
def modules(plugin: Callable[..., ModuleType]) -> Modules:
    return Modules({"a": plugin("a", requires=("b",)), "b": plugin("b"), "c": plugin("c")})


class Builds:
    """Notes what is built, in which thread, and builds slowly enough for callers to meet."""

    def __init__(self) -> None:
        self.sets: list[frozenset[str]] = []
        self.threads: set[int] = set()
        self.running = 0
        self.error: Exception | None = None

    def __call__(self, modules: Modules, subscribed: frozenset[str]) -> Schema:
        self.sets.append(subscribed)
        self.threads.add(threading.get_ident())
        self.running += 1
        time.sleep(0.02)
        if self.error is not None:
            raise self.error
        assert self.running == 1, "builds share the modules' field objects"
        self.running -= 1
        return build_schema(modules, subscribed)


async def test_concurrent_requests_share_one_build_off_the_loop(modules: Modules) -> None:
    builds = Builds()
    cache = SchemaCache(modules, build=builds)
    sets = [{"c"}, {"a"}, {"a", "b"}, {"a", "gone"}] * 10
    schemas = await asyncio.gather(*(cache.schema_for(names) for names in sets))
    assert sorted(map(sorted, builds.sets)) == [["a", "b"], ["c"]]
    assert len(set(map(id, schemas))) == 2
    assert threading.get_ident() not in builds.threads
    assert await cache.schema_for({"a"}) is schemas[1]
    assert len(builds.sets) == 2


async def test_the_least_recently_used_goes_first(modules: Modules) -> None:
    builds = Builds()
    cache = SchemaCache(modules, kept=2, build=builds)
    for names in ("", "b", "", "c", ""):
        await cache.schema_for(names)
    assert len(builds.sets) == 3
    await cache.schema_for("b")
    assert len(builds.sets) == 4


async def test_a_caller_that_gives_up_leaves_the_others_their_build(modules: Modules) -> None:
    cache = SchemaCache(modules, build=Builds())
    first = asyncio.create_task(cache.schema_for("b"))
    second = asyncio.create_task(cache.schema_for("b"))
    await asyncio.sleep(0.005)
    first.cancel()
    assert isinstance(await second, Schema)
    assert first.cancelled()


async def test_a_failed_build_is_tried_again(modules: Modules) -> None:
    builds = Builds()
    builds.error = RuntimeError("no")
    cache = SchemaCache(modules, build=builds)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no"):
            await cache.schema_for("b")
        builds.running = 0
    builds.error = None
    assert isinstance(await cache.schema_for("b"), Schema)
