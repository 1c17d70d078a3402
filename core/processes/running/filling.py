"""What a person filled in, held against its form: every mistake at once, each with the place it stands at.

It is worked out on the server what is asked for: a field that is not visible is not required and what was typed into it
is dropped. What the form has no field for, and what it only shows, can't be written.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, TypeAlias, cast

from jsonschema.exceptions import ValidationError

from leancity.core.cases.checks import keepable
from leancity.core.clock.instants import local_day
from leancity.core.errors import Problem, Refused
from leancity.core.moment import now
from leancity.core.processes.expressions.errors import ExpressionError
from leancity.core.processes.expressions.evaluating import evaluate
from leancity.core.processes.running.formats import CHECKER, TODAY, FormValidator
from leancity.core.processes.running.forms import LOCAL, MOST_PARTS, Form
from leancity.core.tenancy.context import current_tenant

LARGEST = 32_768
"""Characters of answers as JSON."""
MOST_VALUES = 2_000
MOST_TRIES = 300_000
"""Values times schemas: what an answer may cost to check."""
DEEPEST = 16
MOST_PROBLEMS = 100
GREATEST = 1e15
"""Numbers beyond it are no longer told apart by whoever reads JSON."""
MASK = "•••"

Path: TypeAlias = tuple[str | int, ...]
"""Where a value stands among answers: names of fields and places in lists."""

_SIMPLE = {
    "enum": "form_choice",
    "const": "form_choice",
    "pattern": "form_pattern",
    "uniqueItems": "form_items_repeated",
    "additionalProperties": "form_unknown",
}
_BOUNDS = {
    "minimum": "form_minimum",
    "maximum": "form_maximum",
    "exclusiveMinimum": "form_above",
    "exclusiveMaximum": "form_below",
    "multipleOf": "form_step",
    "minLength": "form_too_short",
    "maxLength": "too_long",
    "minItems": "form_items_few",
    "maxItems": "form_items_many",
    "formatMinimum": "form_earliest",
    "formatMaximum": "form_latest",
}


def fill(form: Form, facts: Mapping[str, Any], answers: object, *, field: str = "facts") -> dict[str, Any]:
    """Return the answers to be kept, of every field that the form asks for: None where nothing was filled in.

    ``facts`` are the case's. Raises ``Refused`` with all that is wrong; a problem's ``field`` is ``<field>.<path>``.
    """
    given = keepable_answers(answers, field=field)
    properties = form.data_schema["properties"]
    wrong = [Problem(code="form_unknown", field=f"{field}.{name[:50]}") for name in given if name not in properties]
    shown = {name for name in form.names if form.is_readonly(name)}
    wrong += [
        Problem(code="form_readonly", field=f"{field}.{name}")
        for name in shown
        if name in given and not _is_as_shown(form, name, given[name], facts)
    ]
    asked = {name: given.get(name) for name in form.names if name not in shown}
    filled = {name: value for name, value in asked.items() if not _is_empty(value)}
    for name in form.names:
        if not is_visible(form, name, {**facts, **dict.fromkeys(asked), **filled}):
            asked.pop(name, None)
            filled.pop(name, None)
    wrong += _problems(form, filled, asked.keys(), field)
    if wrong:
        raise Refused(*wrong[:MOST_PROBLEMS])
    return {name: filled.get(name) for name in asked}


def is_visible(form: Form, name: str, facts: Mapping[str, Any]) -> bool:
    """Tell whether a field is asked for, given these facts; what can't be worked out hides nothing."""
    condition = form.face(name).get("visible")
    if condition is None:
        return True
    try:
        return evaluate(condition, facts, {TODAY: lambda: local_day(now(), current_tenant().zone_info)}) is True
    except ExpressionError:
        return True


