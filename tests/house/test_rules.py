"""The house rules, held by every file; an exemption has a reason and expires when nothing needs it any more."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

import pytest

from tests.house import rules
from tests.house.source import CODE, named, python_files


@dataclass(frozen=True, kw_only=True)
class HouseRule:
    """``folders``: whom it binds; ``allowed``: a file, or a folder ending in /, → why not it.

    ``breaks``: snippets that break it, ``keeps``: that do not.
    """

    rule: rules.Rule
    folders: tuple[str, ...] = CODE
    allowed: dict[str, str] = field(default_factory=dict)
    breaks: tuple[str, ...]
    keeps: tuple[str, ...] = ()


KIT = "a test looks at rows past every service, as the application's role; the product imports nothing of the kit"

RULES = {
    "setting": HouseRule(
        rule=rules.setting,
        allowed={
            "core/db/": "the tenant transaction, the policies and the search function are made of it",
            "core/testing/city.py": KIT,
        },
        breaks=(
            "x = 'set app.tenant = 1'",
            "await connection.execute('select leancity_enter($1)', 1)",
            "x = f'set local app.tenant = {y}'",
        ),
        keeps=('"""Sets app.tenant."""', "x = 'application'"),
    ),
    "sql": HouseRule(
        rule=rules.sql,
        allowed={
            "core/db/": "the DDL pass, migrations and roles write SQL from declarations, never from input",
            "core/testing/city.py": KIT,
            "graphql/execution.py": "the document of GraphQL, not SQL",
            "modules/city_problems/reading.py": "one function runs the constants of its file",
        },
        breaks=(
            "await connection.fetch(f'select {x}')",
            "await unit.connection.execute(query)",
            "await pool().fetchval('select ' + name)",
            "def f():\n    sql = 'select ' + x\n    return connection.fetchrow(sql)",
            "Table.raw(f'select {x}')",
            "WhereRaw('a = ' + x)",
            "await connection.fetch('select {}'.format(x))",
        ),
        keeps=(
            "await connection.fetch('select $1', x)",
            "_A = 'select '\n_B = _A + '1'\nawait connection.fetch(_B, x)",
            "from other import SQL\nA = SQL.format(cell='c')\nawait connection.fetch(A)",
            "WhereRaw('a = {}', x)",
        ),
    ),
    "piccolos_transactions": HouseRule(
        rule=rules.piccolos_transactions,
        allowed={"core/db/": "opens asyncpg's own transactions, the one place that does", "core/testing/city.py": KIT},
        breaks=("async with engine.transaction(): pass", "Table._meta.db.atomic()", "await Table.select().batch()"),
        keeps=("async with tenant_tx(write=True): pass",),
    ),
    "stand_ins": HouseRule(
        rule=rules.stand_ins,
        folders=(*CODE, "tests"),
        breaks=(
            "from unittest.mock import patch",
            "from unittest import mock",
            "import unittest.mock",
            "x = MagicMock()",
            "from dramatiq.brokers.stub import StubBroker",
            "import fakeredis",
            "broker = stub.StubBroker()",
        ),
        keeps=("import unittest", "monkeypatch.setattr(a, 'b', c)"),
    ),
    "present": HouseRule(
        rule=rules.present,
        allowed={"core/moment.py": "it is the one place"},
        breaks=("datetime.now(UTC)", "datetime.utcnow()", "datetime.datetime.now()", "date.today()"),
        keeps=("now()", "moment.now()"),
    ),
    "foreign_keys": HouseRule(
        rule=rules.foreign_keys,
        breaks=("x = ForeignKey(User)", "x = columns.ForeignKey('self')"),
        keeps=("isinstance(x, ForeignKey)",),
    ),
    "kit": HouseRule(
        rule=rules.kit,
        allowed={"core/testing/": "it is the kit"},
        breaks=(
            "from leancity.core.testing.city import City",
            "import leancity.core.testing",
            "from tests.house import x",
        ),
        keeps=("from leancity.core.tenancy import context",),
    ),
    "prints": HouseRule(rule=rules.prints, breaks=("print('x')",), keeps=("click.echo('x')", "pprint(x)")),
}


@pytest.mark.parametrize("name", RULES)
def test_every_file_keeps_the_rule(name: str) -> None:
    house = RULES[name]
    needed: set[str] = set()
    broken = []
    for path in python_files(*house.folders):
        where = named(path)
        exempt = {place for place in house.allowed if where == place or (place[-1] == "/" and where.startswith(place))}
        for line, what in house.rule(ast.parse(path.read_text("utf-8"))):
            needed |= exempt
            if not exempt:
                broken.append(f"{where}:{line}: {what}")
    assert not broken, f"{name}: {house.rule.__doc__}\n" + "\n".join(broken)
    stale = house.allowed.keys() - needed
    assert not stale, f"{name}: nothing in {sorted(stale)} needs its exemption any more"


@pytest.mark.parametrize(("name", "snippet"), [(name, each) for name, house in RULES.items() for each in house.breaks])
def test_what_breaks_the_rule_is_seen(name: str, snippet: str) -> None:
    assert list(RULES[name].rule(ast.parse(snippet)))


@pytest.mark.parametrize(("name", "snippet"), [(name, each) for name, house in RULES.items() for each in house.keeps])
def test_what_keeps_the_rule_is_let_pass(name: str, snippet: str) -> None:
    assert not list(RULES[name].rule(ast.parse(snippet)))
