"""Small files, one idea each."""

from __future__ import annotations

from tests.house.source import named, python_files

MOST_LINES = 400
LONGER: dict[str, str] = {}
"""A file that is longer → why it is one idea all the same."""


def test_no_file_is_longer_than_400_lines() -> None:
    lengths = {
        named(path): len(path.read_text("utf-8").splitlines())
        for path in python_files("core", "modules", "tenants", "graphql", "tests", "scripts")
    }
    assert len(lengths) > 100, "the files are looked for in the wrong place"
    longer = {name: length for name, length in lengths.items() if length > MOST_LINES}
    assert not longer.keys() - LONGER.keys(), {name: longer[name] for name in longer.keys() - LONGER.keys()}
    stale = LONGER.keys() - longer.keys()
    assert not stale, f"{sorted(stale)} are short enough: take them off the list"