def shown_facts(form: Form, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return of the case's facts those that the form has fields for, what it masks as a mask."""
    return {
        name: MASK if form.face(name).get("masked") and not _is_empty(facts[name]) else facts[name]
        for name in form.names
        if name in facts
    }


def values_in(form: Form, answers: Mapping[str, Any], format_: str) -> Iterator[tuple[Path, str]]:
    """Yield the path and the text of each value of a format among answers or facts, in lists and objects too."""
    for name, schema in form.data_schema["properties"].items():
        if name in answers:
            yield from _values_in(schema, form.data_schema, answers[name], (name,), format_)


def spelt(path: Path, field: str = "facts") -> str:
    """Return a path as a problem names it: ``facts.people.0``."""
    return ".".join([field, *map(str, path)])


def _values_in(
    schema: Any, root: Mapping[str, Any], value: Any, path: Path, format_: str
) -> Iterator[tuple[Path, str]]:
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if reference is not None:
        yield from _values_in(root["$defs"][reference.removeprefix(LOCAL)], root, value, path, format_)
    if isinstance(value, str) and schema.get("format") == format_:
        yield path, value
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from _values_in(schema.get("items"), root, each, (*path, number), format_)
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _values_in(schema.get("properties", {}).get(name), root, each, (*path, name), format_)


def keepable_answers(answers: object, *, field: str = "facts") -> dict[str, Any]:
    """Return answers that can be stored; raise ``Refused`` where they are no object, too large, too deep."""
    if not isinstance(answers, dict):
        raise Refused(Problem(code="form_no_answers", field=field))
    kept: dict[str, Any] = {keepable(name): each for name, each in answers.items()}
    if _values(kept, 0) > MOST_VALUES:
        raise Refused(Problem(code="form_answers_large", field=field, params={"limit": LARGEST}))
    kept = {name: _clean(value) for name, value in kept.items()}
    wrong = [
        Problem(code="form_number_large", field=f"{field}.{name[:50]}")
        for name, value in kept.items()
        if _is_huge(value)
    ]
    if wrong:
        raise Refused(*wrong)
    if len(json.dumps(kept, ensure_ascii=False)) > LARGEST:
        raise Refused(Problem(code="form_answers_large", field=field, params={"limit": LARGEST}))
    return kept


def _values(value: object, depth: int) -> int:
    """Return how many values there are in one, more than are allowed where it is too deep."""
    if depth > DEEPEST:
        return MOST_VALUES + 1
    if isinstance(value, dict):
        return 1 + sum(_values(each, depth + 1) for each in value.values())
    return 1 + sum(_values(each, depth + 1) for each in value) if isinstance(value, list) else 1


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return keepable(value)
    if isinstance(value, dict):
        return {keepable(name): _clean(each) for name, each in value.items()}
    return [_clean(each) for each in value] if isinstance(value, list) else value


def _is_huge(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(_is_huge(each) for each in (value.values() if isinstance(value, dict) else value))
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return not math.isfinite(value) or abs(value) > GREATEST


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | list) and not value)


def _is_as_shown(form: Form, name: str, value: Any, facts: Mapping[str, Any]) -> bool:
    """Tell whether a client sends back just what it was shown, as clients that send whole forms do."""
    shown = shown_facts(form, facts)
    return bool(value == shown.get(name))


def _problems(form: Form, filled: Mapping[str, Any], asked: Any, field: str) -> list[Problem]:
    schema = {
        **form.data_schema,
        "required": [name for name in form.data_schema.get("required", ()) if name in asked],
        "properties": {name: _closed(part) for name, part in form.data_schema["properties"].items()},
    }
    if _values(dict(filled), 0) * _schemas(form.data_schema) > MOST_TRIES:
        return [Problem(code="form_answers_large", field=field, params={"limit": LARGEST})]
    errors = FormValidator(schema, format_checker=CHECKER).iter_errors(dict(filled))
    found: list[Problem] = []
    for error in errors:
        found += _of_error(error, field)
        if len(found) > MOST_PROBLEMS:
            break
    return found


def _schemas(schema: Mapping[str, Any]) -> int:
    """Return roughly how many schemas there are, which ``check_form`` has bounded."""
    return min(MOST_PARTS, json.dumps(schema).count("{"))


def _closed(schema: Any) -> Any:
    """Return a schema whose objects take no value that it does not name."""
    if not isinstance(schema, dict):
        return schema
    closed = dict(schema)
    if isinstance(closed.get("properties"), dict):
        closed["properties"] = {name: _closed(part) for name, part in closed["properties"].items()}
        closed.setdefault("additionalProperties", False)
    if isinstance(closed.get("items"), dict):
        closed["items"] = _closed(closed["items"])
    return closed


def _of_error(error: ValidationError, field: str) -> Iterator[Problem]:
    path = [field, *map(str, error.absolute_path)]
    keyword, bound = str(error.validator), cast("Any", error.validator_value)
    if keyword == "required" and isinstance(error.instance, dict):
        name = next((each for each in bound if each not in error.instance and repr(each) in error.message), "")
        yield Problem(code="required", field=".".join([*path, name]))
    elif keyword == "format":
        yield Problem(code=f"form_format_{str(bound).replace('-', '_')}", field=".".join(path))
    elif keyword == "type":
        yield Problem(code=f"form_type_{bound}" if isinstance(bound, str) else "form_type", field=".".join(path))
    elif keyword in _BOUNDS:
        yield Problem(code=_BOUNDS[keyword], field=".".join(path), params={"limit": _in_words(bound)})
    else:
        yield Problem(code=_SIMPLE.get(keyword, "form_invalid"), field=".".join(path))


def _in_words(bound: Any) -> Any:
    """Return a bound as people read it."""
    if bound == TODAY:
        return {"en": "today", "ru": "сегодняшнего дня"}
    if not isinstance(bound, str):
        return bound
    day = date.fromisoformat(bound[:10])
    return {"en": bound[:10], "ru": f"{day:%d.%m.%Y}"}
