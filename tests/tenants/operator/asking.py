"""How the tests ask the operator's place for something, and read what it left in the logs."""

from __future__ import annotations

import json
from typing import Any

from leancity.core.testing.city import City, TestUser

CITY = """slug state kind hosts plan region limits { people storage modules } modules { name isInstalled }"""
HEALTH = "{ operator { city(slug: %s) { health { status checks { key status figure title text } } } } }"


def asked(name: str, selection: str, **arguments: Any) -> str:
    """Return a mutation with its arguments written out."""
    given = ", ".join(f"{key}: {written(value)}" for key, value in arguments.items())
    return f"mutation {{ {name}{f'({given})' if given else ''} {{ errors {{ field code message }} {selection} }} }}"


def written(value: Any) -> str:
    """Return a value as GraphQL writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


async def do(
    place: City, who: TestUser, name: str, selection: str = f"city {{ {CITY} }}", **arguments: Any
) -> dict[str, Any]:
    """Carry a mutation out that must succeed and return its payload."""
    payload: dict[str, Any] = (await place.data(asked(name, selection, **arguments), as_=who))[name]
    assert payload["errors"] == [], payload["errors"]
    return payload


async def refused(place: City, who: TestUser, name: str, **arguments: Any) -> list[tuple[str | None, str]]:
    """Return the fields and codes that a mutation is refused with."""
    payload = (await place.data(asked(name, "__typename", **arguments), as_=who))[name]
    assert payload["errors"], "it was not refused"
    assert not [each for each in payload["errors"] if each["message"].startswith("operator.")], "a text is missing"
    return [(each["field"], each["code"]) for each in payload["errors"]]


async def logged(city: City, action: str) -> list[dict[str, Any]]:
    """Return the data of the audit rows of an action in a city."""
    rows = await city.rows(
        "select data::text as data from audit_event where tenant_id = $1 and action = $2 order by at, id", action
    )
    return [json.loads(row["data"]) for row in rows]


async def health(place: City, who: TestUser, city: City, locale: str = "en") -> dict[str, Any]:
    """Return a city's health: ``status``, and ``checks`` by key."""
    answer = await place.data(HEALTH % json.dumps(city.tenant.slug), as_=who, locale=locale)
    found = answer["operator"]["city"]["health"]
    return {"status": found["status"], "checks": {each["key"]: each for each in found["checks"]}}
