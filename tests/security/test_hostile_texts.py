"""Whatever stands in a text of a mutation, it is taken or refused with a reason: nothing of it is an error of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from leancity.core.errors import Refused
from leancity.core.testing.city import City
from tests.security.actors import within_city
from tests.security.asking import over_http
from tests.security.deeds import DEEDS
from tests.security.matrix import all_questions, full_schema
from tests.security.world import make_world

TEXTS = ("a\0b", "\ud800", "' or 1=1 --", "{{7*7}} %s {0.__class__}", "‮\u200b\u0301", "x" * 100_000, "")


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield where texts stand in arguments."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, str):
        yield above
    for key, each in inner:
        yield from places(each, (*above, key))


def changed(arguments: dict[str, Any], place: tuple[Any, ...], text: str) -> dict[str, Any]:
    """Return arguments with another text in a place."""
    copy: dict[str, Any] = json.loads(json.dumps(arguments))
    inner: Any = copy
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = text
    return copy


@pytest.mark.long
async def test_no_text_is_an_error_of_ours(city: City, another_city: City) -> None:
    world = await make_world(city, another_city)
    chief, asked, wrong = world.actors["chief"], 0, []
    headers = {"Authorization": f"Bearer {chief.secret}"}
    async with over_http(world) as http:
        for question in all_questions(full_schema()):
            deed = DEEDS.get(question.deed)
            if deed is None or deed.is_own or deed.ends_session:
                continue
            try:
                async with within_city(city):
                    arguments = json.loads(json.dumps(await deed.make(world, chief), default=str))
            except Refused:  # an earlier text has been taken, and nothing like it can be made again
                continue
            for place in places(arguments):
                for text in TEXTS:
                    body = {"query": question.text, "variables": changed(arguments, place, text)}
                    answer = await http.client.post("/graphql", headers=headers, content=json.dumps(body).encode())
                    asked += 1
                    if answer.status_code >= 500 or "INTERNAL" in answer.text:
                        wrong.append((question.key, place, text[:20]))
    assert wrong == []
    assert asked > 500
