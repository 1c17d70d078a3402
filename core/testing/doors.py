"""The doors to a module as probes: is this one open for that city?

The contract walks through them with every module; a house test holds the list against ``core.plugins.gate.DOORS``.
GraphQL is asked over HTTP, as its clients do.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, TypeAlias

from litestar import Router
from litestar.routes import HTTPRoute

from leancity.core.cases.numbers import draw_number
from leancity.core.customs.current import current_items
from leancity.core.customs.service import collections
from leancity.core.db.unit import tenant_tx
from leancity.core.errors import Refused
from leancity.core.i18n.catalogue import read_catalogue, text
from leancity.core.ids import new_id
from leancity.core.imports.target import all_targets, find_target
from leancity.core.jobs.cron import last_slot
from leancity.core.jobs.outbox import enqueue, tell
from leancity.core.jobs.run import run_job
from leancity.core.jobs.schedules import begin_schedules, schedules, tick
from leancity.core.jobs.tables import JobRow
from leancity.core.moment import now
from leancity.core.notifications.rules import rules
from leancity.core.plugins import hooks
from leancity.core.plugins.gate import ModuleClosed
from leancity.core.plugins.manager import installed_modules
from leancity.core.processes.running.marks import find_process
from leancity.core.processes.running.topics import task_of, topics
from leancity.core.settings.service import change_settings, settings_of
from leancity.core.tenancy.tables import Due
from leancity.core.testing.city import City, TestUser
from leancity.core.testing.schema_seen import schema_on, schema_seen

if TYPE_CHECKING:  # its client comes with the extra ``dev``
    from leancity.core.testing.socket import Socket

PLACE = re.compile(r"{(\w+)}")
"""Where a message takes a parameter."""

Probe: TypeAlias = Callable[[City, str], Awaitable[bool | None]]
"""Answers True for open, False for closed, None where the module has nothing behind this door."""
OpenSocket: TypeAlias = Callable[[City, TestUser], "AbstractAsyncContextManager[Socket]"]


async def _schema(city: City, module: str) -> bool | None:
    if module not in installed_modules().graphql():
        return None
    seen = (await schema_seen(city)).of(module)
    return bool(seen.queries or seen.mutations or seen.types)


async def subscriptions_on(open_socket: OpenSocket, city: City, module: str) -> bool | None:
    """On a socket: does the city have the module's subscriptions?"""
    types = installed_modules().graphql().get(module)
    if types is None or types.subscription is None:
        return None
    async with open_socket(city, await city.user()) as socket:
        return bool((await schema_on(socket)).of(module).subscriptions)


async def _subscription(city: City, module: str) -> bool | None:
    return await subscriptions_on(City.socket, city, module)


async def _route(city: City, module: str) -> bool | None:
    routes = _routes(module)
    if not routes:
        return None
    answers = []
    for route in routes:
        # A stranger learns that the module exists from a 405 or from an Allow header as well as from a 200.
        for method in ("GET", "POST", "DELETE", "OPTIONS"):
            answer = await city.request(method, route.path)
            if answer.status_code != 404:
                answers.append(answer.status_code)
    return bool(answers)


def _routes(module: str) -> list[HTTPRoute]:
    """Return the routes of a module that need no parameters in their path."""
    handlers = dict(installed_modules().collect("register_routes")).get(module, ())
    mounted = Router(path=f"/m/{module}", route_handlers=list(handlers))
    return [route for route in mounted.routes if isinstance(route, HTTPRoute) and not route.path_parameters]


async def _enqueue(city: City, module: str) -> bool | None:
    async def ask(name: str) -> None:
        await enqueue(name, {}, now())

    return await _all(city, _jobs(module), ask)


async def _job(city: City, module: str) -> bool | None:
    """A job that was asked for while the door was open: does it run, or wait?"""
    names = _jobs(module)
    if not names:
        return None
    async with city.serving(), tenant_tx(write=True):
        row = JobRow(name=names[0], payload="{}", run_at=now(), created_at=now())
        await row.save()
        await Due.insert(Due(id=row.id, tenant_id=city.tenant.id, kind="job", run_at=row.run_at))
    await run_job(city.tenant.id, row.id)
    async with city.serving(), tenant_tx():
        await row.refresh()
    return bool(row.state == "done" or row.attempts > 0)


def _jobs(module: str) -> list[str]:
    return sorted(name for name in installed_modules().jobs if name.partition(".")[0] == module)


async def _schedule(city: City, module: str) -> bool | None:
    """Is a chain of the module's schedule begun, and does one that was begun before ask for the job?"""
    mine = [each for each in schedules().values() if each.name.partition(".")[0] == module]
    if not mine:
        return None
    answers = set()
    for each in mine:
        slot = last_slot(each.cron, city.tenant.zone_info, now())
        if slot is None:
            raise AssertionError(f"{each.name} never comes")
        async with city.serving(), tenant_tx(write=True):
            await JobRow.delete().where((JobRow.name == each.job) | JobRow.key.like(f"schedule:{each.name}:%"))
            answers.add(await begin_schedules() > 0)
            await tick({"schedule": each.name, "slot": slot.isoformat()})
            answers.add(await JobRow.exists().where(JobRow.name == each.job))
    return _agreed(answers)


