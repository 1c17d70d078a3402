"""The base of every table that belongs to a city.

A tenant table declares its keys as data; the DDL pass (``core.db.schema``) makes them in the database with
``tenant_id`` in front. Its query methods carry the city as a bound value: that routes the statement (and will route it
to a shard); row-level security behind it is the guard, never the router.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeVar, cast

from piccolo.columns import UUID, Column, ForeignKey, Integer
from piccolo.columns.defaults.uuid import UUID7
from piccolo.query import Count, Delete, Exists, Objects, Select, Update
from piccolo.table import Table

from leancity.core.errors import StartupError
from leancity.core.ids import new_id
from leancity.core.tenancy.context import current_tenant, current_tenant_id

Row = TypeVar("Row", bound="TenantTable")


class NewId(UUID7):
    """UUIDv7 made in Python. The database's own default is null: a bare callable would be frozen into the DDL."""

    @property
    def postgres(self) -> str:
        return "null"

    def python(self) -> uuid.UUID:
        return new_id()


class TenantRef(UUID):
    """A reference to a row of the same city: ``TenantRef(CaseRecord, on_delete="restrict")``.

    The target is a table or, where the class can't be imported yet, its name. Target and action stand outside piccolo's
    column parameters, whose migrations would take them for a ``ForeignKey``'s. Both are optional because a generated
    migration passes every parameter back. The DDL pass makes ``(tenant_id, x) references target (tenant_id, id)`` and
    its index.
    """

    ACTIONS = ("restrict", "cascade", "set null")

    def __init__(self, target: type[Table] | str = "", on_delete: str = "restrict", **kwargs: Any) -> None:
        if on_delete not in self.ACTIONS:
            raise StartupError(f"TenantRef to {target!r}: on_delete must be one of {', '.join(self.ACTIONS)}")
        kwargs.setdefault("default", None)
        kwargs.setdefault("null", False)
        self.target = target if isinstance(target, str) else target._meta.tablename
        self.on_delete = on_delete
        super().__init__(**kwargs)

    @property
    def column_type(self) -> str:
        return "UUID"


class TenantTable(Table):
    """A table of rows that belong to one city each."""

    id = UUID(primary_key=True, default=NewId())
    tenant_id = Integer(default=cast("Callable[[], int]", current_tenant_id))  # None outside a city: see there

    unique_keys: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Columns that are unique within a city; the pass puts the city in front."""
    index_keys: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """Columns of further indexes; the pass puts the city in front. References have theirs without asking."""
    generated: ClassVar[dict[str, tuple[str, str]]] = {}
    """Generated columns: name to (type, expression as PostgreSQL prints it)."""
    search_index: ClassVar[tuple[str, ...]] = ()
    """Generated tsvector columns that get a GIN index; only ``core.db.search`` may use it."""
    append_only: ClassVar[bool] = False
    """The application may add and read rows, never change or remove one. Its key is ``(tenant_id, id, at)``."""
    sealed: ClassVar[tuple[str, ...]] = ()
    """Columns sealed by ``core.identity.vault``, whose keys are another installation's elsewhere."""
    passing: ClassVar[bool] = False
    """Its rows count for a day at most and mean something here only: a city that moves leaves them behind."""

    @classmethod
    def select(cls, *columns: Any, exclude_secrets: bool = False) -> Select[Any]:
        return super().select(*columns, exclude_secrets=exclude_secrets).where(_mine(cls))

    @classmethod
    def objects(cls: type[Row], *prefetch: ForeignKey[Any] | list[ForeignKey[Any]]) -> Objects[Row]:
        return super().objects(*prefetch).where(_mine(cls))

    @classmethod
    def count(cls, column: Column | None = None, distinct: Sequence[Column] | None = None) -> Count:
        return super().count(column, distinct).where(_mine(cls))

    @classmethod
    def exists(cls) -> Exists[Any]:
        return super().exists().where(_mine(cls))

    @classmethod
    def update(
        cls,
        values: Mapping[Any, Any] | None = None,
        force: bool = False,
        use_auto_update: bool = True,
        **kwargs: Any,
    ) -> Update[Any]:
        return super().update(dict(values or {}), force, use_auto_update, **kwargs).where(_mine(cls))

    @classmethod
    def delete(cls, force: bool = False) -> Delete:
        return super().delete(force).where(_mine(cls))


def _mine(table: type[TenantTable]) -> Any:
    return table.tenant_id == current_tenant().id


def references(table: type[TenantTable]) -> list[TenantRef]:
    """Return the columns of ``table`` that point to rows of the same city."""
    return [column for column in table._meta.columns if isinstance(column, TenantRef)]


def check_tables(tables: Sequence[type[Table]]) -> None:
    """Raise ``StartupError`` naming the table that breaks a rule of the house.

    Piccolo's ``unique`` and ``index`` make keys over all cities; two tables may share a name without complaint.
    """
    names: dict[str, type[Table]] = {}
    for table in tables:
        name = table._meta.tablename
        if name in names and names[name] is not table:
            raise StartupError(f"two tables are called {name}")
        names[name] = table
        if not issubclass(table, TenantTable):
            continue
        for column in table._meta.columns:
            where = f"{name}.{column._meta.name}"
            if isinstance(column, ForeignKey):
                raise StartupError(f"{where}: use TenantRef, a ForeignKey ignores the city")
            if column._meta.unique or column._meta.index:
                raise StartupError(f"{where}: declare unique_keys or index_keys on the class, the city leads every key")
    for table in tables:
        if issubclass(table, TenantTable):
            for reference in references(table):
                if reference.target not in names:
                    raise StartupError(f"{table._meta.tablename}.{reference._meta.name}: no table {reference.target!r}")
