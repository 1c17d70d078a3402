"""Rows of a city as text: how tables are read out and written in again exactly, whatever types their columns have.

A row is a JSON array of what PostgreSQL prints for each of its columns, null for null. So no value passes through a
number, a date or a JSON object of ours, and JSON's null stays apart from SQL's. Two rows are equal when their lines
are. Names of tables and columns come from the catalogue only; the city's own column is never among them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from leancity.core.db.order import Filling, filling_order
from leancity.core.db.unit import Connection, Unit

Cells: TypeAlias = Sequence[str | None]
"""A row: its id, then its other columns."""

PRESENT = "*"
"""Stands for a sealed value, which is told apart from it."""
AHEAD = 500  # rows that the server is asked for at once

# What a printed value means depends on these, and how one is printed on those.
_MEANT = ("set local datestyle = 'ISO, YMD'", "set local intervalstyle = 'postgres'")
_EXACT = (
    *_MEANT,
    "set local timezone = 'UTC'",
    "set local bytea_output = 'hex'",
    "set local extra_float_digits = 1",
)
_PLAN_ONCE = ("discard plans", "set local plan_cache_mode = auto")  # docs/decisions/009-plans-of-bulk-writes.md
_COLUMNS = """
select c.relname as "table", a.attname as name, format_type(a.atttypid, null) as type,
       a.attnotnull and (d.adbin is null or pg_get_expr(d.adbin, d.adrelid) ilike 'null%') as is_required
from pg_attribute a join pg_class c on c.oid = a.attrelid
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relnamespace = 'public'::regnamespace and c.relname = any($1::text[]) and a.attnum > 0
  and not a.attisdropped and a.attgenerated = '' and a.attname <> 'tenant_id'
order by c.relname, a.attname <> 'id', a.attname
"""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A tenant table as the catalogue has it.

    ``types`` are those of its columns, the id first, without generated ones; ``required`` have neither null nor a
    default; of ``later`` the targets are filled after it.
    """

    name: str
    types: Mapping[str, str]
    required: frozenset[str]
    later: tuple[str, ...]
    sealed: tuple[str, ...]
    append_only: bool

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.types)


async def shapes(connection: Connection) -> dict[str, Shape]:
    """Return the tables whose rows a city takes along, in the order in which they are filled."""
    kept = [each for each in filling_order() if not each.table.passing]
    types: dict[str, dict[str, str]] = {}
    required: dict[str, set[str]] = {}
    for row in await connection.fetch(_COLUMNS, [each.table._meta.tablename for each in kept]):
        types.setdefault(row["table"], {})[row["name"]] = row["type"]
        if row["is_required"]:
            required.setdefault(row["table"], set()).add(row["name"])
    return {name: _shape(each, types[name], required) for each in kept for name in [each.table._meta.tablename]}


def _shape(filling: Filling, types: Mapping[str, str], required: Mapping[str, Collection[str]]) -> Shape:
    name = filling.table._meta.tablename
    return Shape(
        name=name,
        types=types,
        required=frozenset(required.get(name, ())),
        later=filling.later,
        sealed=filling.table.sealed,
        append_only=filling.table.append_only,
    )


async def read_exactly(unit: Unit) -> None:
    """Let the unit's transaction print every value in its one exact form."""
    for statement in _EXACT:
        await unit.connection.execute(statement)


async def write_plainly(unit: Unit) -> None:
    """Let the unit's transaction read values as they were printed, and plan what it repeats once."""
    for statement in (*_MEANT, *_PLAN_ONCE):
        await unit.connection.execute(statement)


async def count(unit: Unit, shape: Shape) -> int:
    """Return how many rows the city has."""
    query = f"select count(*) from {_quoted(shape.name)} where tenant_id = $1"  # noqa: S608 - the catalogue's name
    counted: int = await unit.connection.fetchval(query, unit.tenant_id)
    return counted