async def _service_task(city: City, module: str) -> bool | None:
    """May a process of the city ask for the module's services?"""
    names = [topic for topic in installed_modules().service_tasks if topic.partition(".")[0] == module]

    async def find(topic: str) -> None:
        task_of(topic)

    async def listed(topic: str) -> None:
        if topic not in topics():
            raise ModuleClosed(module)

    return _agreed({await _all(city, names, find), await _all(city, names, listed)})


async def _process(city: City, module: str) -> bool | None:
    """Does a process of the module exist for the city?"""
    keys = [key for key in installed_modules().processes if key.partition(".")[0] == module]

    async def find(key: str) -> None:
        try:
            async with tenant_tx():
                await find_process(key)
        except Refused as refused:
            raise ModuleClosed(module) from refused

    return await _all(city, keys, find)


async def _event(city: City, module: str) -> bool | None:
    """A listener is reached by a job of its own: is there one?"""
    modules = installed_modules()
    heard = [event for event in sorted(hooks.LISTENERS) if module in modules.listeners(event, modules.names)]
    if not heard:
        return None
    answers = set()
    for event in heard:
        async with city.serving(), tenant_tx(write=True):
            before = await _deliveries(event, module)
            await tell(event, **_example(event))
            answers.add(await _deliveries(event, module) > before)
    return _agreed(answers)


async def _deliveries(event: str, module: str) -> int:
    rows = await JobRow.select(JobRow.payload).where(JobRow.name == "core.deliver")
    payloads = [json.loads(row["payload"]) for row in rows]
    return len([each for each in payloads if (each["event"], each["module"]) == (event, module)])


def _example(event: str) -> dict[str, Any]:
    """Return arguments for an event that concern nothing in the city."""
    names = inspect.signature(getattr(hooks, event)).parameters
    return {name: str(new_id()) if name.endswith("_id") else "core.nothing" for name in names}


async def _import(city: City, module: str) -> bool | None:
    async def find(name: str) -> None:
        find_target(name)

    return await _all(city, [t.name for t in all_targets() if t.name.partition(".")[0] == module], find)


async def _settings(city: City, module: str) -> bool | None:
    modules = installed_modules()
    kinds = dict(modules.collect("register_settings"))
    if module not in kinds:
        return None

    async def read(_: str) -> None:
        await settings_of(module, kinds[module])

    async def change(_: str) -> None:
        await change_settings(modules, module, {})

    return _agreed({await _all(city, [module], read), await _all(city, [module], change)})


async def _customs(city: City, module: str) -> bool | None:
    names = [each.name for each in installed_modules().customs.values() if each.module == module]

    async def read(name: str) -> None:
        current_items(name)

    async def listed(name: str) -> None:
        if name not in collections():
            raise ModuleClosed(module)

    if not names:
        return None
    return _agreed({await _all(city, names, read), await _all(city, names, listed)})


async def _case(city: City, module: str) -> bool | None:
    kinds = [kind.key for kind in installed_modules().case_kinds.values() if kind.module == module]
    return await _all(city, kinds, draw_number)


async def _permission(city: City, module: str) -> bool | None:
    names = [name for name in installed_modules().permissions if name.partition(".")[0] == module]
    if not names:
        return None
    user = await city.user(*names)
    async with city.serving(as_=user):
        return _agreed({user.principal.can(name) for name in names})


async def _texts(city: City, module: str) -> bool | None:
    texts = dict(installed_modules().collect("register_texts")).get(module)
    if texts is None:
        return None
    found = read_catalogue(texts.folder)
    places = {place for messages in found.values() for words in messages.values() for place in PLACE.findall(words)}
    filled = {place: place for place in places}
    async with city.serving():
        return _agreed(
            {
                text(key, locale, filled) == words.format_map(filled)
                for locale, messages in found.items()
                for key, words in messages.items()
            }
        )


async def _notification(city: City, module: str) -> bool | None:
    keys = {key for key in installed_modules().notifications if key.partition(".")[0] == module}
    if not keys:
        return None
    async with city.serving(), tenant_tx():
        known = {rule.key for rule in await rules()}
    return _agreed({key in known for key in keys})


async def _all(city: City, names: Iterable[str], ask: Callable[[str], Awaitable[object]]) -> bool | None:
    """Tell whether ``ask`` finds each of ``names`` open."""
    answers = set()
    for name in names:
        async with city.serving():
            try:
                await ask(name)
            except ModuleClosed:
                answers.add(False)
            else:
                answers.add(True)
    return _agreed(answers)


def _agreed(answers: set[bool] | set[bool | None]) -> bool | None:
    """Return the one answer; a door that is open for a part of the module only is a hole."""
    if len(answers) > 1:
        raise AssertionError("the door is half open")
    return next(iter(answers), None)


PROBES: dict[str, Probe] = {
    "schema": _schema,
    "subscription": _subscription,
    "route": _route,
    "enqueue": _enqueue,
    "job": _job,
    "schedule": _schedule,
    "service_task": _service_task,
    "process": _process,
    "event": _event,
    "import": _import,
    "settings": _settings,
    "customs": _customs,
    "case": _case,
    "permission": _permission,
    "texts": _texts,
    "notification": _notification,
}
"""The doors that a test can reach without leaving the kernel. ``field`` and ``demo`` are the house's own to test."""
