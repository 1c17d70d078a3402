"""The committed schema is the one the code makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graphql import build_schema

from leancity.core.plugins.manager import Modules
from leancity.graphql.export import schema_text

COMMITTED = Path(__file__).parents[2] / "graphql" / "schema.graphql"


def test_the_committed_schema_is_up_to_date(modules: Modules) -> None:
    assert COMMITTED.read_text("utf-8") == schema_text(modules), "run `make schema`"


def test_the_text_is_the_same_each_time_and_sorted(example: Any) -> None:
    text = schema_text(example.modules)
    assert text == schema_text(example.modules)
    build_schema(text)
    types = [line.split()[1] for line in text.splitlines() if line.startswith(("type ", "input ", "scalar "))]
    assert types == sorted(types)
    assert "CityNotesNoteConnection" in types
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
