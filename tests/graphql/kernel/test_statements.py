"""How many statements a page of the inbox costs: the same for three rows and for twenty-five."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

from leancity.core.cases.assignment import assign
from leancity.core.cases.comments import comment
from leancity.core.cases.handover import hand_over
from leancity.core.cases.pauses import pause
from leancity.core.cases.relations import relate
from leancity.core.db import unit
from leancity.core.plugins.manager import Modules
from leancity.graphql.execution import Caller, execute, prepare
from leancity.graphql.http import Params
from leancity.graphql.schema import build_schema
from tests.graphql.kernel.conftest import Office

CALLER = Caller(may_explore=True, may_change=False)
ROW = """number status isOverdue isPaused dueAt kind { key title } unit { title } assignee { name } author { name }
  terms { kind amount unit dueAt } availableMoves { name }"""
LISTS = """pauses { reason } comments { body author { name } } files { name } handovers { state receiver { key } }
  relations { other { number unit { key } } } leadTime { duration { clockSeconds } }
  timeline(first: 3) { totalCount edges { node { title actor { name } user { name } unit { key } } } }"""


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Collect the statements of the block, without those that open and close its one snapshot."""
    statements: list[str] = []
    begin = unit._begin

    async def watched(tenant_id: int, *, writable: bool) -> Any:
        connection, transaction = await begin(tenant_id, writable=writable)
        connection.add_query_logger(lambda record: statements.append(record.query))
        return connection, transaction

    with monkeypatch.context() as patch:
        patch.setattr(unit, "_begin", watched)
        yield statements


async def test_a_page_costs_the_same_whatever_its_size(
    office: Office, modules: Modules, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = build_schema(modules, modules.names)

    async def cost(selection: str, first: int) -> int:
        query = f"{{ inbox(first: {first}) {{ totalCount edges {{ node {{ {selection} }} }} }} }}"
        with counted(monkeypatch) as statements:
            async with office.city.serving(as_=office.dispatcher):
                params = Params(query=query)
                answer = await execute(schema, params, prepare(schema, params, CALLER))
        assert "errors" not in answer, answer
        nodes = [edge["node"] for edge in answer["data"]["inbox"]["edges"]]
        assert len(nodes) == first
        assert all(value for node in nodes for name, value in node.items() if name in {"unit", "assignee", "terms"})
        assert all(node["timeline"]["totalCount"] > 3 for node in nodes if "timeline" in node)
        return len(statements)

    filed = [UUID((await office.filed(unit=office.roads))["id"]) for _ in range(25)]
    async with office.city.serving(as_=office.dispatcher):
        for case, other in zip(filed, [*filed[1:], filed[0]], strict=True):
            await assign(case, office.dispatcher.id)
            await comment(case, "x")
            await hand_over(case, UUID(office.parks))
            await relate(case, other, "related")
            await pause(case, "rain")
    assert 5 < await cost(ROW, 3) == await cost(ROW, 25) <= 11
    assert 10 < await cost(f"number {LISTS}", 3) == await cost(f"number {LISTS}", 25) <= 40
