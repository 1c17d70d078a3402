"""The Python files that the house rules are about."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("core", "modules", "tenants", "graphql", "tests/plugins/leancity_earthworks/leancity_earthworks")
"""The product, and the third-party plug-in that stands as its example."""


def python_files(*folders: str) -> list[Path]:
    """Return the files under ``folders`` of the checkout that people wrote: migrations are generated."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


def named(path: Path) -> str:
    """Return how a file is called in a message and in a list of exemptions."""
    return path.relative_to(ROOT).as_posix()
