"""A form: a JSON Schema of what is filled in, and how it is shown. Checked when it is uploaded.

The schema is the part of JSON Schema 2020-12 in ``KEYWORDS``, with references inside the form only, so that what it
costs to check an answer is known beforehand. How it is shown::

    {"order": ["kind", "depth"],
     "fields": {"depth": {"title": {"ru": "Глубина, см", "en": "Depth, cm"}, "help": {…}, "widget": "number",
                          "visible": "kind = \\"hole\\"", "readonly": false, "masked": false,
                          "choices": {"a": {"ru": "…", "en": "…"}}}}}

``fields`` are those at the top of the schema. One that is not ``visible`` (an expression over the case's facts and the
answers so far) is not asked for, and what was typed into it is dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema.exceptions import SchemaError

from leancity.core.errors import Problem
from leancity.core.i18n.catalogue import LOCALES
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.parsing import parse
from leancity.core.processes.running.formats import BOUNDED, FORMATS, TODAY, FormValidator, moment_of
from leancity.core.processes.running.patterns import UnsafePatternError, check_pattern

LARGEST = 65_536
"""Characters of either schema as JSON."""
DEEPEST = 12
MOST_PARTS = 2_000
"""Subschemas of a form, those behind references counted as often as they are referred to."""
LOCAL = "#/$defs/"

_ONE = frozenset({"additionalProperties", "items", "not", "if", "then", "else", "contains"})
_MANY = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED = frozenset({"properties", "$defs"})
_PLAIN = frozenset(
    {
        *("$schema", "$ref", "$comment", "type", "title", "description", "default", "examples", "enum", "const"),
        *("required", "dependentRequired", "readOnly", "format", "formatMinimum", "formatMaximum"),
        *("pattern", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    }
)
KEYWORDS = _ONE | _MANY | _NAMED | _PLAIN
FACES = frozenset({"title", "help", "widget", "visible", "readonly", "masked", "choices", "placeholder"})
WIDGETS = frozenset(
    {
        *("text", "textarea", "number", "select", "radio", "checkbox", "checkboxes", "date", "datetime", "time"),
        *("file", "files", "email", "phone", "map", "hidden", "account", "accounts", "unit", "units"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Form:
    """A form that has passed ``check_form``."""

    key: str
    title: str
    data_schema: Mapping[str, Any]
    ui_schema: Mapping[str, Any]

    @property
    def names(self) -> tuple[str, ...]:
        """The fields in the order in which they are shown."""
        known = self.data_schema.get("properties", {})
        first = [name for name in self.ui_schema.get("order", ()) if name in known]
        return (*first, *(name for name in known if name not in first))

    def face(self, name: str) -> Mapping[str, Any]:
        """Return how a field is shown."""
        found: Mapping[str, Any] = self.ui_schema.get("fields", {}).get(name, {})
        return found

    def is_readonly(self, name: str) -> bool:
        """Tell whether a field only shows what the case knows."""
        face, schema = self.face(name), self.data_schema["properties"][name]
        return bool(face.get("readonly") or face.get("masked") or (schema is not True and schema.get("readOnly")))


def check_form(data_schema: Any, ui_schema: Any) -> tuple[Problem, ...]:
    """Return what is wrong with a form, nothing where it may be used.

    ``field`` of a problem is the place: ``data_schema.properties.depth.pattern``.
    """
    return (*_of_data(data_schema), *_of_looks(data_schema, ui_schema))


def _of_data(schema: Any) -> Iterator[Problem]:
    root = "data_schema"
    if not isinstance(schema, dict) or schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        yield Problem(code="form_no_object", field=root)
        return
    if _size(schema) > LARGEST:
        yield Problem(code="form_too_large", field=root, params={"limit": LARGEST})
        return
    try:
        FormValidator.check_schema(schema)
    except SchemaError as error:
        place = ".".join([root, *map(str, error.absolute_path)])
        yield Problem(code="form_schema_invalid", field=place, params={"reason": error.message[:200]})
        return
    except RecursionError:
        yield Problem(code="form_too_deep", field=root, params={"limit": DEEPEST})
        return
    found = [*_of_part(schema, root, schema, 0)]
    yield from found
    if not found:
        try:
            parts = _parts(schema, schema, ())
        except _TooManyError:
            parts = MOST_PARTS + 1
        if parts > MOST_PARTS:
            yield Problem(code="form_too_many_parts", field=root, params={"limit": MOST_PARTS})


def _of_part(schema: Any, place: str, root: Mapping[str, Any], depth: int) -> Iterator[Problem]:
    if not isinstance(schema, dict):  # true and false are schemas too
        return
    if depth > DEEPEST:
        yield Problem(code="form_too_deep", field=place, params={"limit": DEEPEST})
        return
    for keyword, value in schema.items():
        where = f"{place}.{keyword}"
        if keyword not in KEYWORDS:
            yield Problem(code="form_keyword_unknown", field=where, params={"keyword": keyword[:50]})
        else:
            yield from _of_keyword(keyword, value, schema, where, root)
    for name, inner in _inside(schema):
        yield from _of_part(inner, f"{place}.{name}", root, depth + 1)


def _of_keyword(
    keyword: str, value: Any, schema: Mapping[str, Any], where: str, root: Mapping[str, Any]
) -> Iterator[Problem]:
    if keyword == "$ref" and not (value.startswith(LOCAL) and value.removeprefix(LOCAL) in root.get("$defs", {})):
        yield Problem(code="form_reference_unknown", field=where, params={"reference": value[:100]})
    if keyword == "format" and value not in FORMATS:
        yield Problem(code="form_format_unknown", field=where, params={"choices": ", ".join(FORMATS)})
    if keyword in ("formatMinimum", "formatMaximum"):
        try:
            if schema.get("format") not in BOUNDED:
                raise ValueError("not a date")
            if value != TODAY:  # which day that is, a city knows: at start there is none
                moment_of(value, schema["format"])
        except (ValueError, TypeError):
            yield Problem(code="form_bound_invalid", field=where)
    if keyword == "pattern":
        try:
            check_pattern(value)
        except UnsafePatternError:
            yield Problem(code="form_pattern_unsafe", field=where)


def _inside(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the schemas within a schema, each with its place."""
    for keyword, value in schema.items():
        if keyword in _ONE:
            yield keyword, value
        elif keyword in _MANY:
            yield from ((f"{keyword}.{number}", each) for number, each in enumerate(value))
        elif keyword in _NAMED:
            yield from ((f"{keyword}.{name}", each) for name, each in value.items())


