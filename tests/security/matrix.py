"""The measured matrix: ``python -m tests.security.matrix`` prints it for people to review, and writes no file."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from leancity.core.db.engine import close_pool, open_pool
from leancity.core.plugins.manager import installed_modules
from leancity.core.testing.city import new_city
from leancity.core.testing.platform import Platform, free_place, running_platform
from leancity.graphql.schema import Schema, build_schema
from tests.security.actors import PRINCIPALS
from tests.security.asking import Desk, is_personal, over_http, questions_of
from tests.security.doors import Knock, knocks
from tests.security.keys import rows_of
from tests.security.questions import Broken, Question
from tests.security.table import print_table
from tests.security.world import World, make_world

AT_ONCE = 4
NEEDED = ("DATABASE_URL", "LEANCITY_FILES", "LEANCITY_SECRET_KEY", "SMTP_URL", "MAIL_FROM", "LEANCITY_OUTGOING_PRIVATE")


def full_schema() -> Schema:
    """Return the schema with every installed module on."""
    modules = installed_modules()
    return build_schema(modules, modules.names)


def all_questions(schema: Schema) -> list[Question]:
    """Return the questions of every row of the schema."""
    return questions_of(schema._schema, rows_of(schema))


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What everybody may; ``done``: the mutations that somebody really carried out; ``broken``: no answers at all."""

    cells: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))
    done: set[str] = field(default_factory=set)
    broken: list[str] = field(default_factory=list)


async def measured(world: World, questions: Sequence[Question], routes: Sequence[Knock]) -> Measured:
    """Ask everything as everybody over HTTP: first what only reads, last what people do to their own account."""
    found = Measured()
    async with over_http(world) as http:
        desk = Desk(world=world, door=http)
        places = asyncio.Semaphore(AT_ONCE)

        async def ask_all(question: Question) -> None:
            async with places:
                for name in PRINCIPALS:
                    await _ask(found, desk, question, name)

        await asyncio.gather(*(ask_all(question) for question in questions if not question.deed))
        deeds = [question for question in questions if question.deed and not is_personal(question)]
        await asyncio.gather(*(ask_all(question) for question in deeds))
        for question in questions:
            if is_personal(question):
                await ask_all(question)
        for knock in routes:
            found.cells[knock.key] = {name: await knock.cell(http, world, world.actors[name]) for name in PRINCIPALS}
    return found


async def _ask(found: Measured, desk: Desk, question: Question, name: str) -> None:
    try:
        answer = await desk.ask(question, name)
        found.cells[question.key][name] = question.cell(answer, desk.world.ids)
    except Broken as broken:
        found.broken.append(f"{question.key} as {name}: {broken}")
        return
    if question.deed and question.is_done(answer):
        found.done.add(question.key)


async def _printed(platform: Platform) -> str:
    await open_pool(platform.app_url, size=5)
    try:
        names = installed_modules().names
        world = await make_world(await new_city(platform, names), await new_city(platform, names))
        questions, routes = all_questions(full_schema()), knocks()
        found = await measured(world, questions, routes)
    finally:
        await close_pool()
    sys.stderr.writelines(f"{line}\n" for line in found.broken)
    return print_table(
        found.cells, [*(question.key for question in questions), *(knock.key for knock in routes)], PRINCIPALS
    )


def main() -> None:
    """Start a platform below ``.leancity/test``, as the tests do, and print what everybody may on it."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    root = Path(__file__).parents[2] / ".leancity" / "test"
    with free_place(root) as place, running_platform(place) as platform:
        os.environ.update({name: platform.environment[name] for name in NEEDED})
        sys.stdout.write(asyncio.run(_printed(platform)) + "\n")


if __name__ == "__main__":
    main()
