"""A town that keeps a registry: units, an analyst who may change it, a reader, somebody who may neither."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio

from leancity.core.identity.units import create_unit
from leancity.core.processes.registry import demo
from leancity.core.testing.city import City, TestUser

FUNCTION = "function { id key stage version }"
ERRORS = "errors { field code message }"
DEMO = Path(demo.__file__).parent


@dataclass(frozen=True, kw_only=True)
class Town:
    """``units`` by key."""

    city: City
    units: dict[str, uuid.UUID]
    analyst: TestUser
    reader: TestUser
    outsider: TestUser

    async def ask(self, query: str, *, as_: TestUser | None = None, **variables: Any) -> Any:
        """Return what the only root field answers, to the analyst unless told."""
        data = await self.city.data(query, variables, as_=as_ or self.analyst, locale="ru")
        (answer,) = data.values()
        return answer

    async def do(self, name: str, fields: str, **arguments: Any) -> Any:
        """Run a mutation with plain arguments (an enum's value as ``Word``) and return its payload."""
        said = ", ".join(f"{key}: {spelled(value)}" for key, value in arguments.items())
        return await self.ask(f"mutation {{ {name}({said}) {{ {ERRORS} {fields} }} }}")

    async def done(self, name: str, fields: str = FUNCTION, **arguments: Any) -> Any:
        """Run a mutation that must succeed and return its payload."""
        payload = await self.do(name, fields, **arguments)
        assert payload["errors"] == [], payload
        return payload

    async def codes(self, name: str, **arguments: Any) -> list[tuple[str, str]]:
        """Run a mutation that must be refused and return the field and code of each thing wrong."""
        payload = await self.do(name, "", **arguments)
        assert payload["errors"], "it was done"
        return [(error["field"], error["code"]) for error in payload["errors"]]

    async def uploaded(self, name: str, content: bytes) -> dict[str, str]:
        """Upload a file as the analyst."""
        files = {"file": (name, content, "application/octet-stream")}
        answer = await self.city.request("POST", "/files", as_=self.analyst, files=files)
        assert answer.status_code == 201, answer.text
        kept: dict[str, str] = answer.json()
        return {"fileId": kept["id"], "claim": kept["claim"]}


class Word(str):
    """An enum's value, which GraphQL spells without quotes."""

    __slots__ = ()


def spelled(value: Any) -> str:
    """Return a value as GraphQL writes it."""
    match value:
        case Word():
            return str(value)
        case dict():
            return "{" + ", ".join(f"{key}: {spelled(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(spelled, value)) + "]"
        case uuid.UUID():
            return f'"{value}"'
    return json.dumps(value, ensure_ascii=False)


@pytest_asyncio.fixture
async def town(city: City) -> Town:
    return await furnished(city)


async def furnished(city: City) -> Town:
    """Return a city's town."""
    units: dict[str, uuid.UUID] = {}
    async with city.serving():
        for key, title, parent in (
            ("administration", "Администрация города", None),
            ("roads", "Департамент городского хозяйства", "administration"),
            ("improvement", "Управление благоустройства", "administration"),
            ("dispatch", "Единая диспетчерская", "roads"),
        ):
            units[key] = await create_unit(key, title, units.get(parent or ""))
    return Town(
        city=city,
        units=units,
        analyst=await city.user("core.process.read", "core.process.change", "core.unit.read"),
        reader=await city.user("core.process.read"),
        outsider=await city.user("core.unit.read", "core.case.read"),
    )
