"""A module not subscribed does not exist: every door in ``DOORS`` is closed without a subscription and open with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from graphql import parse

from leancity.core.i18n.catalogue import _installed
from leancity.core.jobs.registry import jobs
from leancity.core.plugins import manager
from leancity.core.plugins.gate import DOORS, ModuleClosed
from leancity.core.plugins.manager import installed_modules
from leancity.core.testing.city import City
from leancity.core.testing.doors import PROBES, Probe, subscriptions_on
from leancity.graphql.api import Context
from leancity.graphql.schema import build_schema
from leancity.tenants.demo import load_demo
from tests.graphql.wire import Endpoint
from tests.house.guest import guest

MODULES = ("city_problems", "guest")
LOADED: list[str] = []

_FIELD = "{ cityProblems { __typename } }"
_MUTATION = 'mutation { cityProblemsReopen(id: "00000000-0000-0000-0000-000000000000", note: "x") { errors { code } } }'


async def _field(city: City, module: str) -> bool | None:
    """The second lock: asked in the schema of a city that has everything, does a root field of the module answer?"""
    if module != "city_problems":
        return None
    schema = build_schema(installed_modules(), installed_modules().names)
    answers = set()
    for query in (_FIELD, _MUTATION):
        async with city.serving(as_stranger=True):
            result = await schema.execute(query, context_value=Context(document=parse(query)))
        refused = [
            error.original_error for error in result.errors or () if isinstance(error.original_error, ModuleClosed)
        ]
        answers.add(not refused)
    assert len(answers) == 1, "the query and the mutations of the module differ"
    return answers.pop()


async def _schema(city: City, module: str) -> bool | None:
    return None if module == "guest" else await PROBES["schema"](city, module)  # the web process does not know it


async def _subscription(city: City, module: str) -> bool | None:
    """On the product's own endpoint in this process, which knows the guest."""
    return await subscriptions_on(Endpoint().socket, city, module)


async def _demo(city: City, module: str) -> bool | None:
    if module != "guest":
        return None
    before = len(LOADED)
    async with city.serving():
        await load_demo(installed_modules())
    return len(LOADED) > before


TESTS: dict[str, Probe] = {**PROBES, "schema": _schema, "subscription": _subscription, "field": _field, "demo": _demo}


@pytest.fixture
def guest_is_installed(platform: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Install the invented module beside ours, as its entry point would; the web process does not know it."""
    ours = manager.discover("city_problems")
    caches = (installed_modules, jobs, _installed)
    monkeypatch.setattr(manager, "discover", lambda allowed: {**ours, "guest": guest(tmp_path, LOADED)})
    for cache in caches:
        cache.cache_clear()
    yield
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def test_every_door_has_a_test() -> None:
    assert set(TESTS) == set(DOORS)
    assert len(DOORS) == len(set(DOORS))


@pytest.mark.parametrize("door", DOORS)
async def test_a_door_is_open_with_a_subscription_only(
    door: str, guest_is_installed: None, make_city: Callable[..., Awaitable[City]]
) -> None:
    tried = []
    for module in MODULES:
        city = await make_city(*set(MODULES) - {module})
        before = await TESTS[door](city, module)
        if before is None:
            continue
        tried.append(module)
        await city.subscribe(module)
        during = await TESTS[door](city, module)
        await city.leave(module)
        assert (before, during, await TESTS[door](city, module)) == (False, True, False), module
    assert tried, "neither module has anything behind this door: give the guest something"


async def test_a_wrong_method_does_not_tell_of_a_module(make_city: Callable[..., Awaitable[City]]) -> None:
    city = await make_city()
    closed = await city.request("DELETE", "/m/city_problems/reports.csv")
    unknown = await city.request("DELETE", "/m/no_such_module/reports.csv")
    assert (closed.status_code, closed.json()) == (unknown.status_code, unknown.json())
    assert "allow" not in closed.headers