class _TooManyError(Exception):
    pass


def _parts(schema: Any, root: Mapping[str, Any], within: tuple[str, ...]) -> int:
    """Return how many schemas are tried for an answer; raise ``_TooManyError`` beyond the limit or in a circle."""
    if not isinstance(schema, dict):
        return 1
    count = 1
    for name, inner in _inside(schema):
        if not name.startswith("$defs."):
            count += _parts(inner, root, within)
    if (reference := schema.get("$ref")) is not None:
        if reference in within:
            raise _TooManyError
        count += _parts(root["$defs"][reference.removeprefix(LOCAL)], root, (*within, reference))
    if count > MOST_PARTS:
        raise _TooManyError
    return count


def _of_looks(data_schema: Any, ui_schema: Any) -> Iterator[Problem]:
    root = "ui_schema"
    properties = data_schema.get("properties") if isinstance(data_schema, dict) else None
    known = properties if isinstance(properties, dict) else {}
    if not isinstance(ui_schema, dict) or _size(ui_schema) > LARGEST:
        yield Problem(code="form_looks_invalid", field=root)
        return
    for name in ui_schema:
        if name not in ("order", "fields"):
            yield Problem(code="form_keyword_unknown", field=f"{root}.{name}", params={"keyword": name[:50]})
    order, fields = ui_schema.get("order", []), ui_schema.get("fields", {})
    if not isinstance(order, list) or not all(isinstance(name, str) for name in order):
        yield Problem(code="form_looks_invalid", field=f"{root}.order")
        order = []
    if not isinstance(fields, dict):
        yield Problem(code="form_looks_invalid", field=f"{root}.fields")
        fields = {}
    for place, name in [*(("order", name) for name in order), *(("fields", name) for name in fields)]:
        if name not in known:
            yield Problem(code="form_field_unknown", field=f"{root}.{place}", params={"name": name[:50]})
    for name, face in fields.items():
        yield from _of_face(face, f"{root}.fields.{name}")


def _of_face(face: Any, place: str) -> Iterator[Problem]:
    if not isinstance(face, dict):
        yield Problem(code="form_looks_invalid", field=place)
        return
    for keyword, value in face.items():
        where = f"{place}.{keyword}"
        if keyword not in FACES:
            yield Problem(code="form_keyword_unknown", field=where, params={"keyword": keyword[:50]})
        elif not _is_face(keyword, value):
            yield Problem(code="form_looks_invalid", field=where)
        elif keyword == "visible":
            try:
                parse(value)
            except ExpressionError as error:
                yield Problem(code=error.code, field=where, params={**error.params, "at": error.at})


def _is_face(keyword: str, value: Any) -> bool:
    if keyword in ("title", "help", "placeholder"):
        return _is_words(value)
    if keyword == "choices":
        return isinstance(value, dict) and all(_is_words(each) for each in value.values())
    if keyword in ("readonly", "masked"):
        return isinstance(value, bool)
    return isinstance(value, str) and (keyword == "visible" or value in WIDGETS)


def _is_words(value: Any) -> bool:
    """Tell whether a value is a text in every language."""
    return (
        isinstance(value, dict) and value.keys() == {*LOCALES} and all(isinstance(each, str) for each in value.values())
    )


def _size(schema: Any) -> int:
    try:
        return len(json.dumps(schema, ensure_ascii=False))
    except (ValueError, TypeError, RecursionError):
        return LARGEST + 1
