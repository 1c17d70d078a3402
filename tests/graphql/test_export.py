"""The committed schema is the one the code makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema

from leancity.core.plugins.manager import Modules
from leancity.core.tenancy.limits import TenantKind
from leancity.graphql.export import schema_text

FOLDER = Path(__file__).parents[2] / "graphql"


@pytest.mark.parametrize(("name", "kind"), [("schema", TenantKind.CITY), ("operator", TenantKind.OPERATOR)])
def test_the_committed_schema_is_up_to_date(modules: Modules, name: str, kind: TenantKind) -> None:
    committed = (FOLDER / f"{name}.graphql").read_text("utf-8")
    assert committed == schema_text(modules, kind), "run `make schema`"


def test_the_text_is_the_same_each_time_and_sorted(example: Any) -> None:
    text = schema_text(example.modules)
    assert text == schema_text(example.modules)
    build_schema(text)
    types = [line.split()[1] for line in text.splitlines() if line.startswith(("type ", "input ", "scalar "))]
    assert types == sorted(types)
    assert "CityNotesNoteConnection" in types
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
