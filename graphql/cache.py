"""One schema per set of modules: built once, off the event loop, the most recently used kept."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from leancity.core.plugins.manager import Modules
from leancity.graphql.schema import Schema, build_schema

KEPT = 64  # schemas; 14 modules of 25 types take about 3 MB each


class SchemaCache:
    """The schemas of one application."""

    def __init__(
        self,
        modules: Modules,
        *,
        kept: int = KEPT,
        build: Callable[[Modules, frozenset[str]], Schema] = build_schema,
    ) -> None:
        self._modules = modules
        self._kept = kept
        self._build = build
        self._schemas: OrderedDict[frozenset[str], Schema] = OrderedDict()
        self._builds: dict[frozenset[str], asyncio.Task[Schema]] = {}
        self._one_at_a_time = threading.Lock()  # schemas share the modules' field objects, which building resolves

    async def schema_for(self, subscribed: Iterable[str]) -> Schema:
        """Return the schema of a city with these modules. Concurrent callers of one set wait for one build."""
        modules = self._modules.closure(subscribed)
        schema = self._schemas.get(modules)
        if schema is not None:
            self._schemas.move_to_end(modules)
            return schema
        build = self._builds.get(modules)
        if build is None:
            build = self._builds[modules] = asyncio.create_task(self._make(modules))
        return await asyncio.shield(build)  # a caller that gives up leaves the others their build

    async def _make(self, modules: frozenset[str]) -> Schema:
        try:
            schema = await asyncio.to_thread(self._locked_build, modules)
        finally:
            del self._builds[modules]
        self._schemas[modules] = schema
        while len(self._schemas) > self._kept:
            self._schemas.popitem(last=False)
        return schema

    def _locked_build(self, modules: frozenset[str]) -> Schema:
        with self._one_at_a_time:
            return self._build(self._modules, modules)
