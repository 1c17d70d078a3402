"""Forms: what may be uploaded as one, and what an answer to one must be."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leancity.core.errors import Refused
from leancity.core.processes.running.filling import fill, is_visible, shown_facts
from leancity.core.processes.running.forms import DEEPEST, Form, check_form
from leancity.core.tenancy.context import Tenant, enter

HANG = 2.0
"""Seconds; what takes longer does not end."""


@pytest.fixture(autouse=True)
def city() -> Iterator[None]:
    tenant = Tenant(
        id=1, slug="x", title="x", zone="Asia/Sakhalin", locale="ru", is_suspended=False, modules=frozenset()
    )
    with enter(tenant):
        yield


def form(properties: dict[str, Any], *, required: tuple[str, ...] = (), **looks: dict[str, Any]) -> Form:
    schema = {"type": "object", "properties": properties, "required": [*required]}
    ui = {"fields": looks} if looks else {}
    assert check_form(schema, ui) == ()
    return Form(key="x", title="x", data_schema=schema, ui_schema=ui)


def wrong(form: Form, answers: object, facts: dict[str, Any] | None = None) -> dict[str | None, str]:
    """Return what is refused, by place."""
    with pytest.raises(Refused) as refusal:
        fill(form, facts or {}, answers)
    return {problem.field: problem.code for problem in refusal.value.problems}


def found(schema: object, looks: object = None) -> dict[str | None, str]:
    """Return what is wrong with a form, by place."""
    return {problem.field: problem.code for problem in check_form(schema, {} if looks is None else looks)}


def properties(**given: Any) -> dict[str, Any]:
    return {"type": "object", "properties": given}


KINDS = {
    "form_type_string": ({"type": "string"}, 5),
    "form_type_integer": ({"type": "integer"}, 1.5),
    "form_type_boolean": ({"type": "boolean"}, "yes"),
    "form_type_array": ({"type": "array"}, "x"),
    "form_type": ({"type": ["string", "integer"]}, True),
    "form_choice": ({"enum": ["a", "b"]}, "c"),
    "form_minimum": ({"type": "number", "minimum": 1}, 0),
    "form_maximum": ({"type": "number", "maximum": 1}, 2),
    "form_above": ({"exclusiveMinimum": 1}, 1),
    "form_below": ({"exclusiveMaximum": 1}, 1),
    "form_step": ({"multipleOf": 0.5}, 0.3),
    "form_too_short": ({"minLength": 3}, "ab"),
    "too_long": ({"maxLength": 3}, "abcd"),
    "form_pattern": ({"pattern": "^a+$"}, "b"),
    "form_items_few": ({"minItems": 2}, [1]),
    "form_items_many": ({"maxItems": 1}, [1, 2]),
    "form_items_repeated": ({"uniqueItems": True}, [1, 1]),
    "form_format_date": ({"format": "date"}, "2026-W05-6"),
    "form_format_date_time": ({"format": "date-time"}, "2026-01-31T10:00"),
    "form_format_time": ({"format": "time"}, "25:00"),
    "form_format_email": ({"format": "email"}, "a@b"),
    "form_format_phone": ({"format": "phone"}, "call me"),
    "form_format_uri": ({"format": "uri"}, "javascript:alert(1)"),
    "form_format_uuid": ({"format": "uuid"}, "x"),
    "form_format_file": ({"format": "file"}, "x:claim"),
    "form_earliest": ({"format": "date", "formatMinimum": "2026-01-01"}, "2025-12-31"),
    "form_latest": ({"format": "date", "formatMaximum": "today"}, "2999-01-01"),
    "form_invalid": ({"anyOf": [{"const": 1}, {"const": 2}]}, 3),
    "form_number_large": ({"type": "number"}, 1e300),
}


@pytest.mark.parametrize("code", KINDS)
def test_each_mistake_has_its_code(code: str) -> None:
    schema, value = KINDS[code]
    assert wrong(form({"it": schema}), {"it": value}) == {"facts.it": code}


def test_mistakes_within_lists_and_groups_name_the_place() -> None:
    rooms = {"type": "array", "items": {"type": "object", "properties": {"area": {"type": "number"}}}}
    assert wrong(form({"rooms": rooms}), {"rooms": [{"area": 1}, {"area": "big"}, {"colour": "red"}]}) == {
        "facts.rooms.1.area": "form_type_number",
        "facts.rooms.2": "form_unknown",
    }


def test_what_is_hidden_is_not_asked_for_and_not_kept() -> None:
    asked = form(
        {"kind": {"enum": ["hole", "sign"]}, "depth": {"type": "integer"}, "why": {"type": "string"}},
        required=("kind", "depth"),
        depth={"visible": 'kind = "hole"'},
        why={"visible": "depth > 100"},
    )
    assert wrong(asked, {"kind": "hole"}) == {"facts.depth": "required"}
    assert fill(asked, {}, {"kind": "sign", "depth": 200, "why": "x"}) == {"kind": "sign"}
    assert fill(asked, {}, {"kind": "hole", "depth": 200, "why": "x"}) == {"kind": "hole", "depth": 200, "why": "x"}
    assert fill(asked, {}, {"kind": "hole", "depth": 20, "why": "x"}) == {"kind": "hole", "depth": 20}
    assert not is_visible(asked, "depth", {"kind": "sign"})


def test_an_answer_left_empty_takes_back_what_was_known() -> None:
    asked = form({"street": {"type": "string"}, "house": {"type": "string"}}, required=("house",))
    assert fill(asked, {"street": "Lenina"}, {"street": "", "house": "5"}) == {"street": None, "house": "5"}
    assert wrong(asked, {"house": ""}) == {"facts.house": "required"}


def test_what_is_only_shown_is_not_written() -> None:
    shown = form({"name": {"type": "string"}, "inn": {"type": "string"}}, name={"readonly": True}, inn={"masked": True})
    facts = {"name": "Anna", "inn": "7707083893"}
    seen = shown_facts(shown, facts)
    assert seen["inn"] != facts["inn"]
    assert fill(shown, facts, seen) == {}, "a client may send back what it was shown"
    assert wrong(shown, {"name": "Boris", "inn": facts["inn"]}, facts) == {
        "facts.name": "form_readonly",
        "facts.inn": "form_readonly",
    }


@pytest.mark.parametrize("answers", [None, [], "x", 5, {"x": "a" * 40_000}, {"x": [0] * 3_000}])
def test_answers_that_are_none_or_too_many_are_refused(answers: object) -> None:
    assert {*wrong(form({"x": {}}), answers)} == {"facts"}


def test_a_deep_answer_is_refused() -> None:
    deep: Any = []
    for _ in range(100):
        deep = [deep]
    assert wrong(form({"x": {}}), {"x": deep}) == {"facts": "form_answers_large"}


def nested(levels: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(levels):
        schema = {"type": "object", "properties": {"x": schema}}
    return schema


def doubling(levels: int) -> dict[str, Any]:
    """Return a small form that means 2 to the ``levels`` schemas."""
    defs: dict[str, Any] = {"d0": {"type": "string"}}
    for level in range(1, levels):
        reference = {"$ref": f"#/$defs/d{level - 1}"}
        defs[f"d{level}"] = {"allOf": [reference, reference]}
    return {**properties(x={"$ref": f"#/$defs/d{levels - 1}"}), "$defs": defs}


BAD_FORMS: dict[str, tuple[Any, str, str]] = {
    "no object": ({"type": "string"}, "data_schema", "form_no_object"),
    "no schema": (properties(x={"type": "strange"}), "data_schema.properties.x.type", "form_schema_invalid"),
    "another's file": (
        properties(x={"$ref": "https://evil.example/x"}),
        "data_schema.properties.x.$ref",
        "form_reference_unknown",
    ),
    "a loose end": (properties(x={"$ref": "#/$defs/y"}), "data_schema.properties.x.$ref", "form_reference_unknown"),
    "a circle": (
        {**properties(x={"$ref": "#/$defs/y"}), "$defs": {"y": {"$ref": "#/$defs/y"}}},
        "data_schema",
        "form_too_many_parts",
    ),
    "doubling": (doubling(30), "data_schema", "form_too_many_parts"),
    "an unknown word": (
        properties(x={"unevaluatedProperties": False}),
        "data_schema.properties.x.unevaluatedProperties",
        "form_keyword_unknown",
    ),
    "an unknown format": (properties(x={"format": "iri"}), "data_schema.properties.x.format", "form_format_unknown"),
    "a bound of nothing": (
        properties(x={"formatMinimum": "today"}),
        "data_schema.properties.x.formatMinimum",
        "form_bound_invalid",
    ),
    "a pattern that hangs": (
        properties(x={"pattern": "(a+)+$"}),
        "data_schema.properties.x.pattern",
        "form_pattern_unsafe",
    ),
    "too large": (properties(x={"title": "x" * 70_000}), "data_schema", "form_too_large"),
}


@pytest.mark.parametrize("name", BAD_FORMS)
def test_bad_forms_are_refused_by_the_place(name: str) -> None:
    schema, place, code = BAD_FORMS[name]
    begun = time.monotonic()
    assert found(schema) == {place: code}
    assert time.monotonic() - begun < HANG


def test_a_form_that_is_too_deep_is_refused() -> None:
    assert set(found(nested(DEEPEST + 5)).values()) == {"form_too_deep"}
    assert set(found(nested(5_000)).values()) <= {"form_too_deep", "form_too_large"}


@pytest.mark.parametrize(
    ("looks", "place", "code"),
    [
        ([], "ui_schema", "form_looks_invalid"),
        ({"style": {}}, "ui_schema.style", "form_keyword_unknown"),
        ({"order": ["y"]}, "ui_schema.order", "form_field_unknown"),
        ({"fields": {"y": {}}}, "ui_schema.fields", "form_field_unknown"),
        ({"fields": {"x": {"title": "Depth"}}}, "ui_schema.fields.x.title", "form_looks_invalid"),
        ({"fields": {"x": {"title": {"en": "Depth"}}}}, "ui_schema.fields.x.title", "form_looks_invalid"),
        ({"fields": {"x": {"widget": "iframe"}}}, "ui_schema.fields.x.widget", "form_looks_invalid"),
        ({"fields": {"x": {"onclick": "x"}}}, "ui_schema.fields.x.onclick", "form_keyword_unknown"),
    ],
)
def test_looks_are_checked_too(looks: object, place: str, code: str) -> None:
    assert found(properties(x={}), looks) == {place: code}


def test_a_condition_that_is_no_expression_is_refused() -> None:
    ((place, code),) = found(properties(x={}), {"fields": {"x": {"visible": "().__class__"}}}).items()
    assert place == "ui_schema.fields.x.visible" and code is not None and code.startswith("expression_")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ASKED = {
    "a": {"type": "integer", "multipleOf": 3, "minimum": 0},
    "b": {"type": "array", "items": {"type": "object", "properties": {"c": {"format": "date"}}}, "uniqueItems": True},
    "d": {"type": "string", "pattern": "^a*b?$", "maxLength": 10},
    "e": {"anyOf": [{"type": "null"}, {"type": "number", "multipleOf": 0.01}]},
}


def told(form: Form, answers: object) -> tuple[list[str | None], dict[str, Any]]:
    """Return the places of what is refused, or what is taken."""
    try:
        return [], fill(form, {}, answers)
    except Refused as refusal:
        return [problem.field for problem in refusal.problems], {}


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from([*ASKED, "z"]), JSON_VALUES))
def test_whatever_is_sent_is_taken_or_refused(answers: dict[str, Any]) -> None:
    asked = form(ASKED, e={"visible": "a > 3"})
    places, kept = told(asked, answers)
    assert all(place and place.startswith("facts") for place in places)
    if not places:
        assert {*kept} <= {*ASKED}
        assert told(asked, kept) == ([], kept), "what was taken once is taken again"


@settings(max_examples=60, deadline=None)
@given(JSON_VALUES, JSON_VALUES)
def test_whatever_is_uploaded_is_a_form_or_told_why_not(schema: Any, looks: Any) -> None:
    assert check_form(schema, looks) or isinstance(schema, dict)
    assert isinstance(check_form({"type": "object", "properties": {"x": schema}}, looks), tuple)
