"""Rows read out as text and written in again are the same rows, whatever is in them."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leancity.core.db import rows
from leancity.core.db.rows import Shape, shapes
from leancity.core.db.schema import POLICY
from leancity.core.db.unit import tenant_tx
from leancity.core.tenancy.context import Tenant, enter
from tests.tenants.archive.conftest import Elsewhere

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
moments = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 30))  # noqa: DTZ001 - UTC is added
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": words
    | st.sampled_from(["", " ", "\\N", "\\", '"', "null", "{}", "a\nb\r\n", "\u2028", "Ё🕳\u0301", "%s$1"]),
    "character varying": words,
    "jsonb": st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | words,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
        max_leaves=8,
    ).map(json.dumps),
    "bytea": st.binary(max_size=40),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False) | st.sampled_from([Decimal("1.50"), Decimal("NaN")]),
    "double precision": st.floats() | st.sampled_from([0.1 + 0.2, -0.0, 5e-324]),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "integer": st.integers(-(2**31), 2**31 - 1),
    "boolean": st.booleans(),
    "uuid": st.uuids(),
    "date": st.dates() | st.sampled_from([date.min, date.max]),
    "timestamp with time zone": moments.map(lambda moment: moment.replace(tzinfo=UTC)),
    "time without time zone": st.times() | st.just(time.max),
    "interval": st.timedeltas(timedelta(days=-9999), timedelta(days=9999)),
    "text[]": st.lists(words | st.none() | st.sampled_from(["", "NULL", "null", '"', "{,}", "\\"]), max_size=4),
    "bigint[]": st.lists(st.integers(-(2**63), 2**63 - 1) | st.none(), max_size=3),
}
TYPES = {f"of_{number}": type_ for number, type_ in enumerate(VALUES)}
PROBE = Shape(
    name="Probe",
    types={"id": "uuid", **TYPES},
    required=frozenset(),
    later=("of_9",),
    sealed=(),
    append_only=False,
)
SAME = " and ".join(f"a.{column} is not distinct from b.{column}" for column in TYPES)


@pytest_asyncio.fixture
async def probe(elsewhere: Elsewhere) -> AsyncIterator[Any]:
    """A table with a column of every type, and a connection that sees all of it."""
    owner = await asyncpg.connect(elsewhere.platform.migrate_url)
    columns = ", ".join(f"{column} {type_}" for column, type_ in TYPES.items())
    await owner.execute(
        f'create table "Probe" (tenant_id int, id uuid, {columns}, primary key (tenant_id, id));'
        'alter table "Probe" enable row level security, force row level security;'
        f'create policy tenant on "Probe" using {POLICY} with check {POLICY};'
        'grant select, insert, update on "Probe" to leancity_app'
    )
    async with elsewhere.here():
        yield owner
    await owner.close()


def a_city(number: int) -> Tenant:
    return Tenant(id=number, slug="x", title="x", zone="UTC", locale="ru", is_suspended=True, modules=frozenset())


async def read(city: int) -> list[str]:
    with enter(a_city(city)):
        async with tenant_tx() as unit:
            await rows.read_exactly(unit)
            return [line async for line in rows.lines(unit, PROBE, PROBE.columns, with_sealed=True)]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(*(strategy | st.none() for strategy in VALUES.values())), min_size=1, max_size=6))
async def test_what_is_read_out_is_written_in_the_same(probe: Any, found: list[tuple[Any, ...]]) -> None:
    await probe.execute('delete from "Probe"')
    places = ", ".join(f"${number}" for number in range(3, len(TYPES) + 3))
    for values in found:
        await probe.execute(f'insert into "Probe" values ($1, $2, {places})', 1, uuid.uuid4(), *values)
    lines = await read(1)
    given_rows = [json.loads(line) for line in lines]
    with enter(a_city(2)):
        async with tenant_tx(write=True) as unit:
            await rows.write_plainly(unit)
            assert await rows.fill(unit, PROBE, PROBE.columns, given_rows) == len(found)
            assert await rows.fill(unit, PROBE, PROBE.columns, given_rows) == 0, "what is there stays"
            place = PROBE.columns.index("of_9")
            await rows.put(unit, PROBE, ("id", "of_9"), [(row[0], row[place]) for row in given_rows])
            assert await rows.has(unit, PROBE, given_rows[-1][0]) and await rows.count(unit, PROBE) == len(found)
    assert await read(2) == lines
    same = (
        f'select count(*) from "Probe" a join "Probe" b using (id) where a.tenant_id = 1 and b.tenant_id = 2 and {SAME}'
    )
    assert await probe.fetchval(same) == len(found)


async def test_every_table_of_a_city_is_taken_along_but_passing_ones(elsewhere: Elsewhere) -> None:
    owner: Any = await asyncpg.connect(elsewhere.platform.migrate_url)
    try:
        found = await shapes(owner)
        kept = await owner.fetch(
            "select relname from pg_class where relrowsecurity and relkind = 'r' and relname <> all ($1::text[])",
            ["sign_in_attempts", "sign_in_code", "upload_quota", "oidc_flow", "request_key"],
        )
    finally:
        await owner.close()
    assert {row["relname"] for row in kept} == {*found}
    assert all(shape.columns[0] == "id" and "tenant_id" not in shape.columns for shape in found.values())
    assert "sorted_name" not in found["user_account"].columns, "it is generated"
    names = [*found]
    assert names.index("case_record") < names.index("case_comment")
    assert found["org_unit"].later == ("parent_id",)
