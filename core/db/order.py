"""In which order tables are filled and emptied, so that no row ever points to one that is not there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from leancity.core.db.migrate import all_tables
from leancity.core.db.tables import TenantTable, references
from leancity.core.errors import StartupError


@dataclass(frozen=True, kw_only=True)
class Filling:
    """A table at its turn: ``later`` are columns whose targets are filled afterwards, so they begin as null."""

    table: type[TenantTable]
    later: tuple[str, ...] = ()


@cache
def filling_order() -> tuple[Filling, ...]:
    """Return the cities' tables, what is pointed to first. Emptying goes the other way round.

    Where tables point to one another in a circle, or a table to itself, a column that may be null is left for later.
    Raises ``StartupError`` for a circle without one.
    """
    tables = {table._meta.tablename: table for table in all_tables() if issubclass(table, TenantTable)}
    needed = {
        name: {each.target for each in references(table) if not each._meta.null} for name, table in tables.items()
    }
    wished = {name: {each.target for each in references(table)} for name, table in tables.items()}
    placed: list[Filling] = []
    done: set[str] = set()
    while len(done) < len(tables):
        ready = sorted(name for name in tables.keys() - done if wished[name] <= done)
        if not ready:  # a circle: one table of it goes with the fewest columns empty
            free = [name for name in tables.keys() - done if needed[name] <= done and _leads_back(name, wished, done)]
            ready = sorted(free, key=lambda name: (len(wished[name] - done), name))[:1]
        if not ready:
            raise StartupError(f"tables point to one another in a circle: {', '.join(sorted(tables.keys() - done))}")
        for name in ready:
            later = [each._meta.db_column_name for each in references(tables[name]) if each.target not in done]
            placed.append(Filling(table=tables[name], later=tuple(later)))
        done.update(ready)
    return tuple(placed)


def _leads_back(name: str, wished: dict[str, set[str]], done: set[str]) -> bool:
    """Tell whether a table points to itself, by way of others that are not filled either."""
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        more = wished[waiting.pop()] - done - seen
        seen |= more
        waiting += more
    return name in seen
