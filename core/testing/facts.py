"""What the contract must know of a module's package beyond its contributions: its files, tables, codes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from piccolo.query import Count
from piccolo.table import Table

from leancity.core.cases.tables import CaseRecord
from leancity.core.db.unit import tenant_tx
from leancity.core.plugins.manager import MODULES, installed_modules
from leancity.core.testing.city import City

PERSONAL = frozenset(
    {"name", "surname", "patronymic", "person", "phone", "email", "mail", "birth", "birthday", "passport", "snils"}
)
"""Words that make a column personal by the look of its name."""


def entry_point_of(module: str) -> EntryPoint:
    """Return the entry point that installs the module; raise ``AssertionError`` unless there is exactly one."""
    points = [point for point in entry_points(group=MODULES) if point.name == module]
    if len(points) != 1:
        raise AssertionError(f"{len(points)} entry points in {MODULES} are called {module!r}, not one")
    return points[0]


def folder_of(module: str) -> Path:
    """Return the folder of the module's ``plugin.py``."""
    file = import_module(entry_point_of(module).module).__file__
    if file is None:
        raise AssertionError(f"{module}: the plug-in has no file")
    return Path(file).parent


def tables_of(module: str) -> list[type[Table]]:
    """Return the module's tables."""
    apps = dict(installed_modules().collect("register_tables"))
    tables: list[type[Table]] = import_module(apps[module]).APP_CONFIG.table_classes if module in apps else []
    return tables


def data_tables(module: str) -> list[type[Table]]:
    """Return the tables that the module's data lies in: its own, and the cases it files."""
    return [*tables_of(module), CaseRecord]


def personal_columns(module: str) -> set[str]:
    """Return the columns of the module, ``table.column``, that hold personal data by the look of their names."""
    return {
        f"{table._meta.tablename}.{column._meta.name}"
        for table in tables_of(module)
        for column in table._meta.columns
        if PERSONAL & set(column._meta.name.split("_"))
    }


async def row_counts(city: City, tables: list[type[Table]]) -> dict[str, int]:
    """Return how many rows of ``tables`` the city sees, by name.

    Counted without the city's own condition: only row-level security stands between it and the others.
    """
    async with city.serving(), tenant_tx():
        return {table._meta.tablename: await Count(table) for table in tables}


async def load_demo(city: City, module: str) -> None:
    """Load the module's demo data and let the city's jobs do what follows from it."""
    async with city.serving():
        for owner, demo in installed_modules().collect("register_demo"):
            if owner == module:
                await demo.load()
    await city.run_jobs()


def codes_of(folder: Path) -> set[str]:
    """Return the message codes that the Python files under ``folder`` refuse with."""
    files = [path for path in folder.rglob("*.py") if "migrations" not in path.parts]
    return {code for path in files for code in _codes(ast.parse(path.read_text("utf-8")))}


def _codes(tree: ast.AST) -> Iterator[str]:
    """Yield the constants in ``refuse("code", …)``, ``Problem(code="code")`` and ``checks.wrong("code", …)``."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        given: list[Any] = []
        if called in {"refuse", "wrong"}:
            given = node.args[:1]
        elif called == "Problem":
            given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
        for value in given:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value.value
