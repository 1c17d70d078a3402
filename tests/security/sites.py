"""Where services ask for a right: the calls, found in their source."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import FrameType

from tests.house.source import ROOT, named, python_files

METHODS = frozenset({"require", "reach_of", "require_session"})
FUNCTIONS = frozenset({"require_reach", "reached", "within", "bounds"})
"""A call of one of these, of the principal or by its name, asks for a right."""
WITH_PERMISSION = frozenset({"find_case", "lock_case"})
"""One of these does where it names a permission."""
MAKERS = frozenset({"leancity.core.cases.reach", "leancity.core.cases.records"})
"""Where these functions are made; what a file takes from elsewhere by such a name is another one."""
THE_CHECKS = "core/identity/principal.py"
"""Here they are made: tests/core/identity holds what they answer."""


@dataclass(frozen=True, kw_only=True, order=True)
class Site:
    """A call that asks for a right. A test knows it by its file, its function and what it says."""

    file: str
    function: str
    call: str
    name: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.file} {self.function}: {self.call}"


def sites() -> list[Site]:
    """Return the sites of core and of the modules."""
    found: set[Site] = set()
    for path in python_files("core", "modules"):
        if "testing" not in path.parts and named(path) != THE_CHECKS:
            found |= {*_sites_of(named(path), ast.parse(path.read_text("utf-8")))}
    return sorted(found)


def _sites_of(file: str, tree: ast.Module) -> Iterator[Site]:
    others = {*_taken_elsewhere(tree)}
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    for function in functions:
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and (name := _asks(node)) and name not in others:
                call, last = ast.unparse(node), node.end_lineno or node.lineno
                yield Site(file=file, function=function.name, call=call, name=name, first=node.lineno, last=last)


def _taken_elsewhere(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a file imports from anywhere but the makers of the checks."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module not in MAKERS:
            yield from (each.asname or each.name for each in node.names)


def _asks(node: ast.Call) -> str:
    """Return the name of the check that a call is, "" for any other."""
    match node.func:
        case ast.Attribute(attr=name) if name in METHODS:
            return name
        case ast.Name(id=name) if name in FUNCTIONS:
            return name
        case ast.Name(id=name) if name in WITH_PERMISSION:
            given = [each.value for each in node.keywords if each.arg == "permission"]
            return "" if not given or ast.unparse(given[0]) == "None" else name
    return ""


class Map:
    """The sites, found by the call that is being made."""

    def __init__(self, known: Iterable[Site]) -> None:
        self._by_file: dict[str, list[Site]] = defaultdict(list)
        for site in known:
            self._by_file[site.file].append(site)

    def at(self, caller: FrameType, name: str) -> Site | None:
        """Return the site of a call of ``name`` that ``caller`` is making, None for one that is none."""
        file = caller.f_code.co_filename.removeprefix(f"{ROOT}/")
        places = self._by_file.get(file, ())
        return next((each for each in places if each.name == name and each.first <= caller.f_lineno <= each.last), None)
