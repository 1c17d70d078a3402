"""What tests of processes share: an invented module ``desk`` whose service answers from outside or within the step."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from leancity.core.db.unit import tenant_tx
from leancity.core.identity.tables import OrgUnit
from leancity.core.jobs.registry import jobs
from leancity.core.plugins import manager
from leancity.core.plugins.contributions import Manifest, ServiceTask
from leancity.core.plugins.hooks import hookimpl
from leancity.core.plugins.manager import installed_modules

BOTH = {"en": "Desk", "ru": "Стойка"}


class Desk:
    """The module's handler: what it was asked, and what it does next."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, Any], str]] = []
        self.errors: list[Exception] = []

    async def write(self, facts: dict[str, Any], key: str) -> dict[str, Any]:
        """Write a row in the transaction of the step before it answers, or fails."""
        async with tenant_tx(write=True):
            await OrgUnit(key=f"desk-{len(self.asked)}", title="x").save()
        return await self.answer(facts, key)

    async def answer(self, facts: dict[str, Any], key: str) -> dict[str, Any]:
        self.asked.append((facts, key))
        if self.errors:
            raise self.errors.pop(0)
        return {"answer": 42}


@pytest.fixture
def desk(platform: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Install the module with the topics ``desk.ask`` (outside) and ``desk.write``, as its entry point would."""
    desk, caches = Desk(), (installed_modules, jobs)
    plugin = ModuleType("desk_plugin")

    def register_module() -> Manifest:
        return Manifest(name="desk", title=BOTH, summary=BOTH, kind="module", version="1.0")

    def register_service_tasks() -> list[ServiceTask]:
        outside = ServiceTask(topic="desk.ask", title=BOTH, run=desk.answer, is_outside=True, inputs=("question",))
        return [outside, ServiceTask(topic="desk.write", title=BOTH, run=desk.write)]

    for hook in (register_module, register_service_tasks):
        setattr(plugin, hook.__name__, hookimpl(hook))
    monkeypatch.setattr(manager, "discover", lambda allowed: {"desk": plugin})
    for cache in caches:
        cache.cache_clear()
    yield desk
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()
