"""Everybody may exactly what the reviewed file says, over HTTP; the file has a line for everything there is."""

from __future__ import annotations

import pytest

from leancity.graphql.schema import Schema
from tests.security.actors import PRINCIPALS
from tests.security.asking import MissingWay, questions_of
from tests.security.doors import knocks
from tests.security.keys import Row, rows_of
from tests.security.matrix import all_questions, full_schema, measured
from tests.security.table import FILE, TableError, print_table, read_table, without_plus
from tests.security.world import World

LEGEND = "+ may, - may not, m sees it masked, ! may and should not"


@pytest.fixture(scope="module")
def schema() -> Schema:
    return full_schema()


def test_the_file_has_a_line_for_everything(schema: Schema) -> None:
    table = read_table(FILE.read_text("utf-8"), PRINCIPALS)
    keys = [*(each.key for each in all_questions(schema)), *(each.key for each in knocks())]
    empty = {key: dict.fromkeys(PRINCIPALS, ".") for key in keys if key not in table}
    assert not empty, f"add to {FILE}, in the place of the dots ({LEGEND}):\n{print_table(empty, empty, PRINCIPALS)}"
    assert not table.keys() - {*keys}, f"remove from {FILE}: {sorted(table.keys() - {*keys})}"


def test_what_nobody_may_is_explained() -> None:
    text = FILE.read_text("utf-8")
    bare = without_plus(text, read_table(text, PRINCIPALS))
    assert not bare, f"say behind a # on the line why nobody may: {bare}"


async def test_everybody_may_what_the_file_says(world: World, schema: Schema) -> None:
    table = read_table(FILE.read_text("utf-8"), PRINCIPALS)
    found = await measured(world, all_questions(schema), knocks())
    assert not found.broken, "\n".join(found.broken)
    wrong = [
        f"{key}: {name} is {cell}, the file says {said}"
        for key, cells in found.cells.items()
        for name, cell in cells.items()
        if (said := table.get(key, {}).get(name, "nothing")).replace("!", "+") != cell
    ]
    assert not wrong, f"({LEGEND})\n" + "\n".join(wrong)
    idle = {key for key in found.cells if key.startswith("Mutation.")} - found.done
    assert not idle, f"nobody really carried these out, so their + proves nothing: {sorted(idle)}"


def test_what_has_no_way_is_told(schema: Schema) -> None:
    ghost = Row(key="Ghost [open]", type="Ghost", fields=("name",), guards=(), is_root=False)
    with pytest.raises(MissingWay, match=r"Ghost \[open\]: add its way to tests/security/ways.py"):
        questions_of(schema._schema, [*rows_of(schema), ghost])
    with pytest.raises(MissingWay, match="User: nothing of the schema is called so"):
        questions_of(schema._schema, [row for row in rows_of(schema) if row.type != "User"])


def test_a_wrong_file_is_told_by_its_line() -> None:
    head = f"key {' '.join(PRINCIPALS)}"
    for text in ("", "key anonymous", f"{head}\nQuery.x + -", f"{head}\nQuery.x {'y ' * len(PRINCIPALS)}"):
        with pytest.raises(TableError):
            read_table(text, PRINCIPALS)
    row = f"Query.x {'- ' * len(PRINCIPALS)}"
    with pytest.raises(TableError, match="twice"):
        read_table(f"{head}\n{row}\n{row}", PRINCIPALS)
    assert without_plus(f"{head}\n{row}", read_table(f"{head}\n{row}", PRINCIPALS)) == ["Query.x"]
    assert without_plus(f"{head}\n{row} # why", read_table(f"{head}\n{row}", PRINCIPALS)) == []
