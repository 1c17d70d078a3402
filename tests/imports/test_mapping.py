"""Headers to fields, and mappings that contradict the file or themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from leancity.core.errors import Refused, StartupError
from leancity.core.imports.mapping import FieldMapping, guess, parse_mapping, read_mapping, settled
from leancity.core.imports.target import FieldKind, ImportField, ImportTarget
from tests.imports.conftest import HEADER

ENOUGH = {"external_id": "id", "category": "category", "created_at": "created"}
RUSSIAN = ("Номер", "Тема", "Дата создания", "Дата закрытия", "Широта", "Долгота", "АДРЕС", "Прочее")


def test_fields_are_guessed_by_names_titles_and_aliases(requests: ImportTarget) -> None:
    assert guess(requests, RUSSIAN) == {
        "external_id": "Номер",
        "category": "Тема",
        "created_at": "Дата создания",
        "closed_at": "Дата закрытия",
        "lat": "Широта",
        "lon": "Долгота",
        "address": "АДРЕС",
    }
    assert guess(requests, HEADER)["created_at"] == "created"


def test_a_header_is_found_without_regard_to_case_and_blanks(requests: ImportTarget) -> None:
    fields = {"external_id": " номер", "category": "ТЕМА", "created_at": "дата  создания"}
    assert settled(requests, FieldMapping(fields=fields), RUSSIAN).fields == {
        "external_id": "Номер",
        "category": "Тема",
        "created_at": "Дата создания",
    }


@pytest.mark.parametrize(
    ("mapping", "code", "field"),
    [
        ({"fields": {**ENOUGH, "created_at": "begun"}}, "import_header_unknown", "created_at"),
        ({"fields": {"external_id": "id", "created_at": "created"}}, "import_field_unmapped", "category"),
        ({"values": {"colour": {"a": "b"}}}, "import_field_unknown", "colour"),
        ({"values": {"outcome": {"Done": "finished"}}}, "import_choice_unknown", "outcome"),
        ({"zone": "Asia/Nowhere"}, "zone_unknown", "zone"),
        ({"formats": ["iso", "%d.%m"]}, "import_format_invalid", "formats"),
        ({"formats": ["ISO8601"]}, "import_format_invalid", "formats"),
    ],
)
def test_what_does_not_fit_is_named(requests: ImportTarget, mapping: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Refused) as caught:
        settled(requests, parse_mapping(json.dumps(mapping)), HEADER)
    assert [(problem.code, problem.field) for problem in caught.value.problems] == [(code, field)]


def test_a_mapping_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "map.json"
    for text in ("{", '{"feilds": {}}', '{"fields": {"lat": 1}}'):
        path.write_text(text)
        with pytest.raises(Refused) as caught:
            read_mapping(path)
        assert caught.value.problems[0].code == "import_mapping_invalid"
    with pytest.raises(Refused, match="import_unreadable"):
        read_mapping(tmp_path / "nowhere.json")


def test_the_files_stem_names_the_source_where_the_mapping_does_not(tmp_path: Path) -> None:
    for text, source in (("{}", "myla311"), ('{"source": "la"}', "la")):
        path = tmp_path / "myla311.json"
        path.write_text(text)
        assert read_mapping(path).source == source


def test_a_target_that_contradicts_itself_is_refused(requests: ImportTarget) -> None:
    closed = ImportField(name="closed", title={}, kind=FieldKind.MOMENT, not_before="created")
    for fields, said in (
        ((closed,), "no moment 'created'"),
        ((ImportField(name="created", title={}), closed), "no moment 'created'"),
        ((ImportField(name="a", title={}), ImportField(name="a", title={})), "twice"),
    ):
        with pytest.raises(StartupError, match=said):
            ImportTarget(name="park.trees", title={}, fields=fields, write=requests.write)