async def lines(unit: Unit, shape: Shape, columns: Sequence[str], *, with_sealed: bool) -> AsyncIterator[str]:
    """Yield the city's rows by id, a JSON array each; wants ``read_exactly``.

    A sealed value is ``PRESENT`` or empty; without ``with_sealed`` it is empty always.
    """
    cells = ", ".join(_printed(shape, column, with_sealed) for column in columns)
    query = f"select array_to_json(array[{cells}])::text as line {_rows(shape)}"
    async for row in unit.connection.cursor(query, unit.tenant_id, prefetch=AHEAD):
        yield row["line"]


async def sealed_values(unit: Unit, shape: Shape, column: str) -> AsyncIterator[tuple[str, str]]:
    """Yield the ids of rows that have a sealed value in ``column``, and that value as it is stored."""
    name = _quoted(column)
    query = f"select t.id::text as id, t.{name} as value {_rows(shape, f'and t.{name} <> {_EMPTY}')}"
    async for row in unit.connection.cursor(query, unit.tenant_id, prefetch=AHEAD):
        yield row["id"], row["value"]


async def has(unit: Unit, shape: Shape, id_: str) -> bool:
    """Tell whether there is a row of that id."""
    query = f"select exists (select from {_quoted(shape.name)} where tenant_id = $1 and id = $2::text::uuid)"  # noqa: S608
    found: bool = await unit.connection.fetchval(query, unit.tenant_id, id_)
    return found


async def fill(unit: Unit, shape: Shape, columns: Sequence[str], rows: Sequence[Cells]) -> int:
    """Insert rows of ``columns`` and return how many; those whose key is there already stay as they are.

    What is for later begins as null, what is sealed as empty: ``put`` sets it. Wants ``write_plainly``.
    """
    now = [column for column in columns if column not in shape.later and column not in shape.sealed]
    sealed = [column for column in columns if column in shape.sealed]
    names = ", ".join(_quoted(column) for column in ("tenant_id", *now, *sealed))
    values = ", ".join(
        ["$1", *(f"n.{_quoted(column)}::{shape.types[column]}" for column in now), *(_EMPTY,) * len(sealed)]
    )
    query = (
        f"insert into {_quoted(shape.name)} ({names}) select {values} {_given(now)} on conflict do nothing returning 1"
    )
    places = [columns.index(column) for column in now]
    given = [[row[place] for row in rows] for place in places]
    return len(await unit.connection.fetch(query, unit.tenant_id, *given))


async def put(unit: Unit, shape: Shape, columns: Sequence[str], rows: Sequence[Cells]) -> None:
    """Set ``columns`` (the id is the first) of rows that are there; one that is so already isn't touched."""
    rest = columns[1:]
    values = {column: f"n.{_quoted(column)}::{shape.types[column]}" for column in rest}
    sets = ", ".join(f"{_quoted(column)} = {value}" for column, value in values.items())
    differs = " or ".join(f"t.{_quoted(column)} is distinct from {value}" for column, value in values.items())
    query = (
        f"update {_quoted(shape.name)} t set {sets} {_given(columns)}"  # noqa: S608
        f" where t.tenant_id = $1 and t.id = n.id::uuid and ({differs})"
    )
    given = [[row[place] for row in rows] for place in range(len(columns))]
    await unit.connection.execute(query, unit.tenant_id, *given)


_EMPTY = "''"


def _printed(shape: Shape, column: str, with_sealed: bool) -> str:
    name = f"t.{_quoted(column)}"
    if column not in shape.sealed:
        return f"{name}::text"
    return f"case when {name} = '' then '' else '{PRESENT}' end" if with_sealed else _EMPTY


def _rows(shape: Shape, more: str = "") -> str:
    return f"from {_quoted(shape.name)} t where t.tenant_id = $1 {more} order by t.id"


def _given(columns: Sequence[str]) -> str:
    """Return the rows of a statement's second and following values: an array of texts a column."""
    arrays = ", ".join(f"${number}::text[]" for number in range(2, len(columns) + 2))
    return f"from unnest({arrays}) as n ({', '.join(_quoted(column) for column in columns)})"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
