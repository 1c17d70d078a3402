"""Who may read processes and nothing else is told no person's name: by no figure, no list, no file and no report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import httpx
import pytest
from graphql import GraphQLObjectType, get_named_type

from leancity.core.processes.figures.cut import READ
from leancity.graphql.schema import Schema
from tests.core.processes.reports.desk import sheets
from tests.core.processes.reports.pdf import text_of
from tests.security.actors import signed_in
from tests.security.asking import Http, InProcess, over_http
from tests.security.doors import knocks
from tests.security.matrix import all_questions, full_schema
from tests.security.process_measured import PERFORMER
from tests.security.world import World

NAMING = {
    "OwnerReport [core.unit.read]",
    "HTTP GET /processes/reports/{report_id:uuid}/report.pdf",
    "HTTP GET /processes/reports/{report_id:uuid}/report.xlsx",
}
"""What names the owner of a process; were people not looked for rightly, they would not be found here either."""
_PEOPLE = "select name, login, email, phone from user_account where tenant_id = $1 and id <> $2"


@pytest.mark.long
async def test_who_only_reads_processes_is_told_no_name(world: World) -> None:
    reader = await signed_in(world.city, "reader", (await world.city.user(READ)).id)
    people = await world.city.rows(_PEOPLE, reader.user_id)
    names = {PERFORMER, *(value for row in people for value in row if value)}
    assert len(names) > 20, "there are too few people whose names could be told"
    world.actors["reader"] = reader
    async with over_http(world) as http:
        told = await _told(world, http, "reader", names)
        chief = await _told(world, http, "chief", names)
    assert not told, f"told to who may only read processes: {told}"
    assert chief.keys() >= NAMING, f"not even who may see everybody is told their names: {sorted(chief)}"


async def _told(world: World, http: Http, name: str, names: Iterable[str]) -> dict[str, list[str]]:
    """Return the names that an actor is told by what only reads, by the key of the question or the route."""
    schema, actor, found = full_schema(), world.actors[name], {}
    door, naming = InProcess(schema=schema, world=world), _naming(schema)
    for question in all_questions(schema):
        if not question.deed and not question.text.startswith("subscription"):
            answer = await door.ask(actor, world.filled(naming.sub(r"\1 { name }", question.text)), {})
            found[question.key] = json.dumps(answer, default=str, ensure_ascii=False)
    for knock in knocks():
        if knock.method == "GET":
            path = knock.request.path.format_map(world.ids)
            found[knock.key] = _text(await http.request(actor, "GET", path))
    return {key: seen for key, text in found.items() if (seen := [each for each in names if _is_in(each, text)])}


def _naming(schema: Schema) -> re.Pattern[str]:
    """Return where a question asks for a person, of whom it wants to know no more than that they are there."""
    types = [each for each in schema._schema.type_map.values() if isinstance(each, GraphQLObjectType)]
    leads = {(name, get_named_type(one.type).name) for each in types for name, one in each.fields.items()}
    people = {name for name, to in leads if to == "User"} - {name for name, to in leads if to != "User"}
    return re.compile(rf"\b({'|'.join(sorted(people))}) {{ __typename }}")


def _text(answer: httpx.Response) -> str:
    """Return what a person finds in an answer."""
    if answer.content.startswith(b"%PDF-"):
        return text_of(answer.content)
    if answer.content.startswith(b"PK"):
        return str(sheets(answer.content))
    return answer.content.decode("utf-8", "replace")


def _is_in(name: str, text: str) -> bool:
    # A PDF is read back without its spaces.
    return name in text or name.replace(" ", "") in text
