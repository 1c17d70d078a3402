"""House rules about source code, each a function from a syntax tree to the places that break it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

Finding: TypeAlias = tuple[int, str]
Rule: TypeAlias = Callable[[ast.Module], Iterator[Finding]]

_SETTING = re.compile(r"app\.tenant|leancity_enter")
_STATEMENTS = frozenset({"execute", "executemany", "fetch", "fetchrow", "fetchval", "fetchmany", "prepare", "cursor"})
_RAW = frozenset({"raw", "WhereRaw", "OrderByRaw", "copy_from_query"})
_STAND_INS = frozenset({"StubBroker", "MagicMock", "AsyncMock", "Mock", "fakeredis", "mock"})
_CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")


def setting(tree: ast.Module) -> Iterator[Finding]:
    """The setting that lets a statement see a city has one user, ``core.db``."""
    prose = {id(statement.value) for statement in ast.walk(tree) if isinstance(statement, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            for match in _SETTING.findall(node.value):
                yield node.lineno, f"names {match}"


def sql(tree: ast.Module) -> Iterator[Finding]:
    """Row-level security guards against the forgotten filter, not against arbitrary SQL: statements are constants."""
    constants = _module_constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called = _called(node)
            is_statement = isinstance(node.func, ast.Attribute) and called in _STATEMENTS
            if (is_statement or called in _RAW) and not _is_constant(node.args[0], constants):
                yield node.lineno, f"{called}({ast.unparse(node.args[0])[:60]})"


def piccolos_transactions(tree: ast.Module) -> Iterator[Finding]:
    """A failed COMMIT in them keeps its connection for ever: ``core.db.unit.tenant_tx`` is the way."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="transaction" | "atomic" | "batch" as called)):
                yield node.lineno, f".{called}()"


def stand_ins(tree: ast.Module) -> Iterator[Finding]:
    """A test of a stand-in tests the stand-in: brokers, databases and clients are the real ones."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Import | ast.ImportFrom | ast.Name | ast.Attribute):
            continue
        names: list[str] = []
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [part for alias in node.names for part in alias.name.split(".")]
            names += (node.module or "").split(".") if isinstance(node, ast.ImportFrom) else []
        elif isinstance(node, ast.Name):
            names = [node.id]
        elif isinstance(node, ast.Attribute):
            names = [node.attr]
        for name in sorted(_STAND_INS & set(names)):
            yield node.lineno, name


def present(tree: ast.Module) -> Iterator[Finding]:
    """There is one present, ``core.moment.now``, in UTC."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = ast.unparse(node.func.value).rpartition(".")[2]
            if node.func.attr in {"now", "utcnow", "today"} and of in {"datetime", "date", "dt"}:
                yield node.lineno, f"{of}.{node.func.attr}()"


def foreign_keys(tree: ast.Module) -> Iterator[Finding]:
    """A ForeignKey ignores the city: ``TenantRef`` is the way."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node) == "ForeignKey":
            yield node.lineno, "ForeignKey()"


def kit(tree: ast.Module) -> Iterator[Finding]:
    """The test kit may do what the product may not; the product therefore imports nothing of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for module in modules:
                if module.startswith("leancity.core.testing") or module.partition(".")[0] == "tests":
                    yield node.lineno, module


def prints(tree: ast.Module) -> Iterator[Finding]:
    """Only a command speaks to its user; all else logs."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node.lineno, "print()"


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _module_constants(tree: ast.Module) -> set[str]:
    """Return the names that stand for a constant text in the whole file.

    A name in capitals that is imported counts: its own file is held to the same rule.
    """
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            names = [alias.asname or alias.name for alias in node.names]
            found |= {name for name in names if _CONSTANT.fullmatch(name)}
        elif isinstance(node, ast.Assign) and _is_constant(node.value, found):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def _is_constant(node: ast.expr, constants: set[str]) -> bool:
    """Tell whether an expression is put together from constant texts only."""
    match node:
        case ast.Constant():
            return True
        case ast.Name():
            return node.id in constants
        case ast.BinOp(op=ast.Add()):
            return _is_constant(node.left, constants) and _is_constant(node.right, constants)
        case ast.JoinedStr():
            return all(_is_constant(part, constants) for part in node.values)
        case ast.FormattedValue():
            return _is_constant(node.value, constants)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr="sub")):
            return all(_is_constant(part, constants) for part in node.args)
        case ast.Call(func=ast.Attribute(attr="format" | "replace", value=formed)):
            given = [*node.args, *(keyword.value for keyword in node.keywords), formed]
            return all(_is_constant(part, constants) for part in given)
    return False
